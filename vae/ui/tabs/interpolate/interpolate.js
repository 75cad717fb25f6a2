// The Interpolate tab: two ends, and every frame between them fetched at once, so that the slider
// shows frame t without asking the server.

/** The ways between two codes: what each is called, and what is said of it. */
vae.WAYS = {
  linear: {
    title: "Straight line",
    formula: "z = (1 − t) a + t b",
    words: "Every number of A’s code moves evenly to B’s. Half-way the code is mostly shorter than either.",
  },
  spherical: {
    title: "Great circle",
    formula: "z turns from a to b",
    words:
      "The code turns from A’s direction to B’s, its length changes evenly, and so it stays about as " +
      "far out as the prior’s codes are.",
  },
  both: {
    words: "The same two ends, the same place t: where the two ways differ, so do their digits.",
  },
};

vae.interpolate = (element, server) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  const [slider, film, marker, play, loop, speed] =
    ["slider", "film", "marker", "play", "loop", "speed"].map(find);
  const complain = (sentence) => (find("problem").textContent = sentence ?? "");
  const { last } = vae.FILM;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let strip = null; // the frames of each of `paths` in a row
  let paths = [];
  let canvases = [];

  const way = () => element.querySelector("[data-path]:checked").value;
  const pathsOf = (name) => (name === "both" ? vae.settings.paths : [name]);

  const show = () => {
    if (!strip) return;
    const t = slider.valueAsNumber;
    canvases.forEach((canvas, row) => {
      vae.paint(canvas, strip, t, row);
      canvas.dataset.shown = t;
    });
    slider.setAttribute("aria-valuetext", `${Math.round((100 * t) / last)} % of the way to B`);
    marker.style.left = `${(100 * (0.5 + (t / last) * (vae.FILM.pictures - 1))) / vae.FILM.pictures}%`;
    vae.store.set({ way: { path: way(), place: t } });
  };

  const goTo = (t) => {
    slider.value = t;
    show();
  };

  /** A plate for each path that is shown. */
  const layOut = () => {
    canvases = paths.map(() => Object.assign(document.createElement("canvas"), { width: 28, height: 28 }));
    const plates = canvases.map((canvas, row) => {
      const { title, formula } = vae.WAYS[paths[row]];
      const [plate, caption, name, sign] = ["figure", "figcaption", "b", "i"].map((tag) =>
        document.createElement(tag),
      );
      Object.assign(canvas, { className: "digit", role: "img" });
      canvas.ariaLabel = `The digit at this point of the way: ${title.toLowerCase()}`;
      canvas.dataset.frame = paths[row];
      name.textContent = title;
      sign.textContent = formula;
      caption.append(name, " ", sign);
      plate.className = "plate";
      plate.append(caption, canvas);
      return plate;
    });
    find("frames").replaceChildren(...plates);
  };

  const layOutFilm = () => {
    Object.assign(film, { width: 28 * vae.FILM.pictures, height: 28 * paths.length });
    paths.forEach((_, row) => {
      for (let index = 0; index < vae.FILM.pictures; index += 1) {
        const t = Math.round((index * last) / (vae.FILM.pictures - 1));
        vae.brush(film).drawImage(strip, t * 28, row * 28, 28, 28, index * 28, row * 28, 28, 28);
      }
    });
  };

  const question = () => {
    const [a, b, model] = ["a", "b", "model"].map((key) => vae.store.get(key));
    // After a change of model, one end may still be on its way.
    if (!a || !b || a.model !== model || b.model !== model) return null;
    return { start: a.code, end: b.code, steps: last + 1, paths: pathsOf(way()), model };
  };

  const lacking = () => vae.store.get("a") === null || vae.store.get("b") === null;

  /** There is no way from or to an empty pad. */
  const showNothing = () => {
    player.pause();
    strip = null;
    for (const canvas of [...canvases, film]) vae.blank(canvas);
  };

  const frames = new vae.Live(server.frames, async (answer, asked) => {
    complain(answer.error);
    if (answer.error) return;
    const picture = await vae.picture(answer.strip);
    if (lacking()) return; // an end was cleared meanwhile
    strip = picture;
    if (paths.join() !== asked.paths.join()) {
      paths = asked.paths;
      layOut();
    }
    layOutFilm();
    show();
    element.dataset.strips = Number(element.dataset.strips ?? 0) + 1;
  });
  const request = () => {
    const asked = question();
    if (asked) frames.send(asked);
    if (lacking()) showNothing();
  };

  const player = new vae.Player(last, {
    show: goTo,
    // Who asked for less motion sees the filmstrip's pictures one after the other, not a film.
    pace: () =>
      calm.matches
        ? { frames: last / (vae.FILM.pictures - 1), milliseconds: 800 / Number(speed.value) }
        : { frames: 1, milliseconds: vae.FILM.milliseconds / Number(speed.value) },
    loops: () => loop.checked,
    changed: (playing) => {
      play.textContent = playing ? "Pause" : "Play";
      element.dataset.playing = playing;
    },
  });
  // Nobody sees a film in a tab that is not open.
  new IntersectionObserver(([entry]) => entry.isIntersecting || player.pause()).observe(element);
  const playOrPause = () => (player.playing ? player.pause() : strip && player.play(slider.valueAsNumber));
  play.addEventListener("click", playOrPause);
  loop.checked = !calm.matches;

  slider.addEventListener("input", () => {
    player.pause();
    show();
  });
  slider.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    playOrPause();
  });

  const scrub = (event) => {
    const box = film.getBoundingClientRect();
    const along = (event.clientX - box.left) / box.width;
    player.pause();
    // The first picture's middle is A, the last one's B.
    const [pictures, place] = [vae.FILM.pictures, along * vae.FILM.pictures - 0.5];
    goTo(Math.max(0, Math.min(last, Math.round((place * last) / (pictures - 1)))));
  };
  film.addEventListener("pointerdown", (event) => {
    film.setPointerCapture(event.pointerId);
    scrub(event);
  });
  film.addEventListener("pointermove", (event) => {
    if (film.hasPointerCapture(event.pointerId)) scrub(event);
  });

  const animations = new vae.Live(server.animation, (answer, { name }) => {
    complain(answer.error);
    if (answer.gif) {
      vae.save(answer.gif, name);
      vae.tell("The animation is saved.");
    }
    find("gif").disabled = false;
  });
  find("gif").addEventListener("click", () => {
    const asked = question();
    if (!asked) return lacking() && complain("Draw or choose a digit for both A and B first.");
    find("gif").disabled = true; // until it is there: a second click would only fetch it twice
    const milliseconds = vae.FILM.milliseconds / Number(speed.value);
    animations.send({ ...asked, milliseconds, name: `a-to-b-${asked.model}-${way()}.gif` });
  });

  const explain = () => (find("lede").textContent = vae.WAYS[way()].words);
  for (const radio of element.querySelectorAll("[data-path]")) {
    radio.addEventListener("change", () => {
      explain();
      request();
    });
  }
  vae.store.on("a", request);
  vae.store.on("b", request);
  new vae.End(element.querySelector('[data-end="a"]'), server, complain, "2");
  new vae.End(element.querySelector('[data-end="b"]'), server, complain, "7");

  const { path, place } = vae.store.get("way") ?? {};
  for (const radio of element.querySelectorAll("[data-path]")) radio.checked ||= radio.value === path;
  slider.max = last;
  if (place !== undefined) slider.value = place;
  explain();
  request();
  element.dataset.ready = "1";
};
