// The How it works tab: the steps of the current drawing. The server computes them, the other files
// of this folder write them down, this asks.

import { countUp, finder, paint, picture } from "../../client/elements.js";
import { packed } from "../../client/ink.js";
import { example } from "../../client/layers.js";
import { Live } from "../../client/live.js";
import { tell } from "../../client/speak.js";
import { modelNamed, randomSeed, store } from "../../client/store.js";
import { PixelReader } from "./pixel_reader.js";
import { PriorSamples } from "./prior_samples.js";
import { showSeed, showSteps } from "./steps.js";

const EXAMPLE = { layers: example("3"), framed: true }; // for who has drawn nothing

export function mount(element, server) {
  const find = finder(element);
  const reader = new PixelReader(element);
  const samples = new PriorSamples(element, server);
  let asked = null; // the newest question

  const steps = new Live(
    async ({ layers, framed, seed, model }) =>
      server.steps({ ink: await packed(layers), framed, seed, model }),
    async (answer, question) => {
      find("problem").textContent = answer.error ?? answer.nothing ?? "";
      if (!answer.strip) return;
      const strip = await picture(answer.strip);
      showImages(find, strip, question);
      const first = !reader.pixels;
      showSteps(element, answer, modelNamed(question.model));
      showSeed(element, question.seed);
      if (!first) tell(noiseWords(question.seed));
      reader.show(strip, answer.pixels);
      countUp(element, "answers");
    },
  );

  /** Ask where the steps on show are not those of the drawing, model and noise, and can be seen. */
  const refresh = () => {
    const { layers, framed } = store.get("drawing") ?? EXAMPLE;
    const question = { layers, framed, seed: store.get("noise"), model: store.get("model") };
    const news = Object.keys(question).some((key) => question[key] !== asked?.[key]);
    if (!news || !element.checkVisibility()) return;
    asked = question;
    steps.send(question);
    samples.fetch();
  };
  for (const key of ["drawing", "model", "noise"]) store.on(key, refresh);
  new IntersectionObserver(refresh).observe(element);

  connectNoise(find);
  connectOverview(element, find("overview"));
  refresh();
  element.dataset.ready = "1";
}

const noiseWords = (seed) => (seed === null ? "Without noise." : `The noise of seed ${seed}.`);

function showImages(find, strip, { layers, framed }) {
  paint(find('picture="x"'), strip, 0);
  paint(find('picture="p"'), strip, 1);
  find("framing").textContent = framed
    ? "centred and scaled like the digits the model learned from"
    : "scaled down as it stands";
  find("whose").textContent = layers === EXAMPLE.layers ? "an example" : "your drawing";
}

function connectNoise(find) {
  find("redraw").addEventListener("click", () => store.set({ noise: randomSeed() }));
  for (const name of ["still", "still-link"]) {
    find(name).addEventListener("click", () => store.set({ noise: null }));
  }
}

/** The overview's links scroll, without a trace in the address. */
function connectOverview(element, overview) {
  overview.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = element.querySelector(link.getAttribute("href"));
    step.scrollIntoView({ behavior: still ? "auto" : "smooth" });
  });
}
