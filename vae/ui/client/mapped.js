// Which model's map Explore shows.

/**
 * The name of one of `models` with two latent numbers: `mapped`, which was chosen on the map, or else
 * `model`, the one at work; or else one whose codes keep to the prior. Undefined where there is none.
 */
export function mappedModel(models, model, mapped) {
  const flat = models.filter(({ latentDim }) => latentDim === 2);
  const named = (wanted) => flat.find(({ name }) => name === wanted);
  const first = flat.find(({ klWeight }) => klWeight > 0) ?? flat[0];
  return (named(mapped) ?? named(model) ?? first)?.name;
}
