// The row that asks for a digit: any, or one of those that the model's mixture knows.

import { segment } from "../../client/segments.js";

const ANY = "any";

export class DigitRow {
  constructor(root) {
    this.root = root;
    this.chosen = ANY;
    root.addEventListener("change", ({ target }) => (this.chosen = target.value));
  }

  /** What a sheet is asked for: {digit}, or {} for any. */
  get asked() {
    const offered = !this.root.hidden && this.chosen !== ANY;
    return offered ? { digit: Number(this.chosen) } : {};
  }

  choose(digit) {
    this.chosen = String(digit ?? ANY);
  }

  /** Offer these digits; none hides the row. */
  offer(digits) {
    this.root.hidden = !digits.length;
    if (!digits.length) return;
    const names = [ANY, ...digits.map(String)];
    if (!names.includes(this.chosen)) this.chosen = ANY;
    const labels = [...this.root.querySelectorAll("label")];
    if (labels.length !== names.length) this.#layOut(names, labels);
    for (const radio of this.root.querySelectorAll("input")) radio.checked = radio.value === this.chosen;
  }

  #layOut(names, labels) {
    for (const label of labels) label.remove();
    const words = (name) => (name === ANY ? { text: "Any" } : { words: `Only ${name}` });
    this.root.append(...names.map((name) => segment("digit", name, words(name))));
  }
}
