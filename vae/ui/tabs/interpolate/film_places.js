// Where frame t of the film lies on the filmstrip, whose first picture's middle is A, the last one's B.

import { FILM } from "../../client/film.js";

const { last, pictures } = FILM;

/** The frames that the filmstrip shows. */
export const shownFrames = Array.from({ length: pictures }, (_, index) =>
  Math.round((index * last) / (pictures - 1)),
);

/** How far along the filmstrip frame t is, as a share of its length. */
export const alongOf = (t) => (0.5 + (t / last) * (pictures - 1)) / pictures;

/** The frame that is nearest to a place along the filmstrip. */
export const frameAt = (along) =>
  Math.max(0, Math.min(last, Math.round(((along * pictures - 0.5) * last) / (pictures - 1))));

/** How far the way is at frame t, in words. */
export const wordsAt = (t) => `${Math.round((100 * t) / last)} % of the way to B`;
