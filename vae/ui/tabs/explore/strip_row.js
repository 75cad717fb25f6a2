// A row of digits that is a slider: its title, its strip of frames, and the one where the slider stands.

/** {element, slider, output, strip, here, before} of a row of `frames` digits; `range` is the slider's. */
export function stripRow({ className, title, frames, range }) {
  const element = document.createElement("label");
  element.className = className;
  element.innerHTML = `
    <span class="traversal-name">${title}<output></output></span>
    <span class="traversal-strip">
      <canvas class="strip" width="${28 * frames}" height="28" aria-hidden="true"></canvas>
      <canvas class="here" width="28" height="28" aria-hidden="true"></canvas>
      <input type="range" />
    </span>`;
  const [slider, output, strip, here] =
    ["input", "output", ".strip", ".here"].map((kind) => element.querySelector(kind));
  Object.assign(slider, range);
  return { element, slider, output, strip, here, before: null };
}

/** Put the row's slider at `value`, which `words` say. */
export function stand({ slider, output, here }, value, words) {
  slider.value = value;
  output.textContent = words;
  slider.setAttribute("aria-valuetext", words);
  here.style.setProperty("--share", (slider.valueAsNumber - slider.min) / (slider.max - slider.min));
}

/**
 * `go(value)` hears of every value that the visitor chooses: where a finger turns out to scroll the
 * page, of the one where the row stood before, as `where()` says it, unless `row.before` was forgotten.
 */
export function listen(row, where, go) {
  const { slider } = row;
  slider.addEventListener("input", () => go(slider.valueAsNumber));
  slider.addEventListener("pointerdown", () => (row.before = where()));
  slider.addEventListener("pointercancel", () => {
    if (row.before !== null && row.before !== where()) go(row.before);
  });
}
