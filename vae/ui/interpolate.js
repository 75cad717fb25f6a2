// The Interpolate tab: two ends, and every frame between them fetched at once, so that the slider
// shows frame t without asking the server.

vae.interpolate = (element, server) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  const [slider, frame] = ["slider", "frame"].map(find);
  const complain = (sentence) => (find("problem").textContent = sentence ?? "");
  const steps = Number(slider.max) + 1;
  let strip = null;

  const show = () => {
    if (!strip) return;
    const t = slider.valueAsNumber;
    vae.paint(frame, strip, t);
    slider.setAttribute("aria-valuetext", `${Math.round((100 * t) / (steps - 1))} % of the way to B`);
    frame.dataset.shown = t;
  };

  const frames = new vae.Live(server.frames, async (answer) => {
    complain(answer.error);
    if (answer.error) return;
    strip = await vae.picture(answer.strip);
    show();
    element.dataset.strips = Number(element.dataset.strips ?? 0) + 1;
  });

  const request = () => {
    const [a, b, model] = ["a", "b", "model"].map((key) => vae.store.get(key));
    // After a change of model, one end may still be on its way.
    if (!a || !b || a.model !== model || b.model !== model) return;
    const path = element.querySelector("[data-path]:checked").value;
    frames.send({ start: a.code, end: b.code, steps, path, model });
  };

  slider.addEventListener("input", show);
  for (const radio of element.querySelectorAll("[data-path]")) {
    radio.addEventListener("change", request);
  }
  vae.store.on("a", request);
  vae.store.on("b", request);
  new vae.End(element.querySelector('[data-end="a"]'), server, complain, "2");
  new vae.End(element.querySelector('[data-end="b"]'), server, complain, "7");
  request();
  element.dataset.ready = "1";
};
