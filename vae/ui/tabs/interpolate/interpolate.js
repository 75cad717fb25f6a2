// The Interpolate tab: two ends, and every frame between them fetched at once, so that the slider
// shows frame t without asking the server.

import { countUp, finder, picture, problemsIn, save } from "../../client/elements.js";
import { FILM } from "../../client/film.js";
import { Live } from "../../client/live.js";
import { settings } from "../../client/page.js";
import { tell } from "../../client/speak.js";
import { store } from "../../client/store.js";
import { End } from "./end.js";
import { Film } from "./film.js";
import { Playback } from "./playback.js";
import { Scrubber } from "./scrubber.js";
import { WAYS } from "./ways.js";

export function mount(element, server) {
  const { path, place } = store.get("way") ?? {};
  for (const radio of radiosOf(element)) radio.checked ||= radio.value === path;
  const problems = problemsIn(finder(element)("problem"));
  const walk = new Walk(element, server, problems());
  for (const [name, example] of [["a", "2"], ["b", "7"]]) {
    new End(element.querySelector(`[data-end="${name}"]`), server, problems(), example);
  }
  if (place !== undefined) walk.scrubber.goTo(place);
  walk.request();
  element.dataset.ready = "1";
}

const radiosOf = (element) => element.querySelectorAll("[data-path]");

/** The way from A to B: its frames, and where on it the visitor stands. */
class Walk {
  constructor(element, server, complain) {
    Object.assign(this, { element, complain, find: finder(element) });
    this.film = new Film(element);
    this.scrubber = new Scrubber(element, {
      taken: (t) => this.#take(t),
      toggle: () => this.playback.toggle(),
    });
    this.playback = new Playback(element, {
      goTo: (t) => this.#goTo(t),
      at: () => this.scrubber.at,
      ready: () => this.film.strip !== null,
    });
    this.frames = new Live(server.frames, (answer, asked) => this.#show(answer, asked));
    this.#connectWays();
    this.#connectSaving(server);
    store.on("a", () => this.request());
    store.on("b", () => this.request());
  }

  /** Ask for the frames between the ends as they are now. */
  request() {
    const asked = this.#question();
    if (asked) this.frames.send(asked);
    if (!lacksAnEnd()) return;
    this.playback.pause();
    this.film.unload();
  }

  get #way() {
    return this.element.querySelector("[data-path]:checked").value;
  }

  /** null where an end is not the model's: after a change of model it may still be on its way. */
  #question() {
    const [a, b, model] = ["a", "b", "model"].map(store.get);
    if (!a || !b || a.model !== model || b.model !== model) return null;
    const paths = this.#way === "both" ? settings.paths : [this.#way];
    return { start: a.code, end: b.code, steps: FILM.last + 1, paths, model };
  }

  async #show(answer, { paths }) {
    this.complain(answer.error);
    if (answer.error) return;
    const strip = await picture(answer.strip);
    if (lacksAnEnd()) return; // an end was cleared meanwhile
    this.film.load(strip, paths);
    this.#goTo(this.scrubber.at);
    countUp(this.element, "strips");
  }

  #goTo(t) {
    this.scrubber.goTo(t);
    this.film.show(t);
    if (this.film.strip) store.set({ way: { path: this.#way, place: t } });
  }

  /** A hand on the slider or the filmstrip stops the film. */
  #take(t) {
    this.playback.pause();
    this.#goTo(t);
  }

  #connectWays() {
    const explain = () => (this.find("lede").textContent = WAYS[this.#way].words);
    for (const radio of radiosOf(this.element)) {
      radio.addEventListener("change", () => {
        explain();
        this.request();
      });
    }
    explain();
  }

  #connectSaving(server) {
    const button = this.find("gif");
    const animations = new Live(server.animation, (answer, { name }) => {
      this.complain(answer.error);
      if (answer.gif) {
        save(answer.gif, name);
        tell("The animation is saved.");
      }
      button.ariaDisabled = false;
    });
    button.addEventListener("click", () => {
      if (button.ariaDisabled === "true") return; // a second click would only fetch it twice
      const asked = this.#question();
      if (!asked) return lacksAnEnd() && this.complain("Draw or choose a digit for both A and B first.");
      button.ariaDisabled = true; // until it is there; `disabled` would take the keyboard's focus away
      const name = `a-to-b-${asked.model}-${this.#way}.gif`;
      animations.send({ ...asked, milliseconds: this.playback.milliseconds, name });
    });
  }
}

const lacksAnEnd = () => store.get("a") === null || store.get("b") === null;
