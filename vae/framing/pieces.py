"""Pieces of marks: which of them are the digit, rather than a box, a table or a shadow."""

import numpy as np
from scipy import ndimage

SMALL = 0.03  # of the picture's longer side: a lesser piece is dirt
HEAVY = 0.15  # of the main piece's ink: what has as much belongs to the drawing
FINE = 0.2  # of the main piece's ink per length: what has less is a rest of a printed line
NEAR = 0.1  # of the main piece's height: what lies closer belongs to it, however small
RESTING = 0.65  # of a piece's length: what lies at the picture's edge for longer goes on outside it
THIN = 0.1  # of its box: a stroke that runs over the edge has more ink, a line less
HOLLOW = 0.25  # of its box: a frame round something else has less ink
EIGHT = np.ones((3, 3), bool)


def digit_of(mask: np.ndarray, marks: np.ndarray, bridge: int, clean: bool) -> np.ndarray | None:
    """The pieces of a mask (H, W) that are the digit: a mask (H, W), or None where there are none.

    `marks` (H, W) weighs them. Pieces up to 2 * `bridge` pixels apart are one. The heaviest piece
    that does not touch the picture's edge is the digit, with what is near it or not much lighter;
    where all touch it, the heaviest that barely does. In a `clean` picture, which has no dirt, all
    that does not touch the edge counts, and strokes may run over the edge.
    """
    labels, count = ndimage.label(widened(mask, bridge), EIGHT)
    if count == 0:
        return None
    labels *= mask
    numbers = np.arange(1, count + 1)
    weight = ndimage.sum_labels(marks, labels, numbers)
    boxes = ndimage.find_objects(labels)
    sides = np.array([[place.stop - place.start for place in box] for box in boxes])
    tall = sides.max(1)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    contact = np.bincount(border, minlength=count + 1)[1:]
    barely = contact < RESTING * tall
    large = tall >= max(5, SMALL * max(mask.shape))
    free = large & (contact == 0)
    if clean:
        free |= large & barely & (ndimage.sum_labels(mask, labels, numbers) > THIN * sides.prod(1))
    framing = np.zeros(count, bool)
    for index in np.flatnonzero(large & (tall > 4 * SMALL * max(mask.shape))):
        if _encloses(labels, boxes[index], int(index) + 1, free & (tall > 0.1 * tall[index])):
            framing[index] = True
    free &= ~framing
    if not free.any():
        free = large & barely & ~framing
    if not free.any():
        return None
    main = np.argmax(np.where(free, weight, 0))
    kept = free & (weight > HEAVY * weight[main])
    beside = np.unique(labels[widened(labels == main + 1, round(NEAR * tall[main]))])
    kept[beside[beside > 0] - 1] |= contact[beside[beside > 0] - 1] == 0
    kept &= weight / tall > FINE * weight[main] / tall[main]
    if clean:
        kept |= (contact == 0) & ~framing
    return np.concatenate([[False], kept])[labels]


def widened(mask: np.ndarray, pixels: int) -> np.ndarray:
    """A mask (H, W) and what lies up to so many pixels beside it."""
    return ndimage.maximum_filter(mask.view(np.uint8), 2 * pixels + 1).view(bool)


def _encloses(
    labels: np.ndarray, box: tuple[slice, slice], number: int, others: np.ndarray
) -> bool:
    """Whether the piece `number` in `box` is a frame round one of `others` (a bool per piece)."""
    own = labels[box] == number
    if own.sum() > HOLLOW * own.size:
        return False
    inside = np.unique(labels[box][ndimage.binary_fill_holes(own) & ~own])
    return bool(others[inside[inside > 0] - 1].any())
