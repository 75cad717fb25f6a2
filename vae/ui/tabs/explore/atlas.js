// The map of a model with two latent numbers: every place is a code, seen as the digit that it
// decodes to. Here is where the visitor looks and stands on it, by pointer and keyboard. What is on it is
// a chart: {side, axes, picture, places and labels of test digits, circle: the prior's, or null}.

import { Pointer } from "../../client/pointer.js";
import { Dots } from "./dots.js";
import { blend } from "./blend.js";
import { between, cellAt, codeAt, majorityNear, placeOf } from "./places.js";
import { REST } from "./rest.js";

const EDGE = 0.002; // places stay this far inside the map: its rim is infinitely far away
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class Atlas {
  /**
   * `passed({code, column, row})` is called at once for every place looked at, with the nearest digit
   * of the map and that digit's code; `rested(code)` when the look stays there, with the exact code.
   */
  constructor(root, { passed, rested }) {
    this.root = root;
    this.passed = passed;
    this.rested = rested;
    const find = (name) => root.querySelector(`[data-${name}]`);
    [this.cells, this.frame, this.spot, this.drawn, this.circle] =
      ["cells", "looked-at", "spot", "drawn", "circle"].map(find);
    this.dots = new Dots(root, find("dots"));
    this.place = [0.5, 0.5]; // where the visitor stands
    this.looked = null; // where the visitor looks, which may be elsewhere
    this.home = null; // the place of the drawing
    this.following = true; // stands on the drawing until moved away from it
    this.pointer = new Pointer();
    this.#listen();
  }

  /** Put a chart on show. */
  show(chart) {
    this.looked = null;
    this.morph(chart, chart, 0);
  }

  /** Show what lies `share` of the way from one chart to another; the visitor looks at the nearer one. */
  morph(from, to, share) {
    const chart = share < 0.5 ? from : to;
    const news = chart !== this.chart;
    this.chart = chart;
    blend(this.cells, from.picture, to.picture, share);
    this.root.style.setProperty("--side", chart.side);
    const drift = share && from.places.length === to.places.length;
    this.dots.show(drift ? between(from.places, to.places, share) : chart.places, chart.labels);
    this.#drawCircle(from.circle, to.circle, share);
    if (news && this.looked) this.#pass(this.looked);
  }

  /** The drawing's code, or null: marked on the map, and where Home leads. */
  locate(code) {
    const home = code && placeOf(this.chart.axes, code);
    const same = String(home) === String(this.home) && this.looked !== null;
    this.home = home;
    this.drawn.hidden = !home;
    if (home) put(this.drawn, home);
    this.drawn.classList.toggle("leftwards", home?.[0] > 0.7);
    if (this.following && !same) this.goHome();
  }

  /** Stand on the drawing, or in the middle where there is none. */
  goHome() {
    this.#stand(this.home ?? [0.5, 0.5]);
    this.following = true;
    this.spot.hidden = Boolean(this.home); // the drawing's own mark is there
  }

  /** Stand on the place of a code. */
  visit(code) {
    this.#stand(placeOf(this.chart.axes, code));
  }

  /** The code of the place where the visitor stands; null on the drawing's, or in the middle. */
  get standing() {
    return this.following ? null : codeAt(this.chart.axes, this.place);
  }

  /** Whether the visitor looks at the drawing's place. */
  get looksHome() {
    return Boolean(this.home) && this.following && this.looked === this.place;
  }

  /** The class of most of the test digits nearest to where the visitor looks; null without. */
  neighbours() {
    const { places, labels } = this.dots;
    return places.length && this.looked ? majorityNear(places, labels, this.looked) : null;
  }

  #listen() {
    const { root } = this;
    root.addEventListener("pointerdown", (event) => this.#press(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("lostpointercapture", (event) => this.pointer.release(event));
    root.addEventListener("pointerleave", () => {
      if (this.chart && !this.pointer.pressed) this.#look(this.place);
    });
    root.addEventListener("keydown", (event) => this.#key(event));
  }

  #press(event) {
    if (!this.chart || !this.pointer.press(event)) return;
    event.preventDefault();
    this.root.focus({ preventScroll: true });
    this.root.setPointerCapture(event.pointerId);
    this.#stand(this.#under(event));
  }

  #move(event) {
    if (!this.chart) return;
    if (this.pointer.follows(event)) this.#stand(this.#under(event));
    else if (!this.pointer.pressed && event.pointerType === "mouse") this.#look(this.#under(event));
  }

  #key(event) {
    if (!this.chart || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Home") this.goHome();
    else if (event.key in WAYS) {
      const step = (event.shiftKey ? 0.2 : 1) / this.chart.side;
      this.#stand(this.place.map((share, axis) => share + step * WAYS[event.key][axis]));
    } else return;
    event.preventDefault();
  }

  #under(event) {
    const box = this.root.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
  }

  #stand(place) {
    this.place = place.map((share) => Math.min(1 - EDGE, Math.max(EDGE, share)));
    this.following = false;
    this.spot.hidden = false;
    put(this.spot, this.place);
    if (this.chart) this.#look(this.place);
  }

  #look(place) {
    this.looked = place;
    this.#pass(place);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.rested(codeAt(this.chart.axes, place)), REST);
  }

  #pass(place) {
    const { column, row, middle } = cellAt(this.chart.side, place);
    this.frame.hidden = false;
    put(this.frame, middle);
    this.passed({ code: codeAt(this.chart.axes, middle), column, row });
  }

  #drawCircle(from, to, share) {
    const known = from && to ? between(Object.values(from), Object.values(to), share) : Object.values(from ?? to ?? {});
    this.circle.hidden = !known.length;
    if (!known.length) return;
    const [across, up, radius] = known;
    put(this.circle, [across, up]);
    this.circle.style.setProperty("--radius", radius);
    this.circle.style.opacity = from && to ? 1 : from ? 1 - share : share;
  }
}

function put(mark, [across, up]) {
  mark.style.setProperty("--across", across);
  mark.style.setProperty("--down", 1 - up);
}
