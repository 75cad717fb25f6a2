"""Specks: pieces of a drawing too small to belong to its digit."""

import math

import numpy as np
from PIL import Image
from scipy import ndimage

from vae.framing.box import tight

SPECK = 0.01  # of the largest piece's ink: a lesser piece, lying apart, does not count
CELLS = 64  # along the longer side of the grid on which pieces are told apart


def without_specks(digit: np.ndarray) -> np.ndarray:
    """The digit (H, W) uint8 less every piece that has under SPECK of the largest piece's ink.

    Measured against the largest piece, not against all ink, a digit made of many short strokes or
    dots keeps them all. Pieces are connected by cells' sides and must lie two cells apart. Returns
    a tight box.
    """
    factor = math.ceil(max(digit.shape) / CELLS)
    coarse = np.asarray(Image.fromarray(digit).reduce(factor))
    inked = coarse > 0
    if ndimage.label(inked)[1] == 1:  # as most digits are
        return digit
    labels, count = ndimage.label(ndimage.binary_dilation(inked, np.ones((3, 3))))
    weights = ndimage.sum_labels(coarse, labels, np.arange(count + 1))
    weights[0] = np.inf  # the background is no speck
    specks = (weights < SPECK * weights[1:].max())[labels]
    if not specks.any():
        return digit
    cells = specks.repeat(factor, 0).repeat(factor, 1)
    return tight(np.where(cells[: digit.shape[0], : digit.shape[1]], 0, digit).astype(np.uint8))
