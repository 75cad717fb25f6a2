// Traversals: one row of digits for each of a code's most used dimensions. Along a row that number
// goes through its range while the others stay; the row is a slider that sets the number.

import { decimal } from "../../client/codes.js";
import { brush, paint } from "../../client/elements.js";
import { listen, stand, stripRow } from "./strip_row.js";

export class Traversals {
  /** `edited(code, dimension)` is called with the whole code while a slider moves. */
  constructor(root, edited) {
    this.root = root;
    this.edited = edited;
    this.rows = new Map(); // by dimension, as stripRow makes them
    this.code = null;
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
    for (const row of this.rows.values()) row.before = null; // of another digit
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
    const words = `Number ${dimension + 1} of the code`;
    const row = stripRow({
      className: used ? "traversal" : "traversal idle",
      title: `<i>z<sub>${dimension + 1}</sub></i>`,
      frames: values.length,
      range: { min: values[0], max: values.at(-1), step: 0.05 },
    });
    row.slider.ariaLabel = used ? words : `${words}, which this model does not use`;
    row.slider.dataset.dimension = dimension;
    const where = () => this.code?.[dimension];
    listen(row, where, (value) => {
      this.code = this.code.map((old, at) => (at === dimension ? value : old));
      this.#setSliders();
      this.edited(this.code, dimension);
    });
    return row;
  }

  #setSliders() {
    if (!this.code) return;
    for (const [dimension, row] of this.rows) {
      const value = this.code[dimension];
      if (value === undefined) return; // rows of another model, about to be replaced
      stand(row, value, decimal(value));
    }
  }
}
