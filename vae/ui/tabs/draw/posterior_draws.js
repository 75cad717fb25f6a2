// What else a drawing could be: digits decoded from draws from its posterior.

import { blank, countUp, digitCanvas, finder, paint, picture } from "../../client/elements.js";
import { Live } from "../../client/live.js";
import { settings } from "../../client/page.js";
import { tell } from "../../client/speak.js";
import { randomSeed, store } from "../../client/store.js";

const nameOf = (index) => `Draw ${index + 1} from the posterior`;

export class PosteriorDraws {
  constructor(element, server) {
    const find = finder(element);
    this.element = element;
    this.seed = 0; // of the noise epsilon: the same until the visitor asks for other draws
    this.told = this.seed; // the noise that was last spoken of
    this.cells = Array.from({ length: settings.posteriorDraws }, (_, index) => digitCanvas(nameOf(index)));
    find("draws").append(...this.cells);
    this.live = new Live(server.draws, (answer, { seed }) => this.#show(answer, seed));
    find("redraw").addEventListener("click", () => this.#redraw());
  }

  /** Show draws from the posterior of a drawing as it was read; null is none. */
  of(drawing) {
    if (!drawing) return this.cells.forEach(blank);
    const { code, deviation, model } = drawing;
    this.live.send({ code, deviation, seed: this.seed, model });
  }

  #redraw() {
    if (!store.get("drawing") || store.get("hiding")) return;
    this.seed = randomSeed();
    this.of(store.get("drawing"));
  }

  async #show(answer, seed) {
    if (!answer.strip || !store.get("drawing") || store.get("hiding")) return;
    const strip = await picture(answer.strip);
    this.cells.forEach((cell, index) => {
      paint(cell, strip, index);
      cell.ariaLabel = nameOf(index);
    });
    if (seed !== this.told) tell("Eight other draws from the posterior.");
    this.told = seed;
    countUp(this.element, "draws");
  }
}
