// One digit of the sheet: enlarged, and its code taken to another tab.

import { copyOf, finder, paint } from "../../client/elements.js";
import { Live } from "../../client/live.js";
import { openInExplore, sendButtons } from "../../client/store.js";

export class Chosen {
  constructor(element, server, complain) {
    const find = finder(element);
    this.canvas = find("chosen");
    this.digit = null; // {code, model, picture}, once its code is known
    const explore = find("explore");
    this.buttons = [...sendButtons(element, () => this.digit), explore];
    explore.addEventListener("click", () => this.digit && openInExplore(this.digit));
    this.codes = new Live(
      ({ sheet, index }) => server.code({ ...sheet, index }),
      (answer, asked) => {
        complain(answer.error);
        if (answer.error || asked !== this.asked) return;
        const { model } = asked.sheet;
        this.#set({ code: answer.code, model, picture: copyOf(this.canvas) });
      },
    );
  }

  /** Enlarge digit `index` of the sheet that was asked for as `sheet`, painted on `canvas`. */
  show(sheet, index, canvas) {
    this.#set(null);
    paint(this.canvas, canvas);
    this.asked = { sheet, index };
    this.codes.send(this.asked);
  }

  #set(digit) {
    this.digit = digit;
    for (const button of this.buttons) button.disabled = !digit;
  }
}
