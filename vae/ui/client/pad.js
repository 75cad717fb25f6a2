// The drawing pad: strokes as vectors on a black square, white ink, for mouse, pen and touch; its
// tools, and the example digits beside it. Undo and redo are lists of drawings (layers.js).

import { packed } from "./ink.js";
import { STROKE_GRID, STROKE_WIDTH, example, paintLayer, paintLayers } from "./layers.js";
import { settings } from "./page.js";
import { Pointer } from "./pointer.js";

/** Milliseconds in which a pen follows a touch that the system took away as a palm's. */
const PALM = 1000;

export class Pad {
  static REMEMBERED = 100; // drawings that undo goes back to

  /** `changed(drawing)` is called while a stroke grows (drawing = true) and when it is done. */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.layers = [];
    this.past = [];
    this.future = [];
    this.stroke = null;
    this.pointer = new Pointer();
    this.palm = null; // what a cancelled touch left: {before, after, at}
    this.#listen();
    // Also called at the first layout. Asking for the size here would force another layout.
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  get empty() {
    return this.layers.length === 0 && !this.stroke;
  }

  /** Replace the drawing; undo brings the old one back. */
  load(layers) {
    this.show(layers);
    this.changed(false);
  }

  /** Replace the drawing without calling `changed`. */
  show(layers) {
    this.#remember();
    this.layers = layers;
    this.#repaint();
  }

  /** The drawing to begin with, which undo does not take away. */
  open(layers) {
    this.load(layers);
    this.past = [];
  }

  clear() {
    if (!this.empty) this.load([]);
  }

  undo() {
    this.#travel(this.past, this.future);
  }

  redo() {
    this.#travel(this.future, this.past);
  }

  /** The drawing as the server takes it. */
  packed() {
    return packed([...this.layers, this.stroke]);
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#extend(event));
    canvas.addEventListener("pointerup", (event) => this.#end(event));
    // A cancelled stroke (a palm, a system gesture, a lost capture) is kept as far as it went.
    canvas.addEventListener("pointercancel", (event) => this.#cancel(event));
    canvas.addEventListener("lostpointercapture", (event) => this.#end(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  #begin(event) {
    if (!this.pointer.press(event)) return;
    if (event.pointerType === "pen") this.#wipePalm();
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.stroke = { points: [this.#position(event)], width: STROKE_WIDTH }; // a palm's is gone
    this.#repaintSoon();
    this.changed(true);
  }

  /** Take back what a palm drew before the system took its touch away for the pen. */
  #wipePalm() {
    const { before, after, at } = this.palm ?? {};
    if (after === this.layers && performance.now() - at < PALM) {
      this.layers = before;
      this.past = this.past.slice(0, -1);
    }
    this.palm = null;
  }

  #extend(event) {
    if (!this.pointer.follows(event)) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.#add(this.#position(each));
    this.#repaintSoon();
    this.changed(true);
  }

  #end(event) {
    if (!this.pointer.release(event)) return;
    this.#remember();
    this.layers = [...this.layers, this.stroke];
    this.stroke = null;
    this.#repaint();
    this.changed(false);
  }

  #cancel(event) {
    if (!this.pointer.follows(event)) return;
    const before = this.layers;
    this.#end(event);
    const palm = { before, after: this.layers, at: performance.now() };
    this.palm = event.pointerType === "touch" ? palm : null;
  }

  #add(point) {
    const [x, y] = this.stroke.points.at(-1);
    // Skip points closer than a third of a pixel of the image that is sent.
    if (Math.hypot(point[0] - x, point[1] - y) > 0.3 / settings.padSide) {
      this.stroke.points.push(point);
    }
  }

  #position(event) {
    const box = this.canvas.getBoundingClientRect();
    const place = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    // Rounded to what a link can carry, so that a link restores exactly this stroke.
    return place.map((value) => Math.round(value * STROKE_GRID) / STROKE_GRID);
  }

  #key(event) {
    const key = event.key.toLowerCase();
    const command = event.ctrlKey || event.metaKey;
    if (command && (key === "y" || (key === "z" && event.shiftKey))) this.redo();
    else if (command && key === "z") this.undo();
    else if (!command && (key === "delete" || key === "backspace")) this.clear();
    else if (!command && /^[0-9]$/.test(key)) this.load(example(key));
    else return;
    event.preventDefault();
  }

  #remember() {
    this.past = [...this.past, this.layers].slice(-Pad.REMEMBERED);
    this.future = [];
  }

  #travel(from, to) {
    if (!from.length || this.stroke) return;
    to.push(this.layers);
    this.layers = from.pop();
    this.#repaint();
    this.changed(false);
  }

  #fit() {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!side || side === this.canvas.width) return;
    this.canvas.width = this.canvas.height = side;
    this.#repaint();
  }

  #repaintSoon() {
    this.frame ??= requestAnimationFrame(() => this.#repaint());
  }

  #repaint() {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    paintLayers(this.canvas.getContext("2d"), this.canvas.width, [...this.layers, this.stroke]);
    this.canvas.dataset.layers = this.layers.length;
  }
}

/** Connect the buttons [data-undo], [data-redo] and [data-clear] inside `element`. */
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
