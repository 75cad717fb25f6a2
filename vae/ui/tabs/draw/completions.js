// What could be hidden: completions of the drawing, the server's first ones at once and better ones
// after them.

import { countUp, finder, paint, picture } from "../../client/elements.js";
import { Live } from "../../client/live.js";
import { tell } from "../../client/speak.js";
import { randomSeed, store } from "../../client/store.js";

export class Completions {
  /**
   * `drawn()` resolves to the drawing as the server takes it, {ink, framed}; one completion is shown
   * by `reading`, the others in `cells`; `complain` says what is wrong.
   */
  constructor(element, server, { drawn, reading, cells, complain }) {
    Object.assign(this, { element, server, drawn, reading, cells, complain });
    this.number = 0; // of the newest question
    this.digit = null; // {code, model, picture}: the completion that is shown large
    this.first = this.#conversation(false);
    this.refined = this.#conversation(true);
    finder(element)("redraw").addEventListener("click", () => this.#redraw());
  }

  /** Complete the drawing as it is now, in passing while a hand moves (`done` false). */
  ask(done) {
    this.number += 1;
    this.first.send({ ...store.get("hiding"), model: store.get("model"), number: this.number, done });
  }

  forget() {
    this.number += 1;
    this.digit = null;
    this.complain();
  }

  #conversation(refined) {
    return new Live(
      async ({ visible, seed, model }) =>
        this.server.complete({ ...(await this.drawn()), visible: visible.join(""), seed, model, refined }),
      (answer, asked) => this.#show(answer, asked, refined),
    );
  }

  async #show(answer, asked, refined) {
    const outdated = () => !store.get("hiding") || (refined && asked.number !== this.number);
    if (outdated()) return;
    this.complain(answer.error);
    if (!answer.strip) return;
    const strip = await picture(answer.strip);
    if (outdated()) return;
    this.reading.showCompletion(strip, answer.code, asked);
    this.cells.forEach((cell, index) => {
      paint(cell, strip, index + 1);
      cell.ariaLabel = `Completion ${index + 2}`;
    });
    const { code } = answer;
    this.digit = { code, model: asked.model, picture: this.reading.reconstruction.toDataURL() };
    countUp(this.element, refined ? "refined" : "completions");
    if (!refined && asked.done && asked.number === this.number) this.refined.send(asked);
  }

  #redraw() {
    if (!store.get("hiding")) return;
    store.set({ hiding: { ...store.get("hiding"), seed: randomSeed() } });
    this.ask(true);
    tell("Nine other completions.");
  }
}
