// What is on the map: of the trained model, and of the moments of its training.

import { settings } from "../../client/page.js";
import { axesOf, circleOn, placeOf } from "./places.js";

/**
 * The chart of a map as the server gives it, or of a moment {square, codes} of a history, and of its
 * picture, decoded; `side` and `quantiles` are the map's.
 */
export function chartOf({ square, codes }, picture, { side, quantiles }, labels = codes?.labels ?? "") {
  const axes = axesOf(square, quantiles);
  return {
    side,
    axes,
    picture,
    labels,
    places: codes ? codes.x.map((x, index) => placeOf(axes, [x, codes.y[index]])) : [],
    circle: square && circleOn(square, settings.priorRadius),
  };
}

/** The charts of a history's moments; the last is the trained model's, `chart`. */
export function chartsThrough({ moments, labels }, answer, chart) {
  const past = moments.slice(0, -1).map((moment) => chartOf(moment, moment.manifold, answer, labels));
  return [...past, chart];
}
