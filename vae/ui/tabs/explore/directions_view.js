// Explore's view of the directions: one digit, changed by what one can name.

import { countUp, finder, picture } from "../../client/elements.js";
import { Live } from "../../client/live.js";
import { settings } from "../../client/page.js";
import { segment } from "../../client/segments.js";
import { modelNamed, store } from "../../client/store.js";
import { DirectionRows } from "./direction_rows.js";
import { forgotten, newerStart } from "./newer.js";
import { REST } from "./rest.js";
import { steeredCode } from "./steering.js";

const LEDE =
  "A direction is how the code changes, on average over the training digits of one kind, with their " +
  "slant, stroke or breadth. Towards a digit, it leads from the middle of one kind to that of another.";

export class DirectionsView {
  constructor(element, server, panel, complain) {
    Object.assign(this, { element, panel, complain });
    this.find = finder(element);
    this.start = null; // what the sliders started from, as `startOf` gives it
    this.rows = new DirectionRows(this.find("directions"), (...change) => this.#steer(...change));
    this.strips = new Live(server.steer, (answer, asked) => this.#show(answer, asked));
    this.find("towards").addEventListener("change", ({ target }) => this.#lead(target.value));
    panel.say("directions", { title: "This digit", formula: "decoded from z", words: "", lede: LEDE });
  }

  /** Start anew where there is something newer than what the sliders started from. */
  refresh() {
    if (!modelNamed(store.get("model")).directions.length) return; // another view is opened in its place
    const start = newerStart(this.start);
    if (start) this.#begin(start);
  }

  goHome() {
    this.start = forgotten(this.start);
    this.refresh();
  }

  #begin(start) {
    const first = !this.start;
    this.start = start;
    clearTimeout(this.resting);
    const { digits } = modelNamed(start.model);
    const linked = first ? store.get("steered") : null;
    this.amounts = { ...linked?.amounts };
    const known = digits.map(String).includes(linked?.towards ?? this.towards);
    this.towards = known ? (linked?.towards ?? this.towards) : (digits.at(-1)?.toString() ?? null);
    this.#offer(digits);
    this.#say();
    this.#ask();
  }

  /** The digits that the last row may lead to. */
  #offer(digits) {
    const choice = this.find("towards");
    choice.hidden = !digits.length;
    for (const label of choice.querySelectorAll("label")) label.remove();
    choice.append(
      ...digits.map((digit) => {
        const checked = String(digit) === this.towards;
        return segment("towards", String(digit), { words: `Towards a ${digit}`, checked });
      }),
    );
  }

  #lead(towards) {
    const { [this.towards]: _, ...others } = this.amounts;
    this.amounts = others;
    this.towards = towards;
    this.#say();
    this.#ask();
  }

  #ask() {
    const { code, model } = this.start;
    const asked = { code, model, amounts: this.amounts };
    store.set({ steered: { ...asked, towards: this.towards } });
    this.strips.send(this.towards === null ? asked : { ...asked, towards: this.towards });
  }

  async #show(answer, asked) {
    this.complain(answer.error);
    const outdated = () => asked.code !== this.start?.code || asked.amounts !== this.amounts;
    if (answer.error || outdated()) return;
    const strip = await picture(answer.strip);
    if (outdated()) return;
    this.strip = strip;
    this.steps = Object.fromEntries(answer.rows.map(({ name, step }) => [name, step]));
    this.rows.show(answer.rows, strip, this.amounts);
    const [row] = this.rows.rows.values();
    this.#showFrame(row.from + row.places[row.at]);
    countUp(this.element, "steered");
  }

  /** A slider moves: its frame at once, the other rows when it rests. */
  #steer(name, amount, frame) {
    const { [name]: _, ...others } = this.amounts;
    this.amounts = amount ? { ...others, [name]: amount } : others;
    this.#showFrame(frame);
    this.#say();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.#ask(), REST);
  }

  #showFrame(frame) {
    const { code, model } = this.start;
    const steered = steeredCode(code, this.steps, this.amounts, settings.codeScale);
    this.panel.show("directions", { code: steered, model }, this.strip, 28 * frame);
  }

  #say() {
    const changes = Object.keys(this.amounts).length;
    const words = changes ? `, changed in ${changes === 1 ? "one way" : `${changes} ways`}` : "";
    this.panel.say("directions", { words: `${this.start.words}${words}.` });
  }
}
