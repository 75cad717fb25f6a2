// What the KL term is for: samples of the prior, from a model that was trained with it and one without.

import { brush, countUp, finder, picture } from "../../client/elements.js";
import { Live } from "../../client/live.js";
import { settings } from "../../client/page.js";

export class PriorSamples {
  constructor(element, server) {
    Object.assign(this, { element, find: finder(element), asked: false });
    this.live = new Live(server.samples, (answer) => this.#show(answer));
  }

  /** Fetch the samples, once, if there are two such models. */
  fetch() {
    if (this.asked || !settings.klPair) return;
    this.asked = true;
    this.live.send({});
  }

  async #show({ sheets }) {
    for (const [kind, sheet] of Object.entries(sheets ?? {})) {
      const canvas = this.find(`sheet="${kind}"`);
      const samples = await picture(sheet);
      Object.assign(canvas, { width: samples.naturalWidth, height: samples.naturalHeight });
      brush(canvas).drawImage(samples, 0, 0);
      this.find(`sheet-model="${kind}"`).textContent = settings.klPair[kind];
    }
    this.find("prior-samples").hidden = !sheets;
    countUp(this.element, "sheets");
  }
}
