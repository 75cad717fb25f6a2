// The elements of a part: found, marked, and grey digits painted on their canvases. A canvas has one
// pixel per pixel of its digit, and CSS enlarges it.

/** Grey levels by which a pixel must differ to be seen: some browsers change their last bit only. */
const SEEN = 8;

/** A function that finds the element of a part by its `data-` attribute. */
export const finder = (root) => (name) => root.querySelector(`[data-${name}]`);

/**
 * A function that gives each of a part's conversations a voice: a function that says in the element
 * `line` what is wrong, or takes back what this voice said. The newest sentence that stands is shown.
 */
export function problemsIn(line) {
  const standing = new Map(); // sentences by voice
  return () => {
    const voice = (sentence) => {
      standing.delete(voice);
      if (sentence) standing.set(voice, sentence);
      line.textContent = [...standing.values()].at(-1) ?? "";
    };
    return voice;
  };
}

/** Count up the mark `data-NAME` of an element: how often it has shown something of that kind. */
export function countUp(element, name) {
  element.dataset[name] = Number(element.dataset[name] ?? 0) + 1;
}

/**
 * What `module` exports, an import that a part can begin without. The part says so where the server
 * lacks it (head.js).
 */
export const served = (element, module) =>
  module.catch(() => {
    element.dispatchEvent(new Event("unserved", { bubbles: true }));
    return new Promise(() => {});
  });

/** The canvas of a digit, described by `words`: 28 by 28 pixels, which CSS enlarges. */
export const digitCanvas = (words) =>
  Object.assign(document.createElement("canvas"), {
    width: 28,
    height: 28,
    className: "digit",
    role: "img",
    ariaLabel: words,
  });

/** The picture of a data URI, decoded and ready to be painted. */
export async function picture(uri) {
  const image = new Image();
  image.src = uri;
  await image.decode();
  return image;
}

/** The 2D context of a digit's canvas, kept in main memory: fastest for so few pixels. */
export const brush = (canvas) => canvas.getContext("2d", { willReadFrequently: true });

/** Paint digit number `index` of row `row` of a picture of 28x28 digits. */
export function paint(canvas, strip, index = 0, row = 0) {
  brush(canvas).drawImage(strip, index * 28, row * 28, 28, 28, 0, 0, 28, 28);
}

/** Take the digit away: black. */
export const blank = (canvas) => brush(canvas).clearRect(0, 0, canvas.width, canvas.height);

let faithful; // whether what is read back from a canvas is what was painted, once that was tried

/** Whether pixels can be read back: browsers that guard against fingerprinting falsify or forbid it. */
export const readable = () => (faithful ??= isLadder(ladder()));

/** Whether a canvas can be made a picture file, which such browsers falsify too. */
export async function savable() {
  const copy = Object.assign(document.createElement("canvas"), { width: 32, height: 32 });
  try {
    brush(copy).drawImage(await picture(ladder().toDataURL()), 0, 0);
  } catch {
    return false;
  }
  return isLadder(copy);
}

/** A canvas whose row y has the grey level 8 y. */
function ladder() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 32, height: 32 });
  const context = brush(canvas);
  for (let row = 0; row < 32; row++) {
    context.fillStyle = `rgb(${8 * row} ${8 * row} ${8 * row})`;
    context.fillRect(0, row, 32, 1);
  }
  return canvas;
}

function isLadder(canvas) {
  const wrong = (value, index) => index % 4 < 3 && Math.abs(value - 8 * (index >> 7)) > SEEN;
  try {
    return !brush(canvas).getImageData(0, 0, 32, 32).data.some(wrong);
  } catch {
    return false;
  }
}

/** A copy of a digit's canvas. */
export function copyOf(canvas) {
  const copy = digitCanvas("");
  paint(copy, canvas);
  return copy;
}

/** Hand a picture, given as a data URI, to the visitor as a file. */
export function save(uri, name) {
  Object.assign(document.createElement("a"), { href: uri, download: name }).click();
}
