"""A picture of a digit -> ink: bright on black, as a drawing is."""

import math

import numpy as np
from PIL import Image, ImageFilter, ImageOps
from scipy import ndimage

PHOTO = 512  # pixels: a picture's longer side is reduced to this
MOST_PIXELS = 64_000_000  # a larger picture is refused before it is decoded
CONTRAST = 24  # of 255: marks on paper that stand out less are shading, not ink
FLOOR = 0.45  # of a photo's ink: fainter marks are the paper's grain and the lens's blur


class UnreadableImage(ValueError):
    """The picture cannot be turned into ink: too large, broken, or of an unknown kind."""


def ink(image: Image.Image) -> np.ndarray:
    """Any picture of a digit -> (H, W) uint8, bright ink on black, longer side at most 512.

    Dark ink on light paper is inverted, transparent pixels are paper, and uneven light, shading
    and the grain of a photo are removed. A clean white-on-black drawing comes through as it is; a
    blank page gives all zeros. Raises UnreadableImage for a picture that cannot be used.
    """
    shades = _shades(image)
    if _is_dark_on_light(shades):
        shades = 255 - shades
    border = _border(shades)
    low, middle, high = np.quantile(border, (0.25, 0.5, 0.75))
    paper = middle if high - low <= 2 else _background(shades)
    # Light falls on ink and paper alike, so what is compared is their ratio.
    return _from_grain(255 * (shades - paper) / np.maximum(255 - paper, 1))


def _shades(image: Image.Image) -> np.ndarray:
    """The picture upright, reduced and opaque: (H, W) float32 grey levels, 0..255."""
    if not isinstance(image, Image.Image) or 0 in image.size:
        raise UnreadableImage("That is not a picture.")
    image.draft(None, (PHOTO, PHOTO))  # a JPEG file decodes straight to about this size
    if image.width * image.height > MOST_PIXELS:
        raise UnreadableImage("That picture is too large: at most 64 megapixels, please.")
    try:
        image = ImageOps.exif_transpose(image)
        if image.mode in ("I", "F") or image.mode.startswith("I;16"):
            image = _eight_bits(np.asarray(image, np.float32))
        image = image.convert("RGBA" if image.has_transparency_data else "L")
        image = image.reduce(math.ceil(max(image.size) / PHOTO))
    except Exception as error:  # a decoder raises whatever it trips over
        raise UnreadableImage("That picture cannot be read: try a PNG or a JPEG.") from error
    return _on_paper(image) if image.mode == "RGBA" else np.asarray(image, np.float32)


def _eight_bits(levels: np.ndarray) -> Image.Image:
    """Grey levels of any scale, perhaps with NaNs, as mode L; the scale is the next usual one."""
    finite = np.isfinite(levels)
    if not finite.all():
        levels = np.where(finite, levels, np.median(levels[finite]) if finite.any() else 0)
    levels = levels - min(levels.min(), 0)
    highest = levels.max()
    scale = next(scale for scale in (1, 255, 65535, highest) if highest <= scale)
    return Image.fromarray((255 * levels / scale + 0.5).astype(np.uint8))


def _on_paper(image: Image.Image) -> np.ndarray:
    """Grey levels of an RGBA picture over the paper that its transparent pixels stand for."""
    grey, alpha = np.asarray(image.convert("L"), np.float32), np.asarray(image)[..., 3] / 255
    opaque = grey[alpha > 0.5]
    if opaque.size == 0:
        return np.zeros_like(grey)
    low, middle, high = np.quantile(opaque, (0.05, 0.5, 0.95))
    if opaque.size > grey.size / 2 and high - low > 64:
        paper = middle  # a page with a hole or round corners, and the digit on it
    else:
        paper = 255 if middle < 128 else 0  # strokes alone, of whatever shade
    return (grey * alpha + paper * (1 - alpha)).astype(np.float32)


def _border(picture: np.ndarray) -> np.ndarray:
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def _is_dark_on_light(shades: np.ndarray) -> bool:
    """Whether the ink, which is what differs most from the paper, is the darker of the two."""
    small = _small(shades)
    beyond = small - _light(small)
    return -beyond.min() > beyond.max()


def _small(shades: np.ndarray) -> np.ndarray:
    """64x64: enough to see how the light falls, and grain is averaged away."""
    return np.asarray(Image.fromarray(shades).resize((64, 64), Image.Resampling.BOX))


def _light(small: np.ndarray) -> np.ndarray:
    """The light on the paper: what the border shows, continued inwards as a quadratic.

    Light falls off towards the corners of a photo, and its bright middle is no ink.
    """
    shown = _border(small)
    if (shown == shown[0]).all():  # a drawing, not a photo
        return np.full_like(small, shown[0])
    terms, known = _quadratic(len(small))
    kept = np.full(shown.shape, True)
    for _ in range(4):  # ink that runs over the border is no paper: leave it out and fit again
        fit, *_ = np.linalg.lstsq(known[kept], shown[kept])
        error = np.abs(known @ fit - shown)
        kept = error <= max(1, 2.5 * np.median(error))
    return np.tensordot(fit, terms, 1).astype(np.float32)


def _quadratic(side: int) -> tuple[np.ndarray, np.ndarray]:
    """The terms of a quadratic on a square, (6, side, side), and along its border, (4 side, 6)."""
    down, across = np.meshgrid(*2 * [np.linspace(-1, 1, side)], indexing="ij")
    terms = np.stack([down**0, down, across, down**2, down * across, across**2])
    return terms, np.stack([_border(term) for term in terms], 1)


def _background(shades: np.ndarray) -> np.ndarray:
    """The paper under bright ink: the light, and shadows, over half as wide as the picture.

    The shadows are a morphological opening. Beyond its borders the picture is continued at the
    slope it has there, so that a gradient is followed to the end.
    """
    small = _small(shades)
    light = _light(small)
    reach = len(small) // 4
    shadows = np.pad(small - light, 2 * reach, mode="reflect", reflect_type="odd")
    shadows = ndimage.grey_opening(shadows, 2 * reach + 1)
    paper = Image.fromarray(shadows[2 * reach : -2 * reach, 2 * reach : -2 * reach] + light)
    return np.asarray(paper.resize(shades.shape[::-1], Image.Resampling.BILINEAR))


def _from_grain(marks: np.ndarray) -> np.ndarray:
    """Marks (0 = paper, to 255) as uint8 ink: the paper's grain, if any, cut off; ink at 255."""
    # A quarter of normal differences are within 0.45 deviations; ink has edges, but fewer of them.
    grain = np.quantile(np.abs(marks - np.roll(marks, 3, (0, 1))), 0.25) / 0.45
    floor, full = 0.0, float(marks.max())
    if grain > 0:
        levels = Image.fromarray(marks.clip(0, 255).astype(np.uint8))
        smooth = np.asarray(levels.filter(ImageFilter.BoxBlur(1)))
        full = float(np.median(smooth[smooth >= smooth.max() / 2]))
        floor = FLOOR * full
    if full < max(CONTRAST, 6 * grain):
        return np.zeros(marks.shape, np.uint8)
    return (255 * (marks - floor) / (full - floor) + 0.5).clip(0, 255).astype(np.uint8)
