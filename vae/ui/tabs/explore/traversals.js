// Traversals: one row of digits for each of a code's most used dimensions. Along a row that number
// goes through its range while the others stay; the row is a slider that sets the number.

import { decimal } from "../../client/codes.js";
import { brush, paint } from "../../client/elements.js";

export class Traversals {
  /** `edited(code, dimension)` is called with the whole code while a slider moves. */
  constructor(root, edited) {
    this.root = root;
    this.edited = edited;
    this.rows = new Map(); // by dimension: {element, slider, output, strip, here}
    this.code = null;
    this.before = null; // the code when a finger came down, until another digit's is set
    this.digit = null; // a canvas: what the code decodes to
  }

  /** Show the server's answer: strips around a code, decoded to a picture. */
  show({ dimensions, values }, strip, active) {
    const same = [...this.rows.keys()].join() === dimensions.join();
    if (!same) this.#layOut(dimensions, values, active);
    const width = 28 * values.length;
    dimensions.forEach((dimension, row) => {
      const context = brush(this.rows.get(dimension).strip);
      context.drawImage(strip, row * width, 0, width, 28, 0, 0, width, 28);
    });
    this.#setSliders();
  }

  /** Make `code` the one that the sliders stand at. */
  set(code) {
    this.code = code;
    this.before = null;
    this.#setSliders();
  }

  /** The digit of the code, on a canvas: each row shows it where the code stands. */
  showDigit(digit) {
    this.digit = digit;
    for (const { here } of this.rows.values()) paint(here, digit);
  }

  #layOut(dimensions, values, active) {
    this.rows.clear();
    this.root.replaceChildren();
    this.root.style.setProperty("--digits", values.length);
    dimensions.forEach((dimension, index) => {
      const row = this.#row(dimension, values, index < active);
      this.rows.set(dimension, row);
      this.root.append(row.element);
    });
    if (this.digit) this.showDigit(this.digit);
  }

  #row(dimension, values, used) {
    const element = document.createElement("label");
    element.className = used ? "traversal" : "traversal idle";
    element.innerHTML = `
      <span class="traversal-name"><i>z<sub>${dimension + 1}</sub></i><output></output></span>
      <span class="traversal-strip">
        <canvas class="strip" width="${28 * values.length}" height="28" aria-hidden="true"></canvas>
        <canvas class="here" width="28" height="28" aria-hidden="true"></canvas>
        <input type="range" min="${values[0]}" max="${values.at(-1)}" step="0.05" />
      </span>`;
    const [slider, output, strip, here] =
      ["input", "output", ".strip", ".here"].map((kind) => element.querySelector(kind));
    const words = `Number ${dimension + 1} of the code`;
    slider.setAttribute("aria-label", used ? words : `${words}, which this model does not use`);
    slider.dataset.dimension = dimension;
    const edit = (code) => {
      this.code = code;
      this.#setSliders();
      this.edited(code, dimension);
    };
    slider.addEventListener("input", () =>
      edit(this.code.map((value, at) => (at === dimension ? slider.valueAsNumber : value))),
    );
    // A finger that turns out to scroll the page takes back what it changed when it came down.
    slider.addEventListener("pointerdown", () => (this.before = this.code));
    slider.addEventListener("pointercancel", () => {
      if (this.before && this.before !== this.code) edit(this.before);
    });
    return { element, slider, output, strip, here };
  }

  #setSliders() {
    if (!this.code) return;
    for (const [dimension, { slider, output, here }] of this.rows) {
      const value = this.code[dimension];
      if (value === undefined) return; // rows of another model, about to be replaced
      slider.value = value;
      output.textContent = decimal(value);
      slider.setAttribute("aria-valuetext", decimal(value));
      const share = (slider.valueAsNumber - slider.min) / (slider.max - slider.min);
      here.style.setProperty("--share", share);
    }
  }
}
