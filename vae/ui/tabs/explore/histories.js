// What the trainings kept of themselves, fetched once for each model.

import { Live } from "../../client/live.js";
import { picture } from "../../client/elements.js";

const PICTURES = ["samples", "reconstructions", "manifold"];

export class Histories {
  constructor(server) {
    this.known = new Map(); // by the model's name
    this.wanted = {}; // {model, use}: who waits
    this.live = new Live(server.learning, (answer, { model }) => this.#take(answer, model));
  }

  /** Call `use(history)` once that of `model` is there: as the server gives it, its pictures decoded. */
  of(model, use) {
    this.wanted = { model, use };
    if (this.known.has(model)) use(this.known.get(model));
    else this.live.send({ model });
  }

  async #take(answer, model) {
    const history = answer.moments?.length ? await decoded(answer).catch(() => null) : null;
    this.known.set(model, history);
    if (this.wanted.model === model) this.wanted.use(history);
  }
}

/** A history with pictures in place of their data URIs. Rejects for one that is damaged. */
async function decoded(history) {
  const moments = history.moments.map(async (moment) => {
    const names = PICTURES.filter((name) => moment[name]);
    const pictures = await Promise.all(names.map((name) => picture(moment[name])));
    return { ...moment, ...Object.fromEntries(names.map((name, index) => [name, pictures[index]])) };
  });
  return { ...history, moments: await Promise.all(moments) };
}
