// The slider and the filmstrip: the two ways to go to a frame by hand.

import { finder } from "../../client/elements.js";
import { FILM } from "../../client/film.js";
import { Pointer } from "../../client/pointer.js";
import { frameAt, wordsAt } from "./film_places.js";

export class Scrubber {
  /** `taken(t)` is called when a hand goes to frame t, `toggle()` when it presses the space bar. */
  constructor(element, { taken, toggle }) {
    const find = finder(element);
    this.slider = find("slider");
    this.slider.max = FILM.last;
    this.slider.addEventListener("input", () => taken(this.at));
    this.slider.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      toggle();
    });
    this.#listenTo(find("film"), taken);
  }

  /** The frame where it stands. */
  get at() {
    return this.slider.valueAsNumber;
  }

  goTo(t) {
    this.slider.value = t;
    this.slider.setAttribute("aria-valuetext", wordsAt(t));
  }

  #listenTo(film, taken) {
    const scrub = (event) => {
      const box = film.getBoundingClientRect();
      taken(frameAt((event.clientX - box.left) / box.width));
    };
    const pointer = new Pointer();
    film.addEventListener("pointerdown", (event) => {
      if (!pointer.press(event)) return;
      film.setPointerCapture(event.pointerId);
      scrub(event);
    });
    film.addEventListener("pointermove", (event) => {
      if (pointer.follows(event)) scrub(event);
    });
    film.addEventListener("lostpointercapture", (event) => pointer.release(event));
  }
}
