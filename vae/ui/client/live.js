// Questions to the server: a few are under way, the newest waits, older ones are dropped.

import { Complaint, announce, notice } from "./speak.js";
import { store } from "./store.js";

/** Where the server is: two folders above this module. In <gradio-app> the document is another site's. */
export const home = new URL("../../", import.meta.url);

/** Whether a server answers at the page's address. */
export const serverAnswers = () =>
  fetch(home, { method: "HEAD" }).then(
    ({ ok }) => ok,
    () => false,
  );

/** How long to wait before the nth try after a lost connection, in milliseconds. */
const backOff = (failures) => Math.min(500 * 2 ** (failures - 1), 8000);

const busy = new Set(); // the conversations in which something is not answered or not shown yet

/**
 * A conversation about one thing. `ask(question)` resolves to the server's answer, or to undefined
 * where there is no connection; a Complaint that it throws is the answer {error}. `show(answer,
 * question)` gets the answers one at a time and in order, never an outdated one after a newer. After a
 * lost connection the newest question is asked again until it is answered.
 *
 * At most `most` questions are under way. Each follows the one before it after its share of the last
 * round trip: a server close by has one at a time, and a distant one answers as often.
 */
export class Live {
  constructor(ask, show, { most = 1 } = {}) {
    Object.assign(this, { ask, show, most });
    this.waiting = null; // the newest question, not asked yet
    this.underWay = 0;
    this.asked = 0; // how many were asked: each question has its number
    this.askedAt = -Infinity;
    this.roundTrip = 0; // milliseconds, the last one's
    this.answered = 0; // the number of the newest question that was answered
    this.unshown = null; // its answer, until it is shown
    this.failures = 0;
    this.away = false; // waits before it asks again
  }

  /** Ask, or replace the question that waits; `atOnce`: as soon as one more may be under way. */
  send(question, atOnce = false) {
    this.waiting = { question, atOnce };
    this.#advance();
    this.#mark();
  }

  /** Count the busy conversations in <html data-asking>; at 0 the page shows every answer. */
  #mark() {
    const idle = !this.waiting && !this.underWay && !this.unshown && !this.away;
    busy[idle ? "delete" : "add"](this);
    document.documentElement.dataset.asking = busy.size;
  }

  #advance() {
    clearTimeout(this.timer);
    if (!this.waiting || this.away) return;
    if (this.underWay >= (this.failures ? 1 : this.most)) return;
    const share = this.underWay && !this.waiting.atOnce ? this.roundTrip / this.most : 0;
    const pause = this.askedAt + share - performance.now();
    if (pause > 0) this.timer = setTimeout(() => this.#advance(), pause);
    else this.#ask();
  }

  async #ask() {
    const { question } = this.waiting;
    this.waiting = null;
    this.asked += 1;
    const number = this.asked;
    this.askedAt = performance.now();
    this.underWay += 1;
    const began = this.askedAt;
    const answer = await this.#answerTo(question);
    this.roundTrip = performance.now() - began;
    if (answer === undefined) await this.#lose(number, question);
    else this.#receive(number, answer, question);
    this.#advance();
    this.#mark();
  }

  async #answerTo(question) {
    try {
      const answer = await this.ask(question);
      this.underWay -= 1;
      return answer;
    } catch (error) {
      this.underWay -= 1;
      if (error instanceof Complaint) return { error: error.message };
      this.#advance(); // whatever went wrong, the next question is asked
      this.#mark();
      throw error;
    }
  }

  #receive(number, answer, question) {
    if (this.failures) announce("Connected again.");
    this.failures = 0;
    this.away = false;
    if (number < this.answered) return;
    this.answered = number;
    notice(answer.notice);
    const showing = this.unshown !== null;
    this.unshown = { answer, question };
    if (!showing) this.#showNewest();
  }

  async #showNewest() {
    const { unshown } = this;
    try {
      await this.show(unshown.answer, unshown.question);
    } finally {
      if (this.unshown === unshown) this.unshown = null;
      else this.#showNewest();
      this.#mark();
    }
  }

  /** Wait for the connection, unless a newer question was answered. */
  async #lose(number, question) {
    if (number < this.answered) return;
    if (number === this.asked) this.waiting ??= { question };
    if (this.away) return;
    this.away = true;
    this.failures += 1;
    const wait = backOff(this.failures);
    // A server that answers, but not these questions, runs another version of the page.
    const changed = this.failures > 2 && (await serverAnswers());
    const trouble = changed
      ? "The server no longer knows this page: reload it (Copy link keeps your drawing)."
      : "No connection to the server.";
    announce(`${trouble} Trying again in ${Math.ceil(wait / 1000)} s.`, true);
    await new Promise((resolve) => setTimeout(resolve, wait));
    this.away = false;
  }
}

/**
 * A pad's conversation: asks about the drawing while a stroke grows, no more often than every PACE
 * milliseconds, and at once when it ends. `ask(question)` gets {ink, model}; the question that
 * `show(answer, question)` gets is {model, layers, drawing}, the last true while a stroke grows.
 */
export class DrawingStream {
  static PACE = 120; // spares slow networks

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
