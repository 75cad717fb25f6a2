// Rows of digits that are sliders, one for each direction: along a row the digit changes in one way.
// All frames of a row are there, so that a slider that moves asks nobody.

import { brush } from "../../client/elements.js";
import { nearest, placesOf, titleOf, wordsOf } from "./steering.js";

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
    const element = document.createElement("label");
    element.className = "traversal direction";
    element.innerHTML = `
      <span class="traversal-name"><b>${titleOf(name)}</b><output></output></span>
      <span class="traversal-strip">
        <canvas class="strip" width="${28 * SHOWN}" height="28" aria-hidden="true"></canvas>
        <canvas class="here" width="28" height="28" aria-hidden="true"></canvas>
        <input type="range" min="0" max="${values.length - 1}" step="1" />
      </span>`;
    const [slider, output, strip, here] =
      ["input", "output", ".strip", ".here"].map((kind) => element.querySelector(kind));
    slider.setAttribute("aria-label", titleOf(name));
    slider.dataset.direction = name;
    const row = { element, slider, output, strip, here, values, places: placesOf(name, values.length) };
    this.#listen(name, row);
    return row;
  }

  #listen(name, row) {
    const { slider, values, places } = row;
    const go = (at) => {
      this.#stand(name, row, at);
      this.steered(name, values[places[at]], row.from + places[at]);
    };
    let before = null; // where it stood when a finger came down
    slider.addEventListener("input", () => go(slider.valueAsNumber));
    slider.addEventListener("pointerdown", () => (before = row.at));
    // A finger that turns out to scroll the page takes back what it changed when it came down.
    slider.addEventListener("pointercancel", () => before !== row.at && go(before));
  }

  #stand(name, row, at) {
    row.at = at;
    const { slider, output, here, values, places } = row;
    const words = wordsOf(name, values[places[at]]);
    slider.value = at;
    slider.setAttribute("aria-valuetext", words);
    output.textContent = words;
    here.style.setProperty("--share", at / (values.length - 1));
    this.#paint(here, row, at, 0);
  }

  /** Paint the frame that stands at `at` of a row on a canvas, from `left` on. */
  #paint(canvas, row, at, left) {
    const frame = row.from + row.places[at];
    brush(canvas).drawImage(this.strip, 28 * frame, 0, 28, 28, left, 0, 28, 28);
  }
}
