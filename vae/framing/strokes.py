"""Strokes: how wide they are, and a digit redrawn with strokes as wide as MNIST's."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from vae.framing.box import around, resized

BOX = 20  # pixels: the side of the square that MNIST's makers fitted each digit to

# Stroke widths in pixels of the 20-pixel box: MNIST's median and its 95th percentile. Thinner
# strokes are brought up to the one, wider ones down to the other; those between are MNIST's own.
NARROWEST, WIDEST = 2.3, 3.4

FINE = 6 * BOX  # strokes are redrawn at six times MNIST's resolution: widths to 1/30 of its pixel
FARTHEST = 12  # fine pixels by which an edge may move; what is wider still is a blot, not a stroke
OPEN = 0.75  # a gap or stroke narrower than the move keeps this share of its half-width


def stroke_width(images: ArrayLike) -> np.ndarray:
    """The mean stroke width of images (..., H, W) of bright ink on black: (...), in pixels.

    Twice the area over the outline, which is exact for a closed line. Where ends count, or loops
    have run shut, it errs to the narrow. The outline is the total variation (the coarea formula),
    so the grey of anti-aliased edges counts as the part of a pixel that it is. The scale of the
    values does not matter; an image without ink has width 0.
    """
    images = np.asarray(images)
    margins = [(0, 0)] * (images.ndim - 2) + [(1, 1), (1, 1)]
    coverage = np.pad(images, margins)  # or ink at the border would have no outline there
    down, right = np.diff(coverage, axis=-2), np.diff(coverage, axis=-1)
    slopes = (down[..., 1:] + down[..., :-1]) ** 2 + (right[..., 1:, :] + right[..., :-1, :]) ** 2
    outline = np.sqrt(slopes).sum((-2, -1), dtype=float) / 2
    area = coverage.sum((-2, -1), dtype=float)
    return np.divide(2 * area, outline, out=np.zeros_like(area), where=outline > 0)


def with_mnist_strokes(digit: np.ndarray, care: float = 1) -> np.ndarray:
    """The digit (H, W) uint8 redrawn with strokes between NARROWEST and WIDEST.

    As it is where they are. A `care` of less than 1 goes only that part of the way.
    """
    fine = resized(digit, FINE)
    fine = around(fine, fine > 0) / fine.max()
    width = float(stroke_width(fine))
    wanted = min(max(width * BOX / FINE, NARROWEST), WIDEST)
    # The box grows or shrinks with its strokes and is fitted to 20 again; the length between stroke
    # centres does not. Hence: wanted / 20 = width after the move / (length + width after it).
    length = FINE - width
    move = care * (wanted * length / (BOX - wanted) - width) / 2
    if abs(move) < 1e-3:
        return digit
    move = min(max(move, -FARTHEST), FARTHEST)
    fine = np.pad(fine, 2 * math.ceil(abs(move)) + 3)
    redrawn = _grown(fine, move) if move > 0 else 1 - _grown(1 - fine, -move)
    return (redrawn * 255 + 0.5).astype(np.uint8)


def _grown(coverage: np.ndarray, move: float) -> np.ndarray:
    """Ink coverage (H, W) in [0, 1] with its edge moved outwards by `move` pixels, anti-aliased.

    Given paper instead of ink, it thins the strokes. Where the gap between two strokes is narrower
    than the move (the loop of an 8; a hairline, when it is paper that grows) the edge stops short
    and leaves OPEN of it.
    """
    reach = math.ceil(move / OPEN) + 1
    distance = _nearest(_cost(coverage, reach), reach)
    half_gap = ndimage.maximum_filter(np.minimum(distance, reach), 2 * math.ceil(move) + 3)
    edge = np.minimum(OPEN * half_gap, move) - distance
    return np.maximum(coverage, np.clip(edge + 0.5, 0, 1, out=edge), out=edge)


def _cost(coverage: np.ndarray, reach: int) -> np.ndarray:
    """Squared distance from each pixel's centre to the edge that its own grey level implies.

    Half-covered pixels lie on the edge. Below a quarter it rises steeply: a faint pixel on its own
    is dirt, and must not grow into a stroke.
    """
    faint = 0.25 * (0.25 / coverage.clip(1e-3)) ** 2
    cost = np.where(coverage < 0.25, faint, (0.5 - coverage).clip(0))
    return cost.clip(max=reach + 1) ** 2


def _nearest(cost: np.ndarray, reach: int) -> np.ndarray:
    """The distance to the nearest edge: the root of the least cost + k^2 within k <= reach pixels.

    The Euclidean distance transform of a sampled function (Felzenszwalb & Huttenlocher 2012), as
    far as it is needed, along rows, then along columns. scipy.ndimage has one for masks only.
    """
    for _ in range(2):
        # Rows are compared with rows, whose pixels lie side by side, even if they are columns.
        cost = np.ascontiguousarray(cost.T)
        least, further = cost.copy(), np.empty_like(cost)
        for k in range(1, reach + 1):
            np.add(cost, k * k, out=further)
            np.minimum(least[k:], further[:-k], out=least[k:])
            np.minimum(least[:-k], further[k:], out=least[:-k])
        cost = least
    return np.sqrt(cost, out=cost)
