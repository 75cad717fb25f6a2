// What the model makes of a drawing: the image it sees, its reconstruction, the posterior, in words.

import { blank, brush, finder, paint, picture, readable } from "../../client/elements.js";
import { modelNamed } from "../../client/store.js";
import { difference, posteriorPlot, posteriorWords, verdict } from "./describe.js";

export class Reading {
  constructor(element) {
    const find = finder(element);
    [this.seen, this.reconstruction, this.difference] =
      ["seen", "reconstruction", "difference"].map(find);
    [this.verdict, this.posterior] = ["verdict", "posterior"].map(find);
    if (!readable()) this.difference.replaceWith(unreadable());
  }

  /** Show the server's answer of `model`; `drawing` while a stroke grows. */
  async show(answer, model, drawing) {
    const strip = await picture(answer.strip);
    paint(this.seen, strip, 0);
    paint(this.reconstruction, strip, 1);
    this.#paintDifference();
    const known = modelNamed(model);
    this.#say(verdict(answer, known.klWeight), answer.untypical, drawing);
    this.posterior.innerHTML = posteriorPlot(answer, known);
    this.posterior.setAttribute("aria-label", posteriorWords(answer, known));
  }

  showNothing(sentence) {
    [this.seen, this.reconstruction, this.difference].forEach(blank);
    this.posterior.replaceChildren();
    this.verdict.textContent = sentence;
    this.verdict.classList.remove("untypical");
  }

  #paintDifference() {
    if (!readable()) return;
    const levels = (canvas) => brush(canvas).getImageData(0, 0, 28, 28).data;
    const colours = difference(levels(this.seen), levels(this.reconstruction));
    brush(this.difference).putImageData(new ImageData(colours, 28, 28), 0, 0);
  }

  #say([words, nats], untypical, drawing) {
    this.verdict.ariaBusy = String(Boolean(drawing)); // read out once, when the stroke is done
    this.verdict.replaceChildren(
      Object.assign(document.createElement("strong"), { textContent: words }),
      Object.assign(document.createElement("span"), { textContent: nats }),
    );
    this.verdict.classList.toggle("untypical", Boolean(untypical));
  }
}

/** What stands where the difference would be. */
const unreadable = () =>
  Object.assign(document.createElement("p"), {
    className: "lede",
    textContent: "Not shown: this browser falsifies what a page reads of a picture.",
  });
