// Pixels of what the model sees, hidden by hand: with a brush, a button or the keyboard.

import { brush, finder } from "../../client/elements.js";
import { Pointer } from "../../client/pointer.js";
import { tell } from "../../client/speak.js";
import { store } from "../../client/store.js";
import { ALL, BRUSH, brushed, cornerOf, hiddenShare, PARTS, stripes } from "./mask.js";

const SIDE = 28;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Hiding {
  /** `changed(brushing)` is called when other pixels are hidden, true while the brush is down. */
  constructor(element, changed) {
    Object.assign(this, { element, changed });
    this.find = finder(element);
    [this.canvas, this.outline] = ["mask", "brush"].map(this.find);
    this.place = [SIDE / 2, SIDE / 2]; // of the keyboard's brush
    this.#followTheEye();
    this.#listenToPointer();
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    for (const name of ["focus", "blur"]) this.canvas.addEventListener(name, () => this.#outline());
    for (const button of element.querySelectorAll("[data-hide]")) {
      button.addEventListener("click", () => this.#press(button.dataset.hide));
    }
    this.#paint();
  }

  /** Which pixels are visible. */
  get visible() {
    return store.get("hiding")?.visible ?? ALL;
  }

  #set(visible, brushing) {
    const seed = store.get("hiding")?.seed ?? 0;
    store.set({ hiding: visible.includes(0) ? { visible, seed } : null });
    this.#paint();
    this.changed(brushing);
    if (!brushing) tell(`${Math.round(100 * hiddenShare(visible))} % of the pixels are hidden.`);
  }

  #press(part) {
    if (part in PARTS) this.#set(PARTS[part], false);
    else if (store.get("hiding")) this.#set(ALL, false);
  }

  #paint() {
    const { visible } = this;
    brush(this.canvas).putImageData(new ImageData(stripes(visible), SIDE, SIDE), 0, 0);
    const some = visible.includes(0);
    this.element.toggleAttribute("data-hiding", some);
    // Not `disabled`: the button would lose the keyboard's focus by its own press.
    this.element.querySelector("[data-hide=none]").ariaDisabled = !some;
  }

  /**
   * On a narrow screen the image stands above the pad, which comes before it in the document: there the
   * keyboard goes past it, to the buttons.
   */
  #followTheEye() {
    const narrow = matchMedia("(max-width: 1000px)");
    const follow = () => (this.canvas.tabIndex = narrow.matches ? -1 : 0);
    narrow.addEventListener("change", follow);
    follow();
  }

  #listenToPointer() {
    const { canvas } = this;
    const pointer = new Pointer();
    let last; // where the brush was
    const sweep = (event, from) => {
      last = this.#positionOf(event);
      this.#set(brushed(this.visible, from ?? last, last), true);
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (!pointer.press(event)) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      sweep(event);
    });
    canvas.addEventListener("pointermove", (event) => pointer.follows(event) && sweep(event, last));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(name, (event) => pointer.release(event) && this.#set(this.visible, false));
    }
  }

  #positionOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map(
      (share) => share * SIDE,
    );
  }

  #key(event) {
    const way = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (way) {
      const reach = event.shiftKey ? BRUSH : 1;
      this.place = this.place.map((value, axis) => Math.max(0, Math.min(SIDE, value + reach * way[axis])));
    } else if (event.key === " " || event.key === "Enter") {
      this.#set(brushed(this.visible, this.place, this.place), false);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.#set(ALL, false);
    } else return;
    event.preventDefault();
    this.#outline();
  }

  /** Show where the keyboard's brush is. */
  #outline() {
    this.outline.hidden = !this.canvas.matches(":focus-visible");
    const [left, top] = cornerOf(this.place);
    this.outline.style.setProperty("--left", left / SIDE);
    this.outline.style.setProperty("--top", top / SIDE);
  }
}
