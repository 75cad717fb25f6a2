// Explore's view of learning: the same codes decoded, and the same digits reconstructed, through training.

import { finder } from "../../client/elements.js";
import { store } from "../../client/store.js";
import { blend } from "./blend.js";

const LEDE =
  "The same 64 codes, drawn from the prior, decoded by the model as it was then: grey at first, then blots, " +
  "then digits. Move the slider, or play.";

export class LearningView {
  constructor(element, panel, { histories, timeline }) {
    Object.assign(this, { histories, timeline });
    const find = finder(element);
    this.model = null; // the one whose learning is on show
    this.pictures = { samples: find("samples"), reconstructions: find("reconstructions") };
    panel.say("learning", { title: "", formula: "", words: "", lede: LEDE });
  }

  /** Catch up with the chosen model. */
  refresh() {
    const model = store.get("model");
    if (this.model === model) return;
    this.model = model;
    this.histories.of(model, (history) => {
      if (this.model === model) this.timeline.open(history, model, (place) => this.#show(history, place));
    });
  }

  /** Another view was opened: the timeline is its. */
  leave() {
    this.model = null;
    this.timeline.close();
  }

  #show({ moments }, { from, to, share }) {
    for (const [name, canvas] of Object.entries(this.pictures)) {
      blend(canvas, moments[from][name], moments[to][name], share);
    }
  }
}
