// The film's controls: play and pause, loop, speed.

import { finder } from "../../client/elements.js";
import { FILM } from "../../client/film.js";
import { Player, whenLeft } from "../../client/player.js";

export class Playback {
  /** `goTo(t)` shows a frame, `at()` is the one shown; `ready()` is whether there is a film. */
  constructor(element, { goTo, at, ready }) {
    const find = finder(element);
    const [button, loop] = ["play", "loop"].map(find);
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    Object.assign(this, { at, ready, speed: find("speed") });
    loop.checked = !calm.matches;
    this.player = new Player(FILM.last, {
      show: goTo,
      pace: () => this.#pace(calm.matches),
      loops: () => loop.checked,
      changed: (playing) => {
        button.textContent = playing ? "Pause" : "Play";
        element.dataset.playing = playing;
      },
    });
    button.addEventListener("click", () => this.toggle());
    whenLeft(element, () => this.pause());
  }

  toggle() {
    if (this.player.playing) this.pause();
    else if (this.ready()) this.player.play(this.at());
  }

  pause() {
    this.player.pause();
  }

  /** How long a frame lasts at the chosen speed. */
  get milliseconds() {
    return FILM.milliseconds / Number(this.speed.value);
  }

  #pace(calm) {
    if (!calm) return { frames: 1, milliseconds: this.milliseconds };
    // With reduced motion, the filmstrip's pictures are shown one after the other.
    return { frames: FILM.last / (FILM.pictures - 1), milliseconds: 800 / Number(this.speed.value) };
  }
}
