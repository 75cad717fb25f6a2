// Explore's view of the map: the map itself, the digit where the visitor looks, the test digits, how
// they came to lie there through training, and the same without the KL term.

import { decimal } from "../../client/codes.js";
import { countUp, finder, picture } from "../../client/elements.js";
import { packed } from "../../client/ink.js";
import { Live } from "../../client/live.js";
import { mappedModel, store } from "../../client/store.js";
import { Atlas } from "./atlas.js";
import { chartOf, chartsThrough } from "./charts.js";
import { classButtons } from "./dots.js";
import { KlSwitch } from "./kl_switch.js";
import { ledeOf } from "./map_words.js";

/** The model whose map is on show, or shall be. */
export const mapped = () => mappedModel(store.get("model"), store.get("mapped"));

export class MapView {
  constructor(element, server, panel, complain, { histories, timeline, complainOfDrawing }) {
    Object.assign(this, { element, panel, complain, complainOfDrawing, histories, timeline });
    this.find = finder(element);
    this.model = null; // the one whose map is on show
    this.chart = null; // the trained model's
    this.open = false; // whether the timeline is this view's
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
    this.klSwitch = new KlSwitch(element, (model) => store.set({ mapped: model }));
    panel.say("map", { title: "The digit here", formula: "", words: "", lede: "" });
  }

  /** Catch up with the model to be mapped and the drawing. */
  refresh() {
    if (this.model !== mapped()) return this.maps.send({ model: mapped() });
    this.#locate();
    if (!this.open) this.#openHistory();
  }

  /** Another view was opened: the timeline is its. */
  leave() {
    this.open = false;
    this.timeline.close();
  }

  goHome() {
    this.timeline.goToEnd();
    this.atlas.goHome();
  }

  /** Whether the map is that of the model as it was during training. */
  get past() {
    return this.atlas.chart !== this.chart;
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
    const digit = { code, model: this.model, past: this.past };
    this.panel.show("map", digit, this.atlas.chart.picture, 28 * column, 28 * row);
    this.panel.say("map", { formula: formula(code), words: this.past ? this.#words() : "" });
  }

  #rest(code) {
    this.panel.say("map", { formula: formula(code) });
    if (this.past) return; // the model as it was then is not there to ask
    this.wanted = code;
    this.exact.send({ code, model: this.model });
    store.set({ spot: this.atlas.standing });
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
    const place = this.atlas.looksHome && !this.past ? "Your drawing lies here." : "";
    const most = near && `${near.count} of the ${near.of} nearest test digits are ${near.label}s.`;
    return [place, most].filter(Boolean).join(" ");
  }

  async #showMap(answer, { model }) {
    const map = await picture(answer.picture);
    const spot = !this.model && store.get("spot"); // a link may have brought it
    Object.assign(this, { model, answer, chart: chartOf(answer, map, answer), open: false });
    this.timeline.close();
    this.atlas.show(this.chart);
    this.klSwitch.show(model);
    if (spot) this.atlas.visit(spot);
    this.#describe(answer);
    this.located = undefined;
    this.#locate();
    this.#openHistory();
    countUp(this.element, "maps");
  }

  #openHistory() {
    const { model, chart, answer } = this;
    this.open = true;
    this.histories.of(model, (history) => {
      if (chart !== this.chart || !this.open) return;
      const charts = history && chartsThrough(history, answer, chart);
      this.timeline.open(history, model, ({ from, to, share }) => {
        this.atlas.morph(charts[from], charts[to], share);
        this.atlas.root.classList.toggle("past", this.past);
      });
    });
  }

  #describe({ codes, square }) {
    this.find("legend-block").hidden = !codes;
    const count = codes?.labels.length.toLocaleString("en");
    this.find("dots-words").textContent = `Where ${count} test digits lie`;
    this.panel.say("map", { lede: ledeOf(this.model, square) });
  }

  #locate() {
    const drawing = store.get("drawing");
    if (drawing === this.located || !this.model) return;
    this.located = drawing;
    this.complainOfDrawing();
    if (!drawing) this.atlas.locate(null);
    else if (drawing.model === this.model) this.atlas.locate(drawing.code);
    else this.places.send({ ...drawing, model: this.model, drawing });
  }

  #showPlace({ code, error }, { drawing, model }) {
    this.complainOfDrawing(error);
    if (drawing === this.located && model === this.model) this.atlas.locate(code ?? null);
  }
}

const formula = (code) => `z = (${code.map(decimal).join(", ")})`;
