// The sheet: digits in rows, each a button.

import { paint } from "../../client/elements.js";

/** How many pixels of a saved picture a pixel of a digit is wide. */
const SAVED_SCALE = 4;

export class Sheet {
  /** `chosen(index)` is called when a digit is clicked. */
  constructor(root, chosen) {
    this.root = root;
    this.pressed = 0; // which digit is enlarged
    root.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) chosen(Number(button.dataset.index));
    });
  }

  get canvases() {
    return this.root.querySelectorAll("canvas");
  }

  /** Show the first `count` digits of a strip. */
  show(strip, count) {
    const { root } = this;
    while (root.children.length > count) root.lastChild.remove();
    while (root.children.length < count) root.append(cell(root.children.length));
    root.style.setProperty("--columns", columnsOf(count));
    this.canvases.forEach((canvas, index) => paint(canvas, strip, index));
  }

  press(index) {
    this.pressed = index;
    for (const button of this.root.children) {
      button.setAttribute("aria-pressed", Number(button.dataset.index) === index);
    }
  }

  /** The sheet as it is saved, a data URI. */
  asPicture() {
    const columns = columnsOf(this.canvases.length);
    const side = 28 * SAVED_SCALE;
    const picture = document.createElement("canvas");
    picture.width = columns * side;
    picture.height = Math.ceil(this.canvases.length / columns) * side;
    const context = picture.getContext("2d");
    context.imageSmoothingEnabled = false;
    this.canvases.forEach((canvas, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      context.drawImage(canvas, column * side, row * side, side, side);
    });
    return picture.toDataURL("image/png");
  }
}

const columnsOf = (count) => Math.ceil(Math.sqrt(count));

function cell(index) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.index = index;
  button.setAttribute("aria-label", `Digit ${index + 1}`);
  button.append(Object.assign(document.createElement("canvas"), { width: 28, height: 28 }));
  return button;
}
