// Explore's view of the dimensions: one digit's code, number by number.

import { codeRange } from "../../client/codes.js";
import { countUp, finder, picture } from "../../client/elements.js";
import { Live } from "../../client/live.js";
import { modelNamed } from "../../client/store.js";
import { forgotten, newerStart } from "./newer.js";
import { REST } from "./rest.js";
import { wordsFor } from "./start.js";
import { Traversals } from "./traversals.js";

export class DimensionsView {
  constructor(element, server, panel, complain) {
    Object.assign(this, { element, panel, complain });
    this.find = finder(element);
    this.start = null; // what the sliders started from, as `startOf` gives it
    this.traversals = new Traversals(this.find("rows"), (code) => this.#edit(code));
    this.digits = new Live(server.digit, (answer, asked) => this.#showDigit(answer, asked), { most: 3 });
    this.strips = new Live(server.traverse, (answer, asked) => this.#showStrips(answer, asked));
    panel.say("dimensions", {
      title: "This digit",
      formula: "decoded from z",
      words: "",
      lede: "",
    });
  }

  /** Start anew where there is something newer than what the sliders started from. */
  refresh() {
    const start = newerStart(this.start);
    if (start) this.#begin(start);
  }

  goHome() {
    this.start = forgotten(this.start);
    this.refresh();
  }

  #begin(start) {
    const { code, model } = start;
    this.start = start;
    clearTimeout(this.resting);
    this.traversals.set(code);
    this.digits.send({ code, model });
    this.strips.send({ code, model });
    const { latentDim, spread } = modelNamed(model);
    const range = codeRange({ spread });
    this.find("rows-words").textContent =
      latentDim > 10 ? "The ten most used dimensions" : `Its ${latentDim} dimensions`;
    this.find("range-words").textContent =
      spread === 1 ? `−${range} … ${range} standard deviations` : `−${range} … ${range}`;
    const lede =
      `Along a row, one number of the latent code goes from −${range} to ${range} and the others stay. ` +
      "Drag the frame to edit this digit by hand.";
    this.panel.say("dimensions", { words: wordsFor(start, code), lede });
  }

  /** A slider moves: the digit at once, the rows when it rests. */
  #edit(code) {
    const { model } = this.start;
    this.digits.send({ code, model });
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.strips.send({ code, model }), REST);
    this.panel.say("dimensions", { words: wordsFor(this.start, code) });
  }

  async #showDigit(answer, asked) {
    this.complain(answer.error);
    if (answer.error) return;
    this.panel.show("dimensions", asked, await picture(answer.picture));
    this.traversals.showDigit(this.panel.digits.dimensions.canvas);
    countUp(this.element, "digits");
  }

  async #showStrips(answer, { model }) {
    this.complain(answer.error);
    if (answer.error) return;
    this.traversals.show(answer, await picture(answer.strip), modelNamed(model).active);
    countUp(this.element, "strips");
  }
}
