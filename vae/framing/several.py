"""Whether a drawing looks like several digits."""

import itertools
import math

import numpy as np
from PIL import Image
from scipy import ndimage

from vae.framing.box import tight
from vae.framing.specks import CELLS, without_specks

TALL = 0.4  # of the drawing's height: a lesser piece is a stroke of a digit, not one of its own
INKED = 0.2  # of the brightest ink: fainter cells do not join two digits


def looks_like_several(drawing: np.ndarray) -> bool:
    """Whether a drawing (H, W) uint8, bright ink on black, looks like several digits.

    It does where two of its pieces, each of nearly half its height, lie side by side or one below
    the other. Digits that touch each other look like one.
    """
    if not drawing.any():
        return False
    digits = without_specks(tight(drawing))
    coarse = np.asarray(Image.fromarray(digits).reduce(math.ceil(max(digits.shape) / CELLS)))
    labels, _ = ndimage.label(coarse > INKED * coarse.max(), np.ones((3, 3)))
    tall = [
        (rows, columns)
        for rows, columns in ndimage.find_objects(labels)
        if rows.stop - rows.start >= TALL * coarse.shape[0]
    ]
    return any(
        _apart(*sides)
        for two in itertools.combinations(tall, 2)
        for sides in zip(*two, strict=True)
    )


def _apart(one: slice, other: slice) -> bool:
    return one.stop <= other.start or other.stop <= one.start
