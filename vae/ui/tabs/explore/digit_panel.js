// The digit beside the map, the dimensions and the directions of Explore: enlarged, with its code and words.

import { blank, brush, copyOf, finder, paint } from "../../client/elements.js";
import { store } from "../../client/store.js";

/** The enlarged digit of the open view, its code and what is said of it. */
export class DigitPanel {
  constructor(element) {
    this.find = finder(element);
    this.element = element;
    this.digits = {}; // by view: {canvas, code, model}
    this.texts = {}; // by view: {title, formula, words, lede}
  }

  /** Show what a view has. */
  open(view) {
    this.view = view;
    if (this.digits[view]) this.#paint();
    else blank(this.find("digit"));
    this.#allowSending();
    this.say(view, {});
  }

  /**
   * `view` has another digit: `picture`, from `left`, `top` on, shows what `code` decodes to; `past`, what
   * it decoded to while the model was trained, which no other tab can show.
   */
  show(view, { code, model, past = false }, picture, left = 0, top = 0) {
    const first = !this.digits[view];
    const canvas = this.digits[view]?.canvas ?? document.createElement("canvas");
    Object.assign(canvas, { width: 28, height: 28 });
    brush(canvas).drawImage(picture, left, top, 28, 28, 0, 0, 28, 28);
    this.digits[view] = { canvas, code, model, past };
    if (view !== this.view) return;
    if (first) this.open(view);
    else this.#paint();
  }

  /** Change some of the texts of a view: {title, formula, words, lede}. */
  say(view, texts) {
    this.texts[view] = { ...this.texts[view], ...texts };
    if (view !== this.view) return;
    for (const [name, text] of Object.entries(this.texts[view])) {
      const line = this.find(name);
      if (line.textContent !== text) line.textContent = text; // or it would be read out again
    }
  }

  /** The shown digit, as another tab takes it. */
  digit() {
    const { code, model, canvas } = this.digits[this.view];
    return { code, model, picture: copyOf(canvas) };
  }

  #allowSending() {
    const digit = this.digits[this.view];
    for (const button of this.element.querySelectorAll("[data-send]")) {
      button.disabled = !digit || digit.past;
    }
  }

  #paint() {
    const { canvas, code, model } = this.digits[this.view];
    paint(this.find("digit"), canvas);
    this.#allowSending();
    store.set({ exploring: { code, model } });
    this.element.dataset.code = JSON.stringify(code);
  }
}
