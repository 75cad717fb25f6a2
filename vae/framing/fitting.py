"""A drawing fitted to MNIST's frame.

The recipe is that of LeCun's MNIST page (http://yann.lecun.com/exdb/mnist), as reconstructed in
Yadav & Bottou, "Cold Case: The Lost MNIST Digits" (2019, QMNIST); the care for stroke width is
ours.
"""

import math

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

from vae.framing.box import resized, tight
from vae.framing.refusals import NothingDrawn
from vae.framing.specks import without_specks
from vae.framing.strokes import BOX, with_mnist_strokes

SIDE = 28  # pixels: an MNIST image
LARGEST = 1024  # pixels: longer drawings are area-averaged to this first
FAINTEST = 16  # of 255: a drawing with no brighter pixel is empty to the eye
SMALLEST = 0.03  # of the canvas: anything shorter is a speck
DOT = 0.15  # of the canvas: a solid spot up to here is one tap of the brush, not a digit
SOLID = 0.5  # ink per square of its box: a disc has 0.79, a square 1, the strokes of a digit less


def frame(drawing: np.ndarray) -> torch.Tensor:
    """Frame a drawing, (H, W) uint8 with bright ink on black, as MNIST's makers would have.

    The digit, wherever and however large it is drawn, is fitted to 20x20 with its aspect kept, its
    strokes are brought to MNIST's width, and its centre of mass lands in the middle of the image.

    Returns (1, 28, 28) float32 in [0, 1] with peak 1. Raises NothingDrawn for an empty drawing, a
    speck, or one tap of the brush, and ValueError for what is no drawing at all.
    """
    canvas = _checked(drawing)
    digit = without_specks(tight(canvas))
    side = max(digit.shape)
    spot = side < DOT * max(canvas.shape) and digit.sum() > SOLID * digit.max() * side**2
    if side < max(3, SMALLEST * max(canvas.shape)) or spot:
        raise NothingDrawn
    # A digit of 20 pixels is as coarse as MNIST: it has no finer edge to redraw a stroke from, and
    # an MNIST image so comes through as it is. The care sets in by degrees, lest a stroke jump.
    if side > BOX:
        digit = tight(with_mnist_strokes(digit, care=min(1, (side - BOX) / 10)))
    return torch.from_numpy(_centred(digit)[None])


def scale_only(drawing: np.ndarray) -> torch.Tensor:
    """Resize the whole (H, W) uint8 drawing to 28x28, unframed: what a model gets without care.

    Returns (1, 28, 28) float32 in [0, 1]; raises as `frame` does, but takes any speck.
    """
    return torch.from_numpy(resized(_checked(drawing), SIDE)[None] / 255)


def _checked(drawing: np.ndarray) -> np.ndarray:
    """The drawing, at most LARGEST pixels long, once it is known to be one and to have ink."""
    if not isinstance(drawing, np.ndarray) or drawing.dtype != np.uint8 or drawing.ndim != 2:
        raise ValueError("A drawing is a two-dimensional uint8 array, bright ink on black.")
    if drawing.size == 0 or drawing.max() < FAINTEST:
        raise NothingDrawn
    factor = math.ceil(max(drawing.shape) / LARGEST)
    if factor == 1:
        return drawing
    reduced = np.asarray(Image.fromarray(drawing).reduce(factor))
    if reduced.max() == 0:
        raise NothingDrawn
    return reduced


def _centred(digit: np.ndarray) -> np.ndarray:
    """The fitted digit, pasted whole-pixel so that its centre of mass is MNIST's: (28, 28)."""
    fitted = resized(digit, BOX, least=10)  # 10: blow nothing up more than twice
    fitted /= fitted.max()
    # Index coordinates: a pixel's centre lies half a pixel on. Rounded, since a symmetric digit
    # lies just between two pixels: noise must not toss it about.
    centre = np.add(ndimage.center_of_mass(fitted.astype(float)), 0.5).round(4)
    down, right = np.floor(15 - centre).astype(int)
    room = np.zeros((48, 48), np.float32)  # ink over the edge of the image is cut, as in MNIST
    room[10 + down : 10 + down + BOX, 10 + right : 10 + right + BOX] = fitted
    return room[10 : 10 + SIDE, 10 : 10 + SIDE].copy()
