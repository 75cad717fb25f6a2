// One end of the interpolation: a small pad that holds a drawing, an example, a random digit or
// what another tab sent. Its code is in the store under the end's name, "a" or "b".

import { finder, picture } from "../../client/elements.js";
import { example } from "../../client/layers.js";
import { DrawingStream, Live } from "../../client/live.js";
import { Pad, exampleButtons, padTools } from "../../client/pad.js";
import { tell } from "../../client/speak.js";
import { randomSeed, store } from "../../client/store.js";

const MARKUP = `
  <figure class="plate">
    <figcaption><b></b></figcaption>
    <div class="pad-frame">
      <canvas class="pad" data-pad tabindex="0" role="img"></canvas>
      <p class="pad-hint" data-hint hidden>Draw here</p>
    </div>
  </figure>
  <div class="tools" role="group" aria-label="Tools">
    <button type="button" data-random>Random</button>
    <button type="button" data-undo>Undo</button>
    <button type="button" data-clear>Clear</button>
  </div>
  <div class="examples" data-examples role="group" aria-label="Example digits"></div>`;

export class End {
  constructor(root, server, complain, digit) {
    this.name = root.dataset.end;
    root.innerHTML = MARKUP;
    const find = finder(root);
    const letter = this.name.toUpperCase();
    root.querySelector("b").textContent = letter;
    find("pad").setAttribute(
      "aria-label",
      `Pad of end ${letter}. With it focused, keys 0 to 9 put an example on it.`,
    );
    this.hint = find("hint");
    this.complain = complain;
    this.pad = new Pad(find("pad"), (drawing) => this.#drawn(drawing));
    this.stream = new DrawingStream(this.pad, server.end, (...answer) => this.#encoded(...answer));
    this.random = new Live(
      ({ seed, model }) => server.random({ seed, model }),
      (...answer) => this.#sampled(...answer),
    );
    find("random").addEventListener("click", () => this.#askForAny());
    padTools(root, this.pad);
    exampleButtons(find("examples"), (layers) => this.pad.load(layers));
    this.#connectStore(digit);
  }

  #connectStore(digit) {
    // A code belongs to one model: another model encodes the end's picture again.
    store.on("model", () => this.stream.changed(false));
    store.on(this.name, (received) => this.#received(received));
    const waiting = store.get(this.name); // sent before this tab was first opened
    if (waiting) this.#received(waiting);
    else this.pad.open(waiting === null ? [] : example(digit));
  }

  #askForAny() {
    const [seed, model] = [randomSeed(), store.get("model")];
    this.random.send({ seed, model, layers: this.pad.layers });
  }

  #drawn(drawing) {
    // A stroke on a digit that was sent or sampled begins a new drawing.
    if (drawing && this.pad.layers.some((layer) => layer.picture)) this.pad.show([]);
    this.hint.hidden = !this.pad.empty;
    this.stream.changed(drawing);
  }

  // An answer counts only while the pad shows what was asked about: meanwhile another digit may have
  // been drawn, chosen or sent.

  #encoded(answer, { model, layers }) {
    if (layers !== this.pad.layers) return;
    this.complain(answer.error || answer.nothing);
    if (answer.code) this.#set({ code: answer.code, model, layers });
    else if (answer.nothing !== undefined) this.#set(null);
  }

  async #sampled(answer, { model, layers }) {
    const digit = answer.picture && (await picture(answer.picture));
    if (layers !== this.pad.layers) return;
    this.complain(answer.error);
    if (!digit) return;
    this.pad.show([{ picture: digit }]);
    this.#set({ code: answer.code, model, picture: digit });
    this.hint.hidden = true;
    tell(`${this.name.toUpperCase()} is a random digit now.`);
    if (model !== store.get("model")) this.stream.changed(false);
  }

  #received(digit) {
    if (!digit || digit === this.own) return;
    this.own = digit;
    this.complain();
    this.pad.show(digit.layers ?? [{ picture: digit.picture }]);
    this.hint.hidden = true;
    if (digit.model !== store.get("model")) this.stream.changed(false);
  }

  #set(digit) {
    this.own = digit;
    store.set({ [this.name]: digit });
  }
}
