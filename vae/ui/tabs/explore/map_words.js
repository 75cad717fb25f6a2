// What is said of a map.

import { modelNamed } from "../../client/store.js";

/** The words beside the map of `model`; `square` is null where its codes keep to the prior. */
export function ledeOf(model, square) {
  const map =
    `Every place on this map is a latent code of two numbers, seen as the digit that the model ${model} ` +
    `decodes it to.`;
  if (!square) return `${map} Move over it; click or drag to stay.`;
  const why = modelNamed(model).klWeight > 0 ? "The" : "Nothing held them together: the";
  return `${map} ${why} codes lie strewn far beyond the prior (99 % of it in the circle), and gaps decode to nothing.`;
}
