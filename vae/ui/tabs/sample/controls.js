// What a sheet is made of: seed, temperature, number of digits, source of the codes.

import { finder } from "../../client/elements.js";
import { settings } from "../../client/page.js";
import { announce } from "../../client/speak.js";
import { modelNamed, randomSeed, store } from "../../client/store.js";
import { DigitRow } from "./digit_row.js";

/** What the two sources of codes are, and what the difference between them shows. */
const SOURCES = {
  prior:
    "Codes picked at random from the prior, the standard normal distribution that training pulls " +
    "all codes towards. They never fill it evenly: a code from a gap decodes to a misfit.",
  posterior:
    "Codes picked from the aggregate posterior, where the codes of the training digits really lie. " +
    "Nearly all can be read: the prior’s misfits are not the decoder’s fault.",
};

export class Controls {
  /** `changed()` is called when another sheet is asked for. */
  constructor(element, changed) {
    this.element = element;
    this.find = finder(element);
    [this.seed, this.temperature, this.count] = ["seed", "temperature", "count"].map(this.find);
    this.sources = element.querySelectorAll("[data-source]");
    this.seed.max = settings.largestSeed;
    this.seed.value = randomSeed();
    this.digits = new DigitRow(this.find("digits"));
    this.#restore(store.get("sample") ?? {});
    this.#describe();
    this.#listen(changed);
  }

  /** The sheet that the controls stand for. */
  sample() {
    return {
      seed: this.seed.valueAsNumber,
      temperature: this.temperature.valueAsNumber,
      count: Number(this.count.value),
      source: this.#source,
      ...this.digits.asked,
    };
  }

  get #source() {
    return this.element.querySelector("[data-source]:checked").value;
  }

  #listen(changed) {
    const change = () => {
      this.#describe();
      changed();
    };
    for (const control of [this.seed, this.count, ...this.sources]) {
      control.addEventListener("change", change);
    }
    this.digits.root.addEventListener("change", change);
    store.on("model", () => this.#describe());
    this.temperature.addEventListener("input", change);
    this.find("again").addEventListener("click", () => {
      const locked = this.find("lock").checked;
      if (locked) announce("The seed is locked: the sheet stays the same.");
      else this.seed.value = randomSeed();
      changed();
    });
  }

  /** Set the controls to what a link brought, as far as it did. */
  #restore({ seed, temperature, count, source, digit }) {
    if (seed !== undefined) this.seed.value = seed;
    if (temperature !== undefined) this.temperature.value = temperature;
    const counted = [...this.count.options].some(({ value }) => Number(value) === count);
    if (counted) this.count.value = count;
    for (const radio of this.sources) radio.checked ||= radio.value === source;
    this.digits.choose(digit);
  }

  #describe() {
    this.find("temperature-value").textContent = this.temperature.valueAsNumber.toFixed(2);
    this.find("lede").textContent = SOURCES[this.#source];
    this.digits.offer(this.#source === "posterior" ? modelNamed(store.get("model")).digits : []);
  }
}
