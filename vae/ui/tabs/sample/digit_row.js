// The row that asks for a digit: any, or one of those that the model's mixture knows.

const ANY = "any";

export class DigitRow {
  constructor(root) {
    this.root = root;
    this.chosen = ANY;
    root.addEventListener("change", ({ target }) => (this.chosen = target.value));
  }

  /** What a sheet is asked for: {digit}, or {} for any. */
  get asked() {
    const offered = !this.root.hidden && this.chosen !== ANY;
    return offered ? { digit: Number(this.chosen) } : {};
  }

  choose(digit) {
    this.chosen = String(digit ?? ANY);
  }

  /** Offer these digits; none hides the row. */
  offer(digits) {
    this.root.hidden = !digits.length;
    if (!digits.length) return;
    const names = [ANY, ...digits.map(String)];
    if (!names.includes(this.chosen)) this.chosen = ANY;
    const labels = [...this.root.querySelectorAll("label")];
    if (labels.length !== names.length) this.#layOut(names, labels);
    for (const radio of this.root.querySelectorAll("input")) radio.checked = radio.value === this.chosen;
  }

  #layOut(names, labels) {
    for (const label of labels) label.remove();
    this.root.append(...names.map(segment));
  }
}

function segment(name) {
  const label = document.createElement("label");
  const radio = Object.assign(document.createElement("input"), { type: "radio", name: "digit", value: name });
  if (name !== ANY) radio.ariaLabel = `Only ${name}`;
  label.append(radio, name === ANY ? "Any" : name);
  return label;
}
