// Small helpers for the elements of a part.

/** A function that finds the element of a part by its `data-` attribute. */
export const finder = (root) => (name) => root.querySelector(`[data-${name}]`);

/** A function that shows what is wrong in an element, or nothing. */
export const problemIn = (line) => (sentence) => (line.textContent = sentence ?? "");

/** Count up the mark `data-NAME` of an element: how often it has shown something of that kind. */
export function countUp(element, name) {
  element.dataset[name] = Number(element.dataset[name] ?? 0) + 1;
}

/** The canvas of a digit, described by `words`: 28 by 28 pixels, which CSS enlarges. */
export const digitCanvas = (words) =>
  Object.assign(document.createElement("canvas"), {
    width: 28,
    height: 28,
    className: "digit",
    role: "img",
    ariaLabel: words,
  });
