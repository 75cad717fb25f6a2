// What is said of a map.

import { modelNamed } from "../../client/store.js";

/** The words beside the map of `model`; `square` is null where its codes keep to the prior. */
export function ledeOf(model, square) {
  if (square) {
    const codes = modelNamed(model).klWeight > 0 ? "The codes" : "Nothing held the codes together: they";
    return `${codes} lie strewn far beyond the prior (99 % of it in the circle), and gaps decode to nothing.`;
  }
  return (
    `Every place on this map is a latent code of two numbers, seen as the digit that the model ${model} ` +
    "decodes it to. Move over it; click or drag to stay."
  );
}
