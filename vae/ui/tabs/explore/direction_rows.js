// Rows of digits that are sliders, one for each direction: along a row the digit changes in one way.
// All frames of a row are there, so that a slider that moves asks nobody.

import { brush } from "../../client/elements.js";
import { nearest, placesOf, titleOf, wordsOf } from "./steering.js";
import { listen, stand, stripRow } from "./strip_row.js";

const SHOWN = 9; // frames of a row that are seen side by side

export class DirectionRows {
  /** `steered(name, amount, place)` is called while a slider moves: `place` is the frame's in the strip. */
  constructor(root, steered) {
    Object.assign(this, { root, steered });
    this.rows = new Map(); // by direction: {element, slider, output, strip, here, values, places}
    root.style.setProperty("--digits", SHOWN);
  }

  /** Show the server's rows, decoded to a picture, where the code has gone `amounts`. */
  show(rows, strip, amounts) {
    const names = rows.map(({ name }) => name);
    if ([...this.rows.keys()].join() !== names.join()) this.#layOut(rows);
    this.strip = strip;
    rows.forEach(({ name, values }, index) => {
      const row = this.rows.get(name);
      row.from = index * values.length;
      const apart = (values.length - 1) / (SHOWN - 1);
      for (let shown = 0; shown < SHOWN; shown++) this.#paint(row.strip, row, shown * apart, 28 * shown);
      this.#stand(name, row, nearest(values, row.places, amounts[name] ?? 0));
    });
  }

  clear() {
    this.rows.clear();
    this.root.replaceChildren();
  }

  #layOut(rows) {
    this.clear();
    for (const { name, values } of rows) {
      const row = this.#row(name, values);
      this.rows.set(name, row);
      this.root.append(row.element);
    }
  }

  #row(name, values) {
    const row = stripRow({
      className: "traversal direction",
      title: `<b>${titleOf(name)}</b>`,
      frames: SHOWN,
      range: { min: 0, max: values.length - 1, step: 1 },
    });
    Object.assign(row, { values, places: placesOf(name, values.length) });
    row.slider.ariaLabel = titleOf(name);
    row.slider.dataset.direction = name;
    listen(row, () => row.at, (at) => {
      this.#stand(name, row, at);
      this.steered(name, values[row.places[at]], row.from + row.places[at]);
    });
    return row;
  }

  #stand(name, row, at) {
    row.at = at;
    stand(row, at, wordsOf(name, row.values[row.places[at]]));
    this.#paint(row.here, row, at, 0);
  }

  /** Paint the frame that stands at `at` of a row on a canvas, from `left` on. */
  #paint(canvas, row, at, left) {
    const frame = row.from + row.places[at];
    brush(canvas).drawImage(this.strip, 28 * frame, 0, 28, 28, left, 0, 28, 28);
  }
}
