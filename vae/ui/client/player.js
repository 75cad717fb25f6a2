// Playing a row of frames: forward, and back again where it loops.

/** Call `act` when `element` is no longer seen: a film stops when its tab is left. */
export function whenLeft(element, act) {
  // A busy browser reports several changes at once: the last one holds.
  new IntersectionObserver((changes) => changes.at(-1).isIntersecting || act()).observe(element);
}

/**
 * Plays frames 0 to `last` through `show(frame)`. `pace()` says how fast: {frames, milliseconds},
 * that many frames further each so many milliseconds. `changed(playing)` is called when it starts
 * and when it stops.
 */
export class Player {
  constructor(last, { show, pace, loops, changed }) {
    Object.assign(this, { last, show, pace, loops, changed });
    this.playing = false;
  }

  /** Play on from frame `from`; from the start where there is nothing left to play. */
  play(from) {
    this.at = from >= this.last ? 0 : from;
    this.direction = 1;
    this.playing = true;
    this.changed(true);
    this.shown = performance.now();
    this.show(this.at);
    requestAnimationFrame((now) => this.#advance(now));
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.changed(false);
  }

  #advance(now) {
    if (!this.playing) return;
    const { frames, milliseconds } = this.pace();
    const ticks = Math.floor((now - this.shown) / milliseconds);
    if (ticks > 0) {
      // A page that was hidden resumes where it was.
      this.shown = ticks > 10 ? now : this.shown + ticks * milliseconds;
      this.#move(frames * Math.min(ticks, 10));
    }
    if (this.playing) requestAnimationFrame((time) => this.#advance(time));
  }

  #move(frames) {
    const target = this.at + this.direction * frames;
    this.at = Math.max(0, Math.min(this.last, target));
    this.show(this.at);
    if (this.at !== target || this.at === (this.direction > 0 ? this.last : 0)) this.#turn();
  }

  #turn() {
    if (this.loops()) this.direction = -this.direction;
    else this.pause();
  }
}
