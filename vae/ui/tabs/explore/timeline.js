// The slider through training, its play button, and the curve of the bound with the place marked.

import { countUp, finder } from "../../client/elements.js";
import { Player, whenLeft } from "../../client/player.js";
import { modelNamed, store } from "../../client/store.js";
import { describe, drawing, linesOf, numbersOf, termsAt } from "./curve.js";
import { FRAMES, indexOf, nameOf, placeAt } from "./moments.js";

const MILLISECONDS = 40; // that a frame lasts
const CALM = 1200; // that a moment lasts for who asked for less motion

export class Timeline {
  constructor(element) {
    const find = finder(element);
    Object.assign(this, { element, find, slider: find("moment"), button: find("play") });
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.history = null;
    this.frame = 0;
    this.#connect();
    whenLeft(element, () => this.player?.pause());
  }

  /** The slider stands at the trained model. */
  get atEnd() {
    return !this.history || this.frame === this.last;
  }

  /**
   * Show the history of `model`, null for none; `moved({from, to, share, nearest})` is called for the
   * place where the slider stands, at once and whenever it moves.
   */
  open(history, model, moved) {
    this.close();
    if (!history) return;
    Object.assign(this, { history, moved, bound: modelNamed(model).klWeight > 0 });
    this.steps = history.moments.map(({ step }) => step);
    this.last = FRAMES * (this.steps.length - 1);
    this.player = this.#newPlayer();
    this.slider.max = this.last;
    this.#drawCurve();
    for (const part of this.#parts) part.hidden = false;
    const moment = store.get("moment");
    this.#show(moment === null ? this.last : FRAMES * indexOf(this.steps, moment));
    countUp(this.element, "histories");
  }

  /** Stand at the trained model. */
  goToEnd() {
    if (this.atEnd) return;
    this.player.pause();
    this.#show(this.last);
    this.#settle();
  }

  close() {
    this.player?.pause();
    this.history = null;
    for (const part of this.#parts) part.hidden = true;
  }

  get #parts() {
    return ["timeline", "curve"].map(this.find);
  }

  #newPlayer() {
    return new Player(this.last, {
      show: (frame) => this.#show(frame),
      pace: () =>
        this.calm.matches ? { frames: FRAMES, milliseconds: CALM } : { frames: 1, milliseconds: MILLISECONDS },
      loops: () => false,
      changed: (playing) => {
        this.button.textContent = playing ? "Pause" : "Play";
        this.element.dataset.playing = playing;
        if (!playing) this.#settle();
      },
    });
  }

  #connect() {
    this.button.addEventListener("click", () => {
      if (this.player.playing) this.player.pause();
      else this.player.play(this.frame);
    });
    this.slider.addEventListener("input", () => {
      this.player.pause();
      const frame = this.slider.valueAsNumber;
      this.#show(this.calm.matches ? FRAMES * placeAt(frame).nearest : frame);
    });
    this.slider.addEventListener("change", () => this.#settle());
    this.slider.addEventListener("keydown", (event) => this.#key(event));
  }

  /** The arrow keys go from moment to moment. */
  #key(event) {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.player.pause();
    const next = way > 0 ? Math.floor(this.frame / FRAMES) + 1 : Math.ceil(this.frame / FRAMES) - 1;
    this.#show(Math.max(0, Math.min(this.last, FRAMES * next)));
    this.#settle();
  }

  /** At rest it shows a moment, not what lies between two. */
  #settle() {
    const { nearest } = placeAt(this.frame);
    this.#show(FRAMES * nearest);
    store.set({ moment: this.atEnd ? null : this.steps[nearest] });
  }

  #show(frame) {
    this.frame = frame;
    const place = placeAt(frame);
    const step = this.steps[place.nearest];
    const name = nameOf(step, this.history.stepsPerEpoch);
    const numbers = numbersOf(termsAt(this.history, step), this.bound);
    this.slider.value = frame;
    this.slider.setAttribute("aria-valuetext", [name, ...numbers.map(({ words }) => words)].join(", "));
    this.element.dataset.step = step;
    this.find("moment-name").textContent = name;
    this.find("numbers").replaceChildren(...numbers.map(keyed));
    this.find("plot").style.setProperty("--at", frame / Math.max(1, this.last));
    this.moved(place);
  }

  #drawCurve() {
    this.find("plot").innerHTML =
      drawing(linesOf(this.history, this.bound), this.steps.length - 1) + '<span class="at"></span>';
    this.find("plot").setAttribute("aria-label", describe(this.history, this.bound));
    this.find("curve-title").textContent = this.bound ? "The bound" : "The reconstruction term";
  }
}

/** Words with a sample of the line that they are about. */
function keyed({ key, words }) {
  return Object.assign(document.createElement("span"), { className: key, textContent: words });
}
