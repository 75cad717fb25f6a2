// Explore's view of the map: the map itself, the digit where the visitor looks, the test digits.

import { decimal } from "../../client/codes.js";
import { countUp, finder, picture } from "../../client/elements.js";
import { packed } from "../../client/ink.js";
import { Live } from "../../client/live.js";
import { settings } from "../../client/page.js";
import { store } from "../../client/store.js";
import { Atlas } from "./atlas.js";
import { classButtons } from "./dots.js";

/** The model whose map is shown: the chosen one if it has two latent numbers, else the first that does. */
export function mappedModel() {
  const flat = settings.models.filter(({ latentDim }) => latentDim === 2);
  return (flat.find(({ name }) => name === store.get("model")) ?? flat[0])?.name;
}

export class MapView {
  constructor(element, server, panel, complain) {
    Object.assign(this, { element, panel, complain });
    this.find = finder(element);
    this.model = null; // the one whose map is on show
    this.located = null; // the drawing that is marked, or about to be
    this.wanted = null; // the code whose exact digit is on its way
    this.atlas = new Atlas(this.find("map"), {
      passed: (cell) => this.#pass(cell),
      rested: (code) => this.#rest(code),
    });
    this.exact = this.#live(server.digit, (answer, asked) => this.#showExact(answer, asked), 3);
    this.maps = this.#live(server.map, (answer, asked) => this.#showMap(answer, asked));
    this.places = new Live(
      async ({ layers, framed, model }) => server.locate({ ink: await packed(layers), framed, model }),
      (answer, asked) => this.#showPlace(answer, asked),
    );
    this.#connectDots();
    panel.say("map", { title: "The digit here", formula: "", words: "", lede: "" });
  }

  /** Catch up with the chosen model and the drawing. */
  refresh() {
    if (this.model !== mappedModel()) this.maps.send({ model: mappedModel() });
    else this.#locate();
  }

  goHome() {
    this.atlas.goHome();
  }

  #live(ask, show, most = 1) {
    return new Live(
      ask,
      (answer, asked) => {
        this.complain(answer.error);
        return answer.error ? undefined : show(answer, asked);
      },
      { most },
    );
  }

  #connectDots() {
    let only = null;
    const box = this.find("show-dots");
    const filter = () => this.atlas.dots.filter(box.checked && only);
    box.addEventListener("change", filter);
    classButtons(this.find("legend"), (label) => {
      only = label;
      box.checked = true;
      filter();
    });
  }

  #pass({ code, column, row }) {
    this.wanted = null;
    const digit = { code, model: this.model };
    this.panel.show("map", digit, this.atlas.picture, 28 * column, 28 * row);
    this.panel.say("map", { formula: formula(code), words: "" });
  }

  #rest(code) {
    this.wanted = code;
    this.exact.send({ code, model: this.model });
    store.set({ spot: this.atlas.standing });
    this.panel.say("map", { formula: formula(code) });
  }

  async #showExact(answer, asked) {
    const digit = await picture(answer.picture);
    if (asked.code !== this.wanted) return; // the look has moved on meanwhile
    this.panel.show("map", asked, digit);
    this.panel.say("map", { words: this.#words() });
    countUp(this.element, "exact");
  }

  #words() {
    const near = this.atlas.neighbours();
    const place = this.atlas.looksHome ? "Your drawing lies here." : "";
    const most = near && `${near.count} of the ${near.of} nearest test digits are ${near.label}s.`;
    return [place, most].filter(Boolean).join(" ");
  }

  async #showMap(answer, { model }) {
    const map = await picture(answer.picture);
    const spot = !this.model && store.get("spot"); // a link may have brought it
    this.model = model;
    this.atlas.show(answer, map);
    if (spot) this.atlas.visit(spot);
    this.#describe(answer.codes);
    this.located = undefined;
    this.#locate();
    countUp(this.element, "maps");
  }

  #describe(codes) {
    this.find("legend-block").hidden = !codes;
    const count = codes?.labels.length.toLocaleString("en");
    this.find("dots-words").textContent = `Where ${count} test digits lie`;
    this.panel.say("map", {
      lede:
        `Every place on this map is a latent code of two numbers, seen as the digit that the model ` +
        `${this.model} decodes it to. Move over it; click or drag to stay.`,
    });
  }

  #locate() {
    const drawing = store.get("drawing");
    if (drawing === this.located || !this.model) return;
    this.located = drawing;
    if (!drawing) this.atlas.locate(null);
    else if (drawing.model === this.model) this.atlas.locate(drawing.code);
    else this.places.send({ ...drawing, model: this.model, drawing });
  }

  #showPlace({ code, error }, { drawing, model }) {
    this.complain(error);
    if (drawing === this.located && model === this.model) this.atlas.locate(code ?? null);
  }
}

const formula = (code) => `z = (${code.map(decimal).join(", ")})`;
