"""Boxes of pixels: cropped to their ink, or resized in a square."""

import numpy as np
from PIL import Image

EDGE = 0.05  # of the brightest ink: fainter pixels (compression noise) do not stretch the box


def tight(canvas: np.ndarray) -> np.ndarray:
    """The part of a canvas (H, W) uint8 that holds its ink."""
    return around(canvas, canvas > int(EDGE * canvas.max()))  # as int: compared without a cast


def around(canvas: np.ndarray, inked: np.ndarray) -> np.ndarray:
    """The part of a canvas (H, W) in the box around all that is true in a mask (H, W)."""
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    return canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def resized(digit: np.ndarray, side: int, least: int = 1) -> np.ndarray:
    """The digit (H, W) in the middle of a square, resized to (side, side) float32, 0..255.

    The square is `least` pixels or more wide, and whole pixels are added, so that none is blurred.
    Area averaging down (never bilinear: it skips pixels), bicubic up.
    """
    height, width = digit.shape
    full = max(height, width, least)
    top, left = (full - height) // 2, (full - width) // 2
    square = Image.fromarray(digit).crop((-left, -top, full - left, full - top)).convert("F")
    way = Image.Resampling.BOX if full >= side else Image.Resampling.BICUBIC
    return np.asarray(square.resize((side, side), way)).clip(0, 255)
