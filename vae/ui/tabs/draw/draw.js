// The Draw tab: the pad, what the model sees of it, and what it makes of that, live.

vae.draw = (element, server) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  const [seen, reconstruction, difference, verdict, framed] =
    ["seen", "reconstruction", "difference", "verdict", "framed"].map(find);
  const complain = (sentence) => (find("problem").textContent = sentence ?? "");
  const results = [seen, reconstruction, difference];

  const pad = new vae.Pad(find("pad"), (drawing) => {
    find("hint").hidden = !pad.empty;
    complain();
    stream.changed(drawing);
  });

  const ask = (question) => server.read({ ...question, framed: framed.checked });
  const stream = new vae.DrawingStream(pad, ask, async (answer, question) => {
    complain(answer.error);
    if (answer.error) return;
    if (answer.nothing === undefined) await show(answer, question);
    else showNothing(answer.nothing);
    for (const button of sends) button.disabled = answer.nothing !== undefined;
    find("redraw").disabled = answer.nothing !== undefined;
    verdict.classList.toggle("untypical", Boolean(answer.untypical));
    element.dataset.answers = Number(element.dataset.answers ?? 0) + 1;
  });

  const show = async (answer, { model, layers, drawing }) => {
    const strip = await vae.picture(answer.strip);
    vae.paint(seen, strip, 0);
    vae.paint(reconstruction, strip, 1);
    vae.paintDifference(difference, seen, reconstruction);
    verdict.ariaBusy = String(Boolean(drawing)); // read out once, when the stroke is done
    verdict.replaceChildren(...vae.verdict(answer));
    vae.plotPosterior(find("posterior"), answer, vae.model(model));
    const { code, deviation } = answer;
    vae.store.set({ drawing: { code, deviation, model, layers, framed: framed.checked } });
    if (!drawing) draws.send({ code, deviation, seed, model }); // they wait for the stroke's end
  };

  const showNothing = (sentence) => {
    results.forEach(vae.blank);
    cells.forEach(vae.blank);
    find("posterior").replaceChildren();
    verdict.textContent = sentence;
    vae.store.set({ drawing: null });
  };

  let seed = 0; // of the noise epsilon: the same until the visitor asks for other draws
  const cells = Array.from({ length: vae.settings.posteriorDraws }, (_, index) =>
    Object.assign(document.createElement("canvas"), {
      width: 28,
      height: 28,
      className: "digit",
      role: "img",
      ariaLabel: `Draw ${index + 1} from the posterior`,
    }),
  );
  find("draws").append(...cells);
  let told = seed; // the noise that was last spoken of
  const draws = new vae.Live(server.draws, async (answer, asked) => {
    if (!answer.strip || !vae.store.get("drawing")) return;
    const strip = await vae.picture(answer.strip);
    cells.forEach((cell, index) => vae.paint(cell, strip, index));
    if (asked.seed !== told) vae.tell("Eight other draws from the posterior.");
    told = asked.seed;
    element.dataset.draws = Number(element.dataset.draws ?? 0) + 1;
  });
  find("redraw").addEventListener("click", () => {
    const drawing = vae.store.get("drawing");
    if (!drawing) return;
    seed = vae.randomSeed();
    draws.send({ code: drawing.code, deviation: drawing.deviation, seed, model: drawing.model });
  });

  const photo = new vae.Live(
    async (file) => {
      const image = await vae.fileAsDataUri(file).catch(() => null);
      if (image === null) return { error: "This file is no picture that the browser can read." };
      return server.photo({ image });
    },
    async (answer) => {
      if (answer.ink) pad.load([{ picture: await vae.picture(answer.ink) }]);
      complain(answer.error);
    },
  );
  vae.acceptPictures(element, find("drop"), find("file"), (file) => photo.send(file));

  const sends = vae.sendButtons(element, () => vae.store.get("drawing"));
  framed.addEventListener("change", () => stream.changed(false));
  vae.padTools(element, pad);
  vae.exampleButtons(find("examples"), (layers) => pad.load(layers));
  vae.store.on("model", () => stream.changed(false));

  const opening = vae.store.get("opening") ?? { layers: vae.example("3"), framed: true };
  framed.checked = opening.framed;
  pad.open(opening.layers);
  element.dataset.ready = "1";
};

/** What the numbers say of a drawing, in words, then in nats: a list of elements. */
vae.verdict = ({ percentile, untypical, reconstruction, kl }) => {
  const words = document.createElement("strong");
  const nats = document.createElement("span");
  if (untypical) words.textContent = "Untypical: hardly any test digit is so hard to describe";
  else if (percentile !== null) {
    words.textContent = `More typical than ${Math.round(100 - percentile)} % of test digits`;
  } else words.textContent = "Redrawn from its latent code";
  const total = (reconstruction + kl).toFixed(1);
  nats.textContent =
    `${reconstruction.toFixed(1)} reconstruction + ${kl.toFixed(1)} KL = ${total} nats = −ELBO`;
  return [words, nats];
};
