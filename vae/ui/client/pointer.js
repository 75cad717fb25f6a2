// The one pointer that an element follows, of all the fingers, pens and mice that press it.

export class Pointer {
  #held = null; // {id, type}

  /**
   * Whether to follow this press from now on. Another finger or another button disturbs nothing; a
   * pen takes over from a touch, which is the palm of the hand that holds it.
   */
  press({ button, pointerId, pointerType }) {
    const palm = this.#held?.type === "touch" && pointerType === "pen";
    if (button !== 0 || (this.#held && !palm)) return false;
    this.#held = { id: pointerId, type: pointerType };
    return true;
  }

  get pressed() {
    return this.#held !== null;
  }

  follows({ pointerId }) {
    return this.#held?.id === pointerId;
  }

  /** Whether this is the end of what was followed. */
  release(event) {
    if (!this.follows(event)) return false;
    this.#held = null;
    return true;
  }
}
