"""A picture of a digit -> ink: bright on black, as a drawing is.

The paper is what is left when all that is narrower than STROKE is filled in (a closing): tables and
shadows are wide. What is darker than the paper is a mark; what of the marks is neither a printed
line (`lines`) nor a box, nor goes on outside the picture (`pieces`), is the digit. Both ways round
are tried, dark on light and light on dark.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from vae.framing.lines import printed_lines
from vae.framing.pieces import digit_of, widened
from vae.framing.refusals import NoDigitFound
from vae.framing.shades import shades

STROKE = 0.36  # of the picture's longer side: a wider mark is a table or a shadow
CONTRAST = 24 / 255  # of the paper: marks that stand out less are shading, not ink
SHALLOW = 16 / 255  # of white: likewise, on dark paper
FLOOR = 0.45  # of a photo's ink: fainter marks are the paper's grain and the lens's blur
FAINT = 0.05  # of the ink in a picture without grain: nothing is fainter but rounding
TURNS = 4  # darker things that are no digit, at most, are set aside before a fainter one is sought


class Found(NamedTuple):
    """A digit found in a picture."""

    ink: np.ndarray  # (H, W) uint8, bright on black
    doubt: float  # 0 for thin strokes of great contrast that stand alone, to 4


def ink(image: Image.Image) -> np.ndarray:
    """Any picture of a digit -> (H, W) uint8, bright ink on black, longer side at most 512.

    Dark ink on light paper is inverted, transparent pixels are paper. Tables around the paper,
    shadows, printed lines and boxes, uneven light and grain are removed. A clean white-on-black
    drawing comes through as it is. Raises NoDigitFound (a NothingDrawn) where no digit can be told
    from the paper, and UnreadableImage for a picture that cannot be used.
    """
    levels = shades(image)
    noise = _noise(levels)
    found = [each for each in (_found(levels, noise), _found(255 - levels, noise)) if each]
    if not found:
        raise NoDigitFound
    return min(found, key=lambda each: each.doubt).ink


def _noise(levels: np.ndarray) -> float | None:
    """The deviation of the paper's grain, as a share of white; None for what no camera took."""
    if (np.abs(levels - np.median(levels)) <= 1).mean() > 0.5:  # paper of one shade
        return None
    # A quarter of normal differences are within 0.45 deviations; ink has edges, but fewer of them.
    return float(np.quantile(np.abs(levels - np.roll(levels, 3, (0, 1))), 0.25)) / 0.45 / 255


def _found(levels: np.ndarray, noise: float | None) -> Found | None:
    """The digit that is darker than its paper in grey levels (H, W), if there is one."""
    clean = noise is None
    seen = levels if clean else ndimage.uniform_filter(levels, 3, mode="nearest")
    paper = _paper(seen)
    # Light falls on ink and paper alike, so what is compared is their ratio.
    marks = (1 - seen / paper).clip(0, 1)
    for _ in range(TURNS):
        strong = marks >= marks.max() / 2
        full = float(np.median(marks[strong]))
        depth = float(np.median((paper - seen)[strong])) / 255
        if full < CONTRAST or depth < max(SHALLOW, 6 * (noise or 0)):
            return None
        mask = marks > (FAINT if clean else FLOOR) * full
        digit = _digit(mask, marks, clean)
        if digit is not None:
            sharp = (1 - levels / paper).clip(0, 1)
            if clean:
                drawn = np.where(_beside(mask, digit), 0, sharp / sharp[digit].max())
            else:
                drawn = np.where(widened(digit, 2), (sharp / full - FLOOR) / (1 - FLOOR), 0)
            levels_of_ink = (255 * drawn.clip(0, 1) + 0.5).astype(np.uint8)
            return Found(levels_of_ink, _doubt(digit, levels, paper))
        marks[widened(mask, 2)] = 0
    return None


def _paper(seen: np.ndarray) -> np.ndarray:
    """The paper (H, W) under dark marks: a closing of the grey levels, at least 1.

    What lies at the picture's edge is taken to go on outside it, so that a rim of table stays wide.
    """
    reach = int(STROKE * max(seen.shape)) // 2
    wide = np.pad(seen, reach, mode="edge")
    closed = ndimage.grey_closing(wide, (2 * reach + 1, 2 * reach + 1))
    height, width = seen.shape
    return np.maximum(closed[reach : reach + height, reach : reach + width], 1)


def _digit(mask: np.ndarray, marks: np.ndarray, clean: bool) -> np.ndarray | None:
    """The digit in a mask of marks (H, W), without printed lines unless it is made of them."""
    lines = printed_lines(mask, marks)
    if lines.any():
        digit = digit_of(mask & ~lines, marks, 2, clean=False)
        if digit is not None:
            return digit
    return digit_of(mask, marks, 1, clean)


def _beside(mask: np.ndarray, digit: np.ndarray) -> np.ndarray:
    """The pixels (H, W) of marks that are not the digit's, with the grey of their edges."""
    return widened(mask & ~digit, 2) & ~widened(digit, 1)


def _doubt(digit: np.ndarray, levels: np.ndarray, paper: np.ndarray) -> float:
    """How little a digit (H, W) looks like one: 0 for thin black strokes that stand alone, to 4.

    The share of its box that it fills, the share of the pixels around it that are nearer to its ink
    than to its paper, the share that lies apart from its largest piece, and the contrast that it
    lacks. Where ink and paper are mistaken for each other, the "ink" is a solid area, or what
    strokes enclose, with more of it all around.
    """
    rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    reach = max(height, width) // 2
    around = np.s_[
        max(0, rows[0] - reach) : rows[-1] + reach, max(0, columns[0] - reach) : columns[-1] + reach
    ]
    dark, light = np.median(levels[digit]), np.median(paper[digit])
    beside = ~widened(digit[around], 2)
    crowded = (levels[around][beside] < (dark + light) / 2).mean() if beside.any() else 0
    labels, _ = ndimage.label(digit, np.ones((3, 3)))
    scattered = 1 - np.bincount(labels[digit]).max() / digit.sum()
    filled = digit.sum() / (height * width)
    return float(filled + crowded + scattered + 1 - (light - dark) / 255)
