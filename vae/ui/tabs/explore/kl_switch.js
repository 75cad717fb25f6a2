// The switch between the maps of two models: one trained with the KL term, one without.

import { finder } from "../../client/elements.js";
import { settings } from "../../client/page.js";
import { modelNamed } from "../../client/store.js";

export class KlSwitch {
  /** `chosen(model)` is called with the name of the model that is to be mapped. */
  constructor(element, chosen) {
    const find = finder(element);
    this.pair = settings.klPair && modelNamed(settings.klPair.with).latentDim === 2 ? settings.klPair : null;
    this.radios = find("kl").querySelectorAll("input");
    find("kl").hidden = !this.pair;
    for (const radio of this.radios) {
      radio.addEventListener("change", () => chosen(this.pair[radio.value]));
    }
  }

  /** The map of `model` is on show. */
  show(model) {
    for (const radio of this.radios) radio.checked = this.pair?.[radio.value] === model;
  }
}
