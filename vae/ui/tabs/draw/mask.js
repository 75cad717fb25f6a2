// Which of the 784 pixels of an image are visible: lists of ones, visible, and zeros, hidden, row by
// row. Nothing here changes the list that it is given.

const SIDE = 28;
/** Pixels along a side of the brush that hides. */
export const BRUSH = 4;

export const ALL = Array(SIDE * SIDE).fill(1);

/** The parts that a button hides. */
export const PARTS = {
  lower: hiding((column, row) => row >= SIDE / 2),
  right: hiding((column) => column >= SIDE / 2),
  middle: hiding((column, row) => [column, row].every((place) => place >= 9 && place < 19)),
};

/** `visible` less what the brush covers on its way between two places, [column, row] of its middle. */
export function brushed(visible, from, to) {
  const stops = Math.max(1, ...[0, 1].map((axis) => Math.ceil(Math.abs(to[axis] - from[axis]))));
  const found = [...visible];
  for (let stop = 0; stop <= stops; stop++) {
    const [left, top] = cornerOf(from.map((start, axis) => start + ((to[axis] - start) * stop) / stops));
    for (let row = top; row < top + BRUSH; row++) {
      for (let column = left; column < left + BRUSH; column++) {
        const inside = row >= 0 && row < SIDE && column >= 0 && column < SIDE;
        if (inside) found[row * SIDE + column] = 0;
      }
    }
  }
  return found;
}

/** The brush's first column and row where its middle is at `place`. */
export const cornerOf = (place) => place.map((value) => Math.round(value - BRUSH / 2));

/** What share of the pixels is hidden, 0 to 1. */
export const hiddenShare = (visible) => visible.filter((each) => !each).length / visible.length;

/** RGBA pixels that cover what is hidden with stripes, and let the rest through. */
export function stripes(visible) {
  const colours = new Uint8ClampedArray(4 * visible.length);
  visible.forEach((shown, index) => {
    if (shown) return;
    const light = (Math.floor(index / SIDE) + (index % SIDE)) % 4 < 2;
    colours.set(light ? [125, 117, 102, 255] : [82, 76, 64, 255], 4 * index);
  });
  return colours;
}

function hiding(isHidden) {
  return ALL.map((_, index) => (isHidden(index % SIDE, Math.floor(index / SIDE)) ? 0 : 1));
}
