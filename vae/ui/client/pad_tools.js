// What stands beside a pad: its tools and the example digits.

import { example, paintLayer } from "./layers.js";
import { settings } from "./page.js";

/** Bring the buttons [data-undo], [data-redo] and [data-clear] inside `element` to life. */
export function padTools(element, pad) {
  for (const action of ["undo", "redo", "clear"]) {
    element.querySelector(`[data-${action}]`)?.addEventListener("click", () => pad[action]());
  }
}

/** Fill `row` with a button for each example digit; `choose(layers, digit)` is called on a click. */
export function exampleButtons(row, choose) {
  for (const digit of Object.keys(settings.examples)) {
    const button = document.createElement("button");
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
    button.type = "button";
    button.className = "example";
    button.dataset.digit = digit;
    button.setAttribute("aria-label", `Example: a ${digit}`);
    for (const layer of example(digit)) paintLayer(canvas.getContext("2d"), 64, layer);
    button.append(canvas);
    button.addEventListener("click", () => choose(example(digit), digit));
    row.append(button);
  }
}
