// What an answer about the drawing brings: its reading, draws from its posterior, and the drawing as the
// other tabs find it in the store. While pixels are hidden, completions stand in their place.

import { countUp, finder } from "../../client/elements.js";
import { sendButtons, store } from "../../client/store.js";
import { Completions } from "./completions.js";
import { Hiding } from "./hiding.js";
import { PosteriorDraws } from "./posterior_draws.js";
import { Reading } from "./reading.js";

export class Results {
  /** `drawn()` resolves to the drawing as the server takes it: {ink, framed}. */
  constructor(element, server, problems, drawn) {
    Object.assign(this, { element, complain: problems() });
    const reading = new Reading(element);
    const draws = new PosteriorDraws(element, server);
    const completions = new Completions(element, server, {
      drawn,
      reading,
      cells: draws.cells,
      complain: problems(),
    });
    Object.assign(this, { reading, draws, completions });
    this.hiding = new Hiding(element, (brushing) => this.#hidden(brushing));
    const sends = sendButtons(element, () =>
      store.get("hiding") ? completions.digit : store.get("drawing"),
    );
    this.needDrawing = [...sends, finder(element)("redraw")];
  }

  /** Show the answer to a DrawingStream's question; `framed` is whether the drawing was framed. */
  async show(answer, { model, layers, drawing }, framed) {
    this.complain(answer.error);
    if (answer.error) return;
    const { code, deviation, nothing } = answer;
    const read = nothing === undefined ? { code, deviation, model, layers, framed } : null;
    if (read) await this.reading.show(answer, model, drawing);
    else this.reading.showNothing(nothing);
    for (const button of this.needDrawing) button.disabled = !read;
    store.set({ drawing: read });
    if (read && store.get("hiding")) this.completions.ask(!drawing);
    else if (!drawing || !read) this.draws.of(read); // they wait for the stroke's end
    countUp(this.element, "answers");
  }

  /** Other pixels are hidden than before; `brushing` while the brush is down. */
  #hidden(brushing) {
    const drawing = store.get("drawing");
    if (!drawing) return;
    if (store.get("hiding")) return this.completions.ask(!brushing);
    this.completions.forget();
    this.reading.again();
    this.draws.of(drawing);
  }
}
