// Places on a map and the codes there. A place is [across, up], shares of the map's side counted from its
// lower left corner. `axes` hold the first and the second number of the code at evenly spread places,
// ascending.

/**
 * The axes of a map: of the prior's quantiles, so that each part of the map is as probable as any other;
 * or of a `square` {left, bottom, side} of codes.
 */
export function axesOf(square, quantiles) {
  if (!square) return [quantiles, quantiles];
  const shares = quantiles.map((_, index) => (index + 0.5) / quantiles.length);
  return [square.left, square.bottom].map((from) => shares.map((share) => from + share * square.side));
}

/** The circle of `radius` about zero on a map of a square: {across, up, radius}, shares of its side. */
export function circleOn({ left, bottom, side }, radius) {
  return { across: -left / side, up: -bottom / side, radius: radius / side };
}

/** What lies `share` of the way from one number, or list of numbers, to another. */
export const between = (from, to, share) =>
  Array.isArray(from) ? from.map((value, index) => between(value, to[index], share)) : from + share * (to - from);

/** The code of a place: between the two nearest known ones on each axis. */
export function codeAt(axes, place) {
  return place.map((share, number) => {
    const axis = axes[number];
    const last = axis.length - 1;
    const index = Math.min(last, Math.max(0, share * axis.length - 0.5));
    const below = Math.min(last - 1, Math.floor(index));
    const [from, to] = [axis[below], axis[below + 1]];
    return Number((from + (index - below) * (to - from)).toFixed(4));
  });
}

/** The place of a code; one beyond the map's rim is put on it. */
export function placeOf(axes, code) {
  return code.map((value, number) => {
    const axis = axes[number];
    const last = axis.length - 1;
    const above = Math.max(1, axis.findIndex((known) => known > value));
    const [from, to] = [axis[above - 1], axis[above]];
    const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
    const index = value >= axis[last] ? last : above - 1 + share;
    return (index + 0.5) / axis.length;
  });
}

/** The cell of a place on a map of `side` by `side` digits: [column, row], and its middle's place. */
export function cellAt(side, place) {
  const indices = place.map((share) => Math.min(side - 1, Math.max(0, Math.floor(share * side))));
  const [column, fromBelow] = indices;
  return {
    column,
    row: side - 1 - fromBelow,
    middle: indices.map((index) => (index + 0.5) / side),
  };
}

/** The class of most of the `of` nearest among `places`, whose classes are `labels`: {label, count, of}. */
export function majorityNear(places, labels, [across, up], of = 15) {
  const near = places
    .map(([x, y], index) => [Math.hypot(x - across, y - up), labels[index]])
    .sort((a, b) => a[0] - b[0])
    .slice(0, of);
  const counts = {};
  for (const [, label] of near) counts[label] = (counts[label] ?? 0) + 1;
  const [label, count] = Object.entries(counts).sort((a, b) => b[1] - a[1])[0];
  return { label, count, of: near.length };
}
