// The enlarged pictures of the steps, and the numbers of the pixel under their cursor.

import { finder, paint } from "../../client/elements.js";
import { PixelCursor } from "./pixel_cursor.js";
import { pixelWords } from "./pixel_words.js";

/** The pictures in the order of the server's strip, and what is in them. */
const PICTURES = {
  x: "Your drawing as the model sees it.",
  p: "What the decoder paints.",
  nats: "What each pixel costs: bright is costly.",
};

export class PixelReader {
  constructor(element) {
    this.element = element;
    this.find = finder(element);
    this.pixels = null; // the server's numbers of every pixel
    this.cursor = new PixelCursor((index, byKey) => this.#read(index, byKey));
    this.canvases = Object.entries(PICTURES).map(([name, words]) =>
      this.cursor.add(this.find(`pixels="${name}"`), words),
    );
  }

  /** Show the pictures of a strip and the numbers of their pixels. */
  show(strip, pixels) {
    this.canvases.forEach((canvas, index) => paint(canvas, strip, index));
    // The cursor stays where the visitor put it, but starts where there is something to see.
    const start = this.pixels ? this.cursor.index : pixels.nats.indexOf(Math.max(...pixels.nats));
    this.pixels = pixels;
    this.cursor.move(start);
  }

  #read(index, byKey) {
    if (!this.pixels) return;
    const where = `row ${this.cursor.row + 1}, column ${this.cursor.column + 1}`;
    const { x, p, cost, words } = pixelWords(this.pixels, index, where);
    this.#write("where", where);
    this.#write('read="x"', x);
    this.#write('read="p"', p);
    this.#write('read="nats"', cost);
    if (byKey) this.find("spoken").textContent = words;
  }

  #write(name, text) {
    for (const place of this.element.querySelectorAll(`[data-${name}]`)) place.textContent = text;
  }
}
