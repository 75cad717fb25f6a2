// What an answer about the drawing brings: its reading, draws from its posterior, and the drawing as the
// other tabs find it in the store.

import { countUp, finder, readable } from "../../client/elements.js";
import { announce } from "../../client/speak.js";
import { sendButtons, store } from "../../client/store.js";
import { PosteriorDraws } from "./posterior_draws.js";
import { Reading } from "./reading.js";

export class Results {
  constructor(element, server, complain) {
    Object.assign(this, { element, complain });
    this.reading = new Reading(element);
    this.draws = new PosteriorDraws(element, server);
    const sends = sendButtons(element, () => store.get("drawing"));
    this.needDrawing = [...sends, finder(element)("redraw")];
    if (!readable()) announce("This browser falsifies what a page reads of a picture: What changed stays empty.");
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
    if (!drawing || !read) this.draws.of(read); // they wait for the stroke's end
    countUp(this.element, "answers");
  }
}
