"""A drawing -> the 28x28 image that MNIST's makers would have made of it; a photo -> a drawing.

Knows pixels only: nothing of models, of files or of the page. The recipe is that of LeCun's MNIST
page (http://yann.lecun.com/exdb/mnist), as reconstructed in Yadav & Bottou, "Cold Case: The Lost
MNIST Digits" (2019, QMNIST); the care for stroke width is ours.
"""

import math

import numpy as np
import torch
from PIL import Image, ImageFilter, ImageOps

SIDE, BOX = 28, 20  # pixels: an MNIST image, and the box its digit is fitted to

# Stroke widths, in pixels of the 20-pixel box: MNIST's median and its 95th percentile. Thinner
# strokes are brought up to the one, wider ones down to the other. Of 600 human drawings (UJI Pen
# Characters v2) the reconstructions of a small VAE then kept 96.2 % as their digit (94.7 % without
# this care), redrawn with strokes of 3 % of their height 95.8 % (80.7 %), of 30 % 91.7 % (85.5 %).
# One width for all, or either end 0.2 to 0.4 away, kept fewer overall.
NARROWEST, WIDEST = 2.3, 3.4

FINE = 6 * BOX  # strokes are redrawn at six times MNIST's resolution: widths to 1/30 of its pixel
FARTHEST = 12  # fine pixels by which an edge may move; what is wider still is a blot, not a stroke
OPEN = 0.75  # a gap or stroke narrower than the move keeps this share of its half-width

LARGEST = 1024  # pixels: longer drawings are area-averaged to this first
FAINTEST = 16  # of 255: a drawing with no brighter pixel is empty to the eye
EDGE = 0.05  # of the brightest ink: fainter pixels (compression noise) do not stretch the box
SPECK = 0.01  # of the largest piece's ink: a lesser piece, lying apart, does not count
SMALLEST = 0.03  # of the canvas: anything shorter is a speck
DOT = 0.15  # of the canvas: a solid spot up to here is one tap of the brush (5-9 %), not a digit
SOLID = 0.5  # ink per square of its box: a disc has 0.79, a square 1, the strokes of a digit less

PHOTO = 512  # pixels: a picture's longer side is reduced to this
MOST_PIXELS = 64_000_000  # a larger picture is refused before it is decoded
CONTRAST = 24  # of 255: marks on paper that stand out less are shading, not ink
FLOOR = 0.45  # of a photo's ink: fainter marks are the paper's grain and the lens's blur


class NothingDrawn(ValueError):
    """The drawing is empty, or only a speck: there is nothing to encode."""

    def __init__(self) -> None:
        super().__init__("Nothing is drawn yet: draw a digit, as large as you like.")


class UnreadableImage(ValueError):
    """The picture cannot be turned into ink: too large, broken, or of an unknown kind."""


def frame(drawing: np.ndarray) -> torch.Tensor:
    """Frame a drawing, (H, W) uint8 with bright ink on black, as MNIST's makers would have.

    The digit, wherever and however large it is drawn, is fitted to 20x20 with its aspect kept, its
    strokes are brought to MNIST's width, and its centre of mass lands in the middle of the image.

    Returns (1, 28, 28) float32 in [0, 1] with peak 1. Raises NothingDrawn for an empty drawing, a
    speck, or one tap of the brush, and ValueError for what is no drawing at all.
    """
    canvas = _checked(drawing)
    digit = _without_specks(_tight(canvas))
    side = max(digit.shape)
    spot = side < DOT * max(canvas.shape) and digit.sum(dtype=float) > SOLID * digit.max() * side**2
    if side < max(3, SMALLEST * max(canvas.shape)) or spot:
        raise NothingDrawn
    # A digit of 20 pixels is as coarse as MNIST: it has no finer edge to redraw a stroke from, and
    # an MNIST image so comes through as it is. The care sets in by degrees, lest a stroke jump.
    if side > BOX:
        digit = _tight(_with_mnist_strokes(digit, care=min(1, (side - BOX) / 10)))
    return torch.from_numpy(_centred(digit)[None])


def scale_only(drawing: np.ndarray) -> torch.Tensor:
    """Resize the whole (H, W) uint8 drawing to 28x28, unframed: what a model gets without care.

    Returns (1, 28, 28) float32 in [0, 1]; raises as `frame` does, but takes any speck.
    """
    canvas = _squared(_checked(drawing))
    return torch.from_numpy(_resized(canvas, SIDE)[None] / 255)


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


def _tight(canvas: np.ndarray) -> np.ndarray:
    return _around(canvas, canvas > EDGE * canvas.max())


def _around(canvas: np.ndarray, inked: np.ndarray) -> np.ndarray:
    """The box around the inked pixels."""
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    return canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _padded(canvas: np.ndarray, margin: int) -> np.ndarray:
    """The canvas with as much paper around it. (np.pad takes seven times as long.)"""
    height, width = canvas.shape
    room = np.zeros((height + 2 * margin, width + 2 * margin), canvas.dtype)
    room[margin : margin + height, margin : margin + width] = canvas
    return room


def _squared(digit: np.ndarray, least: int = 1) -> np.ndarray:
    """The digit in the middle of a square; by whole pixels, so that none is blurred."""
    height, width = digit.shape
    side = max(height, width, least)
    square = np.zeros((side, side), digit.dtype)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = digit
    return square


def _resized(square: np.ndarray, side: int) -> np.ndarray:
    """Area averaging down to side x side (never bilinear: it skips pixels), bicubic up; float."""
    way = Image.Resampling.BOX if len(square) >= side else Image.Resampling.BICUBIC
    picture = Image.fromarray(square.astype(np.float32)).resize((side, side), way)
    return np.asarray(picture).clip(0, 255)


def _centred(digit: np.ndarray) -> np.ndarray:
    """The fitted digit, pasted whole-pixel so that its centre of mass is MNIST's: (28, 28)."""
    fitted = _resized(_squared(digit, least=10), BOX)  # 10: blow nothing up more than twice
    fitted /= fitted.max()
    places = np.arange(BOX) + 0.5
    mass = fitted.sum(dtype=float)
    # Rounded, since a symmetric digit lies just between two pixels: noise must not toss it about.
    down = math.floor(15 - round(fitted.sum(1, dtype=float) @ places / mass, 4))
    right = math.floor(15 - round(fitted.sum(0, dtype=float) @ places / mass, 4))
    room = np.zeros((48, 48), np.float32)  # ink over the edge of the image is cut, as in MNIST
    room[10 + down : 10 + down + BOX, 10 + right : 10 + right + BOX] = fitted
    return room[10 : 10 + SIDE, 10 : 10 + SIDE].copy()


# --- Specks ---------------------------------------------------------------------------------------


def _without_specks(digit: np.ndarray) -> np.ndarray:
    """The digit less every piece that has under SPECK of the largest piece's ink, tight.

    Measured against the largest piece, not against all ink, a digit made of many short strokes or
    dots keeps them all. Pieces are told apart on a grid of at most 64 cells, where they must lie
    two cells apart.
    """
    factor = math.ceil(max(digit.shape) / 64)
    coarse = np.asarray(Image.fromarray(digit).reduce(factor))
    labels = _pieces(_dilated(coarse > 0))
    if labels.max() == 1:  # as most digits are
        return digit
    weights = np.bincount(labels.ravel(), coarse.ravel())
    specks = (weights < SPECK * weights.max())[labels] & (labels > 0)
    if not specks.any():
        return digit
    cells = specks.repeat(factor, 0).repeat(factor, 1)
    return _tight(np.where(cells[: digit.shape[0], : digit.shape[1]], 0, digit).astype(np.uint8))


def _dilated(mask: np.ndarray) -> np.ndarray:
    """A boolean mask and all that touches it. (Pillow's MaxFilter takes ten times as long.)"""
    for _ in range(2):
        grown = mask.copy()
        grown[1:] |= mask[:-1]
        grown[:-1] |= mask[1:]
        mask = grown.T
    return mask


def _pieces(mask: np.ndarray) -> np.ndarray:
    """Label connected cells (sides, not corners) of a boolean mask alike, one of them 1; else 0.

    The unbroken runs of its rows are numbered, from 1. A piece, of runs that touch, has the number
    of its first one.
    """
    numbers = _begins(mask).cumsum().reshape(mask.shape)
    touching = _begins(mask[1:] & mask[:-1])
    first = list(range(numbers[-1, -1] + 1))  # of each run: one of its piece, no later than itself
    for above, below in zip(
        numbers[:-1][touching].tolist(), numbers[1:][touching].tolist(), strict=True
    ):
        while first[above] != above:  # every step halves the way for those to come
            first[above] = above = first[first[above]]
        while first[below] != below:
            first[below] = below = first[first[below]]
        first[max(above, below)] = min(above, below)
    for run, earlier in enumerate(first):
        first[run] = first[earlier]
    return np.array(first)[numbers] * mask


def _begins(mask: np.ndarray) -> np.ndarray:
    """The first cell of every unbroken run of a row."""
    begins = mask.copy()
    begins[:, 1:] &= ~mask[:, :-1]
    return begins


# --- Strokes --------------------------------------------------------------------------------------


def _with_mnist_strokes(digit: np.ndarray, care: float = 1) -> np.ndarray:
    """The digit redrawn with strokes between NARROWEST and WIDEST; as it is where they are.

    A `care` of less than 1 goes only that part of the way.
    """
    fine = _resized(_squared(digit), FINE)
    fine = _around(fine, fine > 0) / fine.max()
    width = _stroke_width(fine)
    wanted = min(max(width * BOX / FINE, NARROWEST), WIDEST)
    # The box grows or shrinks with its strokes and is fitted to 20 again; the length between stroke
    # centres does not. Hence: wanted / 20 = width after the move / (length + width after it).
    length = FINE - width
    move = care * (wanted * length / (BOX - wanted) - width) / 2
    if abs(move) < 1e-3:
        return digit
    move = min(max(move, -FARTHEST), FARTHEST)
    fine = _padded(fine, 2 * math.ceil(abs(move)) + 3)
    redrawn = _grown(fine, move) if move > 0 else 1 - _grown(1 - fine, -move)
    return (redrawn * 255 + 0.5).astype(np.uint8)


def _stroke_width(coverage: np.ndarray) -> float:
    """Mean width in pixels: twice the area over the outline, exact for a closed line.

    Where ends count, or loops have run shut, it errs to the narrow, and the correction to caution.
    The outline is the total variation (the coarea formula), so grey edges, which are where the
    sub-pixels are, count rightly, and a little more ink changes the width a little.
    """
    coverage = _padded(coverage, 1)  # or ink at the border would have no outline there
    down, right = np.diff(coverage, axis=0), np.diff(coverage, axis=1)
    slopes = (down[:, 1:] + down[:, :-1]) ** 2 + (right[1:] + right[:-1]) ** 2
    outline = np.sqrt(slopes).sum(dtype=float) / 2  # np.hypot takes four times as long
    return float(2 * coverage.sum(dtype=float) / outline)


def _grown(coverage: np.ndarray, move: float) -> np.ndarray:
    """Ink coverage (H, W) in [0, 1] with its edge moved outwards by `move` pixels, anti-aliased.

    Given paper instead of ink, it thins the strokes. Where the gap between two strokes is narrower
    than the move (the loop of an 8; a hairline, when it is paper that grows) the edge stops short
    and leaves OPEN of it.
    """
    reach = math.ceil(move / OPEN) + 1
    distance = _nearest(_cost(coverage, reach), reach)
    edge = _swept(np.minimum(distance, reach), math.ceil(move) + 1, np.maximum)  # half a gap
    edge *= OPEN
    np.minimum(edge, move, out=edge)
    edge -= distance
    edge += 0.5
    return np.maximum(coverage, edge.clip(0, 1, out=edge), out=edge)


def _cost(coverage: np.ndarray, reach: int) -> np.ndarray:
    """Squared distance from each pixel's centre to the edge that its own grey level implies.

    Half-covered pixels lie on the edge. Below a quarter it rises steeply: a faint pixel on its own
    is dirt, and must not grow into a stroke.
    """
    faint = coverage.clip(1e-3)
    np.square(np.divide(0.25, faint, out=faint), out=faint)
    faint *= 0.25
    inside = 0.5 - coverage
    cost = np.where(coverage < 0.25, faint, inside.clip(0, out=inside))
    return np.square(cost.clip(max=reach + 1, out=cost), out=cost)


def _nearest(cost: np.ndarray, reach: int) -> np.ndarray:
    """The distance to the nearest edge: the root of the least cost + k^2 within k <= reach pixels.

    The exact Euclidean distance transform (Felzenszwalb & Huttenlocher 2012) as far as it is
    needed, along rows, then along columns.
    """
    for _ in range(2):
        # Whole rows are compared: three times as fast as parts of them.
        rows = len(cost.T)
        padded = np.full((rows + 2 * reach, len(cost)), np.inf, np.float32)
        padded[reach:-reach] = cost.T
        cost = padded[reach:-reach].copy()
        either = np.empty_like(cost)
        for k in range(1, reach + 1):
            above, below = padded[reach - k :][:rows], padded[reach + k :][:rows]
            np.minimum(above, below, out=either)
            either += np.float32(k * k)
            np.minimum(cost, either, out=cost)
    return np.sqrt(cost, out=cost)


def _swept(field: np.ndarray, reach: int, better: np.ufunc) -> np.ndarray:
    """The least or the greatest value within `reach` pixels along rows and along columns."""
    beyond = np.inf if better is np.minimum else -np.inf
    for _ in range(2):
        rows = len(field.T)
        best = np.full((rows + 2 * reach, len(field)), beyond, np.float32)
        best[reach : reach + rows] = field.T
        covered = 1  # so many rows, from each one on, has the best value been taken of
        while covered < 2 * reach + 1:
            step = min(covered, 2 * reach + 1 - covered)
            best = better(best[:-step], best[step:])
            covered += step
        field = best
    return field


# --- Photos and files -----------------------------------------------------------------------------


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
    low, middle, high = (_quantile(border, share) for share in (0.25, 0.5, 0.75))
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
    low, middle, high = (_quantile(opaque, share) for share in (0.05, 0.5, 0.95))
    if opaque.size > grey.size / 2 and high - low > 64:
        paper = middle  # a page with a hole or round corners, and the digit on it
    else:
        paper = 255 if middle < 128 else 0  # strokes alone, of whatever shade
    return (grey * alpha + paper * (1 - alpha)).astype(np.float32)


def _border(picture: np.ndarray) -> np.ndarray:
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def _quantile(values: np.ndarray, share: float) -> float:
    """The value that this share of all lies below. (np.percentile takes 3 to 10 times as long.)"""
    place, part = divmod(share * (values.size - 1), 1)
    around = [int(place), math.ceil(place + part)]
    below, above = np.partition(values, around, axis=None)[around]
    return float(below + part * (above - below))


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
    shadows = _swept(_swept(shadows, reach, np.minimum), reach, np.maximum)
    paper = Image.fromarray(shadows[2 * reach : -2 * reach, 2 * reach : -2 * reach] + light)
    return np.asarray(paper.resize(shades.shape[::-1], Image.Resampling.BILINEAR))


def _from_grain(marks: np.ndarray) -> np.ndarray:
    """Marks (0 = paper, to 255) as uint8 ink: the paper's grain, if any, cut off; ink at 255."""
    # A quarter of normal differences are within 0.45 deviations; ink has edges, but fewer of them.
    grain = _quantile(np.abs(marks - np.roll(marks, 3, (0, 1))), 0.25) / 0.45
    floor, full = 0.0, float(marks.max())
    if grain > 0:
        smooth = Image.fromarray(marks.clip(0, 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(1))
        smooth = np.asarray(smooth)
        full = float(np.median(smooth[smooth >= smooth.max() / 2]))
        floor = FLOOR * full
    if full < max(CONTRAST, 6 * grain):
        return np.zeros(marks.shape, np.uint8)
    return (255 * (marks - floor) / (full - floor) + 0.5).clip(0, 255).astype(np.uint8)
