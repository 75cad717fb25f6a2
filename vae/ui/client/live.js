// Talking to the server: few questions under way, the newest waits, older ones are dropped.

import { serverAnswers } from "./home.js";
import { announce, notice } from "./speak.js";

/** How long to wait before the nth try after a lost connection, in milliseconds. */
const backOff = (failures) => Math.min(500 * 2 ** (failures - 1), 8000);

/**
 * A conversation about one thing. `ask(question)` resolves to the server's answer, or to undefined
 * where there is no connection; `show(answer, question)` gets the answers one at a time and in
 * order, never an outdated one after a newer. After a lost connection the newest question is asked
 * again until it is answered.
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
  }

  async #answerTo(question) {
    try {
      const answer = await this.ask(question);
      this.underWay -= 1;
      return answer;
    } catch (error) {
      this.underWay -= 1;
      this.#advance(); // whatever went wrong, the next question is asked
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
    // One that answers, but not this page's questions, runs another version of the page.
    const changed = this.failures > 2 && (await serverAnswers());
    const trouble = changed
      ? "The server no longer knows this page: reload it (Copy link keeps your drawing)."
      : "No connection to the server.";
    announce(`${trouble} Trying again in ${Math.ceil(wait / 1000)} s.`, true);
    await new Promise((resolve) => setTimeout(resolve, wait));
    this.away = false;
  }
}
