// A pixel of a 28x28 digit, pointed at on any of several enlarged pictures of it at once.

import { digitCanvas } from "../../client/elements.js";
import { Pointer } from "../../client/pointer.js";

/**
 * Pictures that share one cursor: the pointer or the arrow keys move it over any of them, and
 * `moved(index, byKey)` is called with the pixel's index, 0 to 783, row by row.
 */
export class PixelCursor {
  static SIDE = 28;

  constructor(moved) {
    this.moved = moved;
    this.pointer = new Pointer();
    this.frames = [];
    this.index = 0;
  }

  /** Fill `box` with a picture; returns its canvas. `words` say what is in it. */
  add(box, words) {
    const canvas = digitCanvas(`${words} With it focused, the arrow keys go from pixel to pixel.`);
    canvas.tabIndex = 0;
    const frame = Object.assign(document.createElement("span"), { className: "cursor" });
    box.append(canvas, frame);
    this.frames.push(frame);
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.pointer.press(event)) return;
      canvas.setPointerCapture(event.pointerId);
      this.#point(event, canvas);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.pointer.pressed || this.pointer.follows(event)) this.#point(event, canvas);
    });
    canvas.addEventListener("lostpointercapture", (event) => this.pointer.release(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    return canvas;
  }

  /** Put the cursor on the pixel `index`. */
  move(index, byKey = false) {
    this.index = index;
    const { row, column } = this;
    for (const frame of this.frames) {
      frame.style.left = `${(100 * column) / PixelCursor.SIDE}%`;
      frame.style.top = `${(100 * row) / PixelCursor.SIDE}%`;
    }
    this.moved(index, byKey);
  }

  get row() {
    return Math.floor(this.index / PixelCursor.SIDE);
  }

  get column() {
    return this.index % PixelCursor.SIDE;
  }

  #point(event, canvas) {
    const box = canvas.getBoundingClientRect();
    const place = (offset, length) =>
      Math.max(0, Math.min(27, Math.floor((offset / length) * PixelCursor.SIDE)));
    const row = place(event.clientY - box.top, box.height);
    this.move(row * PixelCursor.SIDE + place(event.clientX - box.left, box.width));
  }

  #key(event) {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const [row, column] = [this.row + step[0], this.column + step[1]];
    const inside = [row, column].every((value) => value >= 0 && value < PixelCursor.SIDE);
    if (inside) this.move(row * PixelCursor.SIDE + column, true);
  }
}
