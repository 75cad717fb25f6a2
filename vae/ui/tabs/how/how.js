// The How it works tab: the steps of the current drawing. The server computes them, steps.js
// writes them down, this asks.

vae.how = (element, server) => {
  const find = (name) => element.querySelector(`[data-${name}]`);
  const example = { layers: vae.example("3"), framed: true }; // for who has drawn nothing
  let asked = null; // the newest question
  let shown = null; // the steps on show

  const cursor = new vae.PixelCursor((index, byKey) => {
    if (!shown) return;
    const words = vae.showPixel(element, shown.pixels, cursor);
    if (byKey) find("spoken").textContent = words;
  });
  const pictures = [
    ["x", "Your drawing as the model sees it."],
    ["p", "What the decoder paints."],
    ["nats", "What each pixel costs: bright is costly."],
  ].map(([name, words]) => cursor.add(find(`pixels="${name}"`), words));

  const steps = new vae.Live(
    async ({ layers, framed, seed, model }) =>
      server.steps({ ink: await vae.packed(layers), framed, seed, model }),
    async (answer, { layers, framed, seed }) => {
      find("problem").textContent = answer.error ?? answer.nothing ?? "";
      if (!answer.strip) return;
      const strip = await vae.picture(answer.strip);
      pictures.forEach((canvas, index) => vae.paint(canvas, strip, index));
      vae.paint(find('picture="x"'), strip, 0);
      vae.paint(find('picture="p"'), strip, 1);
      find("framing").textContent = framed
        ? "centred and scaled like the digits the model learned from"
        : "scaled down as it stands";
      find("whose").textContent = layers === example.layers ? "an example" : "your drawing";
      vae.showSteps(element, answer);
      vae.showSeed(element, seed);
      if (shown) vae.tell(seed === null ? "Without noise." : `The noise of seed ${seed}.`);
      // The cursor stays where the visitor put it, but starts where there is something to see.
      const { nats } = answer.pixels;
      cursor.move(shown ? cursor.index : nats.indexOf(Math.max(...nats)));
      shown = answer;
      cursor.move(cursor.index);
      element.dataset.answers = Number(element.dataset.answers ?? 0) + 1;
    },
  );

  /** Ask where the steps on show are not those of the drawing, model and noise, and can be seen. */
  const refresh = () => {
    const { layers, framed } = vae.store.get("drawing") ?? example;
    const [seed, model] = [vae.store.get("noise"), vae.store.get("model")];
    const question = { layers, framed, seed, model };
    const news = Object.keys(question).some((key) => question[key] !== asked?.[key]);
    if (!news || !element.checkVisibility()) return;
    asked = question;
    steps.send(question);
  };
  for (const key of ["drawing", "model", "noise"]) vae.store.on(key, refresh);
  new IntersectionObserver(refresh).observe(element);

  find("redraw").addEventListener("click", () => vae.store.set({ noise: vae.randomSeed() }));
  for (const name of ["still", "still-link"]) {
    find(name).addEventListener("click", () => vae.store.set({ noise: null }));
  }
  // The overview's links scroll, without a trace in the address.
  find("overview").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = element.querySelector(link.getAttribute("href"));
    step.scrollIntoView({ behavior: still ? "auto" : "smooth" });
  });

  refresh();
  element.dataset.ready = "1";
};
