// What the model makes of a drawing: the image it sees, its reconstruction, the posterior, in words.

import { blank, brush, finder, paint, picture, readable } from "../../client/elements.js";
import { modelNamed, store } from "../../client/store.js";
import { completionVerdict, difference, posteriorPlot, posteriorWords, verdict } from "./describe.js";
import { hiddenShare } from "./mask.js";

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
    this.whole = { strip, answer, model };
    if (!store.get("hiding")) this.#showWhole(drawing);
  }

  /** Show the newest answer, now that nothing is hidden any more. */
  again() {
    if (this.whole) this.#showWhole(false);
  }

  /** Show the first completion of a strip, which has this code. */
  showCompletion(strip, code, { visible, model, done }) {
    paint(this.reconstruction, strip, 0);
    this.#paintDifference();
    this.#say(completionVerdict(hiddenShare(visible)), !done);
    this.verdict.classList.remove("untypical");
    this.#plot({ code, deviation: code.map(() => 0) }, model);
  }

  #showWhole(drawing) {
    const { strip, answer, model } = this.whole;
    paint(this.reconstruction, strip, 1);
    this.#paintDifference();
    this.#say(verdict(answer, modelNamed(model).klWeight), drawing);
    this.verdict.classList.toggle("untypical", Boolean(answer.untypical));
    this.#plot(answer, model);
  }

  #plot(posterior, model) {
    const known = modelNamed(model);
    this.posterior.innerHTML = posteriorPlot(posterior, known);
    this.posterior.setAttribute("aria-label", posteriorWords(posterior, known));
  }

  showNothing(sentence) {
    this.whole = null;
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

  #say([words, more], drawing) {
    this.verdict.ariaBusy = String(Boolean(drawing)); // read out once, when the stroke is done
    this.verdict.replaceChildren(
      Object.assign(document.createElement("strong"), { textContent: words }),
      Object.assign(document.createElement("span"), { textContent: more }),
    );
  }
}

/** What stands where the difference would be. */
const unreadable = () =>
  Object.assign(document.createElement("p"), {
    className: "lede",
    textContent: "Not shown: this browser falsifies what a page reads of a picture.",
  });
