// The map of a model with two latent numbers: every place is a code, seen as the digit that it
// decodes to. A place is [across, up], shares of the map's side counted from its lower left corner;
// places are spread as the prior is, so that each part of the map is as probable as any other.

/** A colour for each class on black, also told apart by the colour-blind. */
vae.CLASS_COLOURS = [
  ...["#8cb0f6", "#fb5515", "#a3ff84", "#aa6c9d", "#fce828"],
  ...["#9d64fb", "#77f0f3", "#c56345", "#e8fdd7", "#bba497"],
];

vae.Atlas = class {
  static REST = 120; // milliseconds after which a pointer that does not move is at rest
  static EDGE = 0.002; // places stay this far inside the map: its rim is infinitely far away
  static DOT = 0.0046; // of the side: the radius of a test digit's dot

  /**
   * `passed({code, at})` is called at once for every place looked at, with the nearest digit of the
   * map and that digit's code; `rested(code)` when the look stays there, with the exact code.
   */
  constructor(root, { passed, rested }) {
    this.root = root;
    this.passed = passed;
    this.rested = rested;
    const find = (name) => root.querySelector(`[data-${name}]`);
    [this.cells, this.dots, this.frame, this.spot, this.drawn] =
      ["cells", "dots", "looked-at", "spot", "drawn"].map(find);
    this.only = null; // the class whose dots are shown; null is all of them
    this.place = [0.5, 0.5]; // where the visitor stands
    this.looked = null; // where the visitor looks, which may be elsewhere
    this.home = null; // the place of the drawing
    this.following = true; // stands on the drawing until moved away from it
    this.#listen();
    new ResizeObserver(() => this.#paintDots()).observe(root);
  }

  /** Put a map on show: the server's answer and its picture, decoded. */
  show({ side, axis, codes }, picture) {
    Object.assign(this, { side, axis, codes, picture });
    this.looked = null;
    this.dotPlaces = codes ? codes.x.map((x, index) => this.#placeOf([x, codes.y[index]])) : [];
    Object.assign(this.cells, { width: picture.width, height: picture.height });
    this.cells.getContext("2d").drawImage(picture, 0, 0);
    this.root.style.setProperty("--side", side);
    this.#paintDots();
  }

  /** The drawing's code, or null: marked on the map, and where Home leads. */
  locate(code) {
    const home = code && this.#placeOf(code);
    const same = String(home) === String(this.home) && this.looked !== null;
    this.home = home;
    this.drawn.hidden = !this.home;
    if (this.home) this.#put(this.drawn, this.home);
    this.drawn.classList.toggle("leftwards", this.home?.[0] > 0.7);
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
    this.#stand(this.#placeOf(code));
  }

  /** The code of the place where the visitor stands; null on the drawing's, or in the middle. */
  get standing() {
    return this.following ? null : this.#codeOf(this.place);
  }

  /** Show dots of one class only; of all for null; of none for false. */
  filter(only) {
    this.only = only;
    this.#paintDots();
  }

  /** Whether the visitor looks at the drawing's place. */
  get looksHome() {
    return Boolean(this.home) && this.following && this.looked === this.place;
  }

  /** The class of most of the 15 test digits nearest to where the visitor looks; null without. */
  neighbours() {
    if (!this.dotPlaces?.length || !this.looked) return null;
    const [across, up] = this.looked;
    const near = this.dotPlaces
      .map(([x, y], index) => [Math.hypot(x - across, y - up), this.codes.labels[index]])
      .sort((a, b) => a[0] - b[0])
      .slice(0, 15);
    const counts = {};
    for (const [, label] of near) counts[label] = (counts[label] ?? 0) + 1;
    const [label, count] = Object.entries(counts).sort((a, b) => b[1] - a[1])[0];
    return { label, count, of: near.length };
  }

  #listen() {
    const { root } = this;
    root.addEventListener("pointerdown", (event) => this.#press(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
      root.addEventListener(kind, () => (this.dragging = false));
    }
    root.addEventListener("pointerleave", () => {
      if (this.picture && !this.dragging) this.#look(this.place);
    });
    root.addEventListener("keydown", (event) => this.#key(event));
  }

  #press(event) {
    if (!this.picture || event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    this.root.focus({ preventScroll: true });
    this.root.setPointerCapture(event.pointerId);
    this.dragging = true;
    this.#stand(this.#under(event));
  }

  #move(event) {
    if (!this.picture || !event.isPrimary) return;
    if (this.dragging) this.#stand(this.#under(event));
    else if (event.pointerType === "mouse") this.#look(this.#under(event));
  }

  #key(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (!this.picture || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Home") this.goHome();
    else if (event.key in ways) {
      const step = (event.shiftKey ? 0.2 : 1) / this.side;
      this.#stand(this.place.map((share, axis) => share + step * ways[event.key][axis]));
    } else return;
    event.preventDefault();
  }

  #under(event) {
    const box = this.root.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
  }

  #stand(place) {
    const { EDGE } = vae.Atlas;
    this.place = place.map((share) => Math.min(1 - EDGE, Math.max(EDGE, share)));
    this.following = false;
    this.spot.hidden = false;
    this.#put(this.spot, this.place);
    if (this.picture) this.#look(this.place);
  }

  #look(place) {
    this.looked = place;
    const inside = (index) => Math.min(this.side - 1, Math.max(0, index));
    const cell = place.map((share) => inside(Math.floor(share * this.side)));
    const middle = cell.map((index) => (index + 0.5) / this.side);
    this.frame.hidden = false;
    this.#put(this.frame, middle);
    this.passed({ code: this.#codeOf(middle), at: [cell[0], this.side - 1 - cell[1]] });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.rested(this.#codeOf(place)), vae.Atlas.REST);
  }

  #put(mark, [across, up]) {
    mark.style.setProperty("--across", across);
    mark.style.setProperty("--down", 1 - up);
  }

  /** The code of a place: between the two nearest known ones on each axis. */
  #codeOf(place) {
    const last = this.axis.length - 1;
    return place.map((share) => {
      const index = Math.min(last, Math.max(0, share * this.axis.length - 0.5));
      const below = Math.min(last - 1, Math.floor(index));
      const [from, to] = [this.axis[below], this.axis[below + 1]];
      return Number((from + (index - below) * (to - from)).toFixed(4));
    });
  }

  /** The place of a code; one beyond the map's rim is put on it. */
  #placeOf(code) {
    const last = this.axis.length - 1;
    return code.map((value) => {
      const above = Math.max(1, this.axis.findIndex((known) => known > value));
      const [from, to] = [this.axis[above - 1], this.axis[above]];
      const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
      const index = value >= this.axis[last] ? last : above - 1 + share;
      return (index + 0.5) / this.axis.length;
    });
  }

  #paintDots() {
    const ratio = window.devicePixelRatio || 1;
    const side = this.root.clientWidth;
    const context = this.dots.getContext("2d");
    this.dots.width = this.dots.height = Math.round(side * ratio);
    const shown = this.only !== false && this.dotPlaces?.length > 0;
    this.root.classList.toggle("dotted", shown);
    if (!shown || !side) return;
    context.scale(ratio, ratio);
    context.strokeStyle = "rgb(0 0 0 / 0.7)";
    this.dotPlaces.forEach(([across, up], index) => {
      const label = this.codes.labels[index];
      if (this.only !== null && label !== this.only) return;
      context.fillStyle = vae.CLASS_COLOURS[label];
      context.beginPath();
      context.arc(across * side, (1 - up) * side, vae.Atlas.DOT * side, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    });
  }
};

/**
 * Fill `row` with a button for each class that names its colour; `choose(label)` is called with the
 * class that is shown alone, or null for all.
 */
vae.classButtons = (row, choose) => {
  vae.CLASS_COLOURS.forEach((colour, label) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.style.setProperty("--colour", colour);
    button.setAttribute("aria-label", `Only the test digits that are a ${label}`);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const alone = button.getAttribute("aria-pressed") === "false";
      for (const other of row.children) other.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(alone));
      choose(alone ? String(label) : null);
    });
    row.append(button);
  });
};
