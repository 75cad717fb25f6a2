// A pad's conversation with the server.

import { Live } from "./live.js";
import { store } from "./store.js";

/**
 * Asks about the drawing while a stroke grows, no more often than every PACE milliseconds, and at
 * once when it ends. `ask(question)` gets {ink, model}; the question that `show(answer, question)`
 * gets is {model, layers, drawing}, the last true while a stroke grows.
 */
export class DrawingStream {
  static PACE = 120; // a stroke of a second costs about 30 kB

  constructor(pad, ask, show) {
    this.pad = pad;
    this.askedAt = -Infinity;
    this.live = new Live((question) => this.#ask(ask, question), show, { most: 3 });
  }

  changed(drawing) {
    clearTimeout(this.timer);
    const pause = drawing ? DrawingStream.PACE - (performance.now() - this.askedAt) : 0;
    if (pause > 0) this.timer = setTimeout(() => this.#send(drawing), pause);
    else this.#send(drawing);
  }

  #send(drawing) {
    this.live.send({ model: store.get("model"), layers: this.pad.layers, drawing }, !drawing);
  }

  async #ask(ask, { model }) {
    if (this.pad.empty) return { nothing: "" };
    this.askedAt = performance.now();
    return ask({ ink: await this.pad.packed(), model });
  }
}
