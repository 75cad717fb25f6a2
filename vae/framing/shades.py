"""A picture of any mode -> its grey levels, upright and small."""

import math

import numpy as np
from PIL import Image, ImageOps

from vae.framing.refusals import UnreadableImage

PHOTO = 512  # pixels: a picture's longer side is reduced to this
MOST_PIXELS = 64_000_000  # a larger picture is refused before it is decoded
WHITES = [2**bits - 1 for bits in range(1, 17)]  # the highest values of so many bits


def shades(image: Image.Image) -> np.ndarray:
    """The picture upright, reduced and opaque: (H, W) float32 grey levels, 0..255."""
    if not isinstance(image, Image.Image) or 0 in image.size:
        raise UnreadableImage("That is not a picture.")
    image.draft(None, (PHOTO, PHOTO))  # a JPEG file decodes straight to about this size
    if image.width * image.height > MOST_PIXELS:
        raise UnreadableImage("That picture is too large: at most 64 megapixels, please.")
    try:
        image = _upright(image)
        if image.mode in ("I", "F") or image.mode.startswith("I;16"):
            image = _eight_bits(np.asarray(image, np.float32))
        image = image.convert("RGBA" if image.has_transparency_data else "L")
        image = image.reduce(math.ceil(max(image.size) / PHOTO))
    except Exception as error:  # a decoder raises whatever it trips over
        raise UnreadableImage("That picture cannot be read: try a PNG or a JPEG.") from error
    return _on_paper(image) if image.mode == "RGBA" else np.asarray(image, np.float32)


def _upright(image: Image.Image) -> Image.Image:
    """The picture as the camera was held, if its file says so."""
    try:
        return ImageOps.exif_transpose(image)
    except SyntaxError:  # Pillow's word for a damaged EXIF block
        return image


def _eight_bits(levels: np.ndarray) -> Image.Image:
    """Grey levels of any scale, perhaps with NaNs, as mode L.

    White is the highest value of as many bits as the picture needs: a 16-bit file may hold values
    of fewer. What fits no number of bits, as floats may not, is scaled to its own highest value.
    """
    finite = np.isfinite(levels)
    if not finite.all():
        levels = np.where(finite, levels, np.median(levels[finite]) if finite.any() else 0)
    levels = levels - min(levels.min(), 0)
    highest = levels.max() or 1
    scale = next((white for white in WHITES if white / 2 < highest <= white), highest)
    return Image.fromarray((255 * (levels / scale) + 0.5).astype(np.uint8))


def _on_paper(image: Image.Image) -> np.ndarray:
    """Grey levels of an RGBA picture over the paper that its transparent pixels stand for."""
    grey, alpha = np.asarray(image.convert("L"), np.float32), np.asarray(image)[..., 3] / 255
    opaque = grey[alpha > alpha.max() / 2]
    if opaque.size == 0:
        return np.zeros_like(grey)
    low, middle, high = np.quantile(opaque, (0.05, 0.5, 0.95))
    if opaque.size > grey.size / 2 and high - low > 64:
        paper = middle  # a page with a hole or round corners, and the digit on it
    else:
        paper = 255 if middle < 128 else 0  # strokes alone, of whatever shade
    return (grey * alpha + paper * (1 - alpha)).astype(np.float32)
