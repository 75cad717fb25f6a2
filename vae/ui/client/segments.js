// Segments: a row of radio buttons of which one is chosen, where a script knows what there is to choose.

/** The segment `value` of the row `name`: it shows `text`, and `words` to those who do not see it. */
export function segment(name, value, { text = value, words = null, checked = false } = {}) {
  const label = document.createElement("label");
  const radio = Object.assign(document.createElement("input"), { type: "radio", name, value, checked });
  radio.ariaLabel = words;
  label.append(radio, text);
  return label;
}
