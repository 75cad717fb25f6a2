// Where test digits lie on the map: a dot for each, in its class's colour.

/** A colour for each class on black, also told apart by the colour-blind. */
const CLASS_COLOURS = (
  "#8cb0f6 #fb5515 #a3ff84 #aa6c9d #fce828 #9d64fb #77f0f3 #c56345 #e8fdd7 #bba497"
).split(" ");

const RADIUS = 0.0046; // of a dot, in sides of the map

/** The dots on `canvas`, which covers the map `root`. */
export class Dots {
  constructor(root, canvas) {
    this.root = root;
    this.canvas = canvas;
    this.places = [];
    this.labels = "";
    this.only = null; // the class that is shown; null is all of them, false none
    new ResizeObserver(() => this.#paint()).observe(root);
  }

  /** Put dots at `places`, of the classes `labels`, a character each. */
  show(places, labels) {
    Object.assign(this, { places, labels });
    this.#paint();
  }

  filter(only) {
    this.only = only;
    this.#paint();
  }

  #paint() {
    const ratio = devicePixelRatio;
    const side = this.root.clientWidth;
    const context = this.canvas.getContext("2d");
    this.canvas.width = this.canvas.height = Math.round(side * ratio);
    const shown = this.only !== false && this.places.length > 0;
    this.root.classList.toggle("dotted", shown);
    if (!shown || !side) return;
    context.scale(ratio, ratio);
    context.strokeStyle = "rgb(0 0 0 / 0.7)";
    this.places.forEach(([across, up], index) => {
      const label = this.labels[index];
      if (this.only !== null && label !== this.only) return;
      context.fillStyle = CLASS_COLOURS[label];
      context.beginPath();
      context.arc(across * side, (1 - up) * side, RADIUS * side, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    });
  }
}

/**
 * Fill `row` with a button for each class that names its colour; `choose(label)` is called with the
 * class that is shown alone, or null for all.
 */
export function classButtons(row, choose) {
  CLASS_COLOURS.forEach((colour, label) => {
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
}
