// Traversals: one row of digits for each of a code's most used dimensions. Along a row that number
// goes through its range while the others stay; the row is a slider that sets the number.

vae.Traversals = class {
  /** `edited(code, dimension)` is called with the whole code while a slider moves. */
  constructor(root, edited) {
    this.root = root;
    this.edited = edited;
    this.rows = new Map(); // by dimension: {slider, output, canvas}
    this.code = null;
  }

  /** Show the server's answer: strips around a code, decoded to a picture. */
  show({ dimensions, values }, strip, active) {
    if ([...this.rows.keys()].join() !== dimensions.join()) this.#layOut(dimensions, values, active);
    const width = 28 * values.length;
    dimensions.forEach((dimension, row) => {
      const context = vae.brush(this.rows.get(dimension).canvas);
      context.drawImage(strip, row * width, 0, width, 28, 0, 0, width, 28);
    });
    this.#setSliders();
  }

  /** Make `code` the one that the sliders stand at. */
  set(code) {
    this.code = code;
    this.#setSliders();
  }

  #layOut(dimensions, values, active) {
    this.rows.clear();
    this.root.replaceChildren();
    this.root.style.setProperty("--digits", values.length);
    dimensions.forEach((dimension, index) => {
      const row = this.#row(dimension, values, index < active);
      this.rows.set(dimension, row);
      this.root.append(row.element);
    });
  }

  #row(dimension, values, used) {
    const element = document.createElement("label");
    element.className = used ? "traversal" : "traversal idle";
    element.innerHTML = `
      <span class="traversal-name"><i>z<sub>${dimension + 1}</sub></i><output></output></span>
      <span class="traversal-strip">
        <canvas width="${28 * values.length}" height="28" aria-hidden="true"></canvas>
        <input type="range" min="${values[0]}" max="${values.at(-1)}" step="0.05" />
      </span>`;
    const [slider, output, canvas] =
      ["input", "output", "canvas"].map((kind) => element.querySelector(kind));
    const words = `Number ${dimension + 1} of the code${used ? "" : ", which this model does not use"}`;
    slider.setAttribute("aria-label", words);
    slider.dataset.dimension = dimension;
    slider.addEventListener("input", () => {
      this.code = this.code.map((value, at) => (at === dimension ? slider.valueAsNumber : value));
      this.#setSliders();
      this.edited(this.code, dimension);
    });
    return { element, slider, output, canvas };
  }

  #setSliders() {
    if (!this.code) return;
    for (const [dimension, { slider, output }] of this.rows) {
      const value = this.code[dimension];
      if (value === undefined) return; // rows of another model, about to be replaced
      slider.value = value;
      output.textContent = vae.signed(value);
      slider.setAttribute("aria-valuetext", vae.signed(value));
    }
  }
};

/** A number of a code as it is shown: two decimals and a sign. */
vae.signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
