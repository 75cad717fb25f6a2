"""The kinds of pictures, by name: how each lies before the camera."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from tests import drawings
from tests.photos.camera import (
    Colour,
    digit_mask,
    exported,
    flat,
    light,
    mask_of,
    painted,
    polygon,
    taken,
    wood,
)

SIDES = (320, 1400)  # pixels: the longer side of a picture
INKS: tuple[Colour, ...] = ((20, 20, 24), (28, 28, 60), (25, 40, 120), (60, 20, 25), (55, 55, 60))
PAPERS: tuple[Colour, ...] = ((238, 238, 232), (246, 246, 246), (232, 228, 215), (225, 230, 236))


class Photo(NamedTuple):
    """A picture of a digit, and the digit that is on it."""

    picture: Image.Image
    alone: np.ndarray  # (H, W) uint8: its ink alone, bright on black, where it lies
    digit: int


def any_size(rng: np.random.Generator) -> tuple[int, int]:
    """Width and height, upright or lying."""
    long = int(np.exp(rng.uniform(*np.log(SIDES))))
    short = int(long * rng.uniform(0.6, 1))
    return (long, short) if rng.random() < 0.5 else (short, long)


class Sheet:
    """A digit, and the paper that it will be written on."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int] | None = None):
        self.rng = rng
        self.size = size or any_size(rng)
        self.short = min(self.size)
        drawn = drawings.strokes()
        self.drawing, self.digit = drawn[rng.integers(len(drawn))]
        self.paper = PAPERS[rng.integers(len(PAPERS))]
        self.ink = INKS[rng.integers(len(INKS))]
        self.mask = np.zeros(self.size[::-1], np.float32)

    def write(
        self,
        height: tuple[float, float] = (0.3, 0.65),
        pen: tuple[float, float] = (0.04, 0.12),
        within: tuple[float, float, float, float] | None = None,
        angle: float = 4,
    ) -> np.ndarray:
        """The digit's ink, (H, W) in [0, 1]: `height` as a share of the shorter side of `within`
        (left, top, right, bottom), `pen` as a share of the height."""
        rng = self.rng
        left, top, right, bottom = within or (0, 0, *self.size)
        tall = rng.uniform(*height) * min(right - left, bottom - top)
        room = tall / 2 + 0.04 * min(right - left, bottom - top)
        at = (rng.uniform(left + room, right - room), rng.uniform(top + room, bottom - room))
        thick = max(1.2, rng.uniform(*pen) * tall)
        turned = rng.uniform(-angle, angle)
        return digit_mask(self.drawing, self.size, at, tall, thick, turned)

    def photo(self, picture: Image.Image, mask: np.ndarray) -> Photo:
        return Photo(picture, (255 * mask).round().astype(np.uint8), self.digit)


def rules(sheet: Sheet, squared: bool, angle: float = 0, pen: float | None = None) -> np.ndarray:
    """Printed lines over the whole picture, (H, W) in [0, 1]."""
    rng, (width, height) = sheet.rng, sheet.size
    apart = sheet.short * (rng.uniform(0.035, 0.07) if squared else rng.uniform(0.05, 0.09))
    pen = pen or max(1.0, sheet.short * rng.uniform(0.0015, 0.0035))
    reach = 2 * max(sheet.size)
    slope = np.tan(np.radians(angle))
    fan = rng.uniform(-1, 1) * 0.02 / max(sheet.size) if angle else 0  # seen from one side
    middle = np.array([width / 2, height / 2])
    paths = []
    for step in np.arange(-reach, reach, apart) + rng.uniform(0, apart):
        rise = (slope + fan * step) * reach
        along = [[-reach, step - rise], [reach, step + rise]]
        paths.append((np.array(along) + middle).tolist())
        if squared:
            across = [[step + rise, -reach], [step - rise, reach]]
            paths.append((np.array(across) + middle).tolist())
    return mask_of(sheet.size, pen, paths)


def plain(rng: np.random.Generator) -> Photo:
    sheet = Sheet(rng)
    mask = sheet.write()
    levels = painted(flat(sheet.size, sheet.paper), mask, sheet.ink) * light(rng, sheet.size)
    return sheet.photo(taken(rng, levels), mask)


def lined_photo(rng: np.random.Generator) -> Photo:
    """Ruled or squared paper, lines in another colour."""
    sheet = Sheet(rng)
    mask = sheet.write()
    colour = ((150, 185, 220), (205, 170, 175), (170, 200, 185))[rng.integers(3)]
    lines = rules(sheet, rng.random() < 0.5, rng.uniform(-5, 5))
    levels = painted(flat(sheet.size, sheet.paper), lines, colour)
    levels = painted(levels, mask, sheet.ink) * light(rng, sheet.size)
    return sheet.photo(taken(rng, levels), mask)


def thin_pen(rng: np.random.Generator) -> Photo:
    sheet = Sheet(rng)
    mask = sheet.write(pen=(0.012, 0.025))
    levels = painted(flat(sheet.size, sheet.paper), mask, sheet.ink) * light(rng, sheet.size)
    return sheet.photo(taken(rng, levels), mask)


def small_digit(rng: np.random.Generator) -> Photo:
    sheet = Sheet(rng)
    mask = sheet.write(height=(0.07, 0.14), pen=(0.07, 0.13))
    levels = painted(flat(sheet.size, sheet.paper), mask, sheet.ink) * light(rng, sheet.size)
    return sheet.photo(taken(rng, levels), mask)


def blackboard(rng: np.random.Generator) -> Photo:
    sheet = Sheet(rng)
    mask = sheet.write(pen=(0.05, 0.12))
    board = ((40, 55, 48), (45, 46, 50), (30, 32, 30), (60, 75, 66))[rng.integers(4)]
    smear = rng.normal(size=(sheet.size[1] // 40 + 2, sheet.size[0] // 40 + 2))
    smear = np.asarray(
        Image.fromarray(smear.astype(np.float32)).resize(sheet.size, Image.Resampling.BICUBIC)
    )
    levels = flat(sheet.size, board) + 4 * smear[..., None]
    chalk = mask * rng.uniform(0.8, 1, mask.shape).astype(np.float32)
    levels = painted(levels, chalk, (225, 225, 220)) * light(rng, sheet.size)
    return sheet.photo(taken(rng, levels), mask)


def hard_jpeg(rng: np.random.Generator) -> Photo:
    """Small and much compressed."""
    sheet = Sheet(rng, ((160, 120), (200, 200), (240, 320))[rng.integers(3)])
    mask = sheet.write(height=(0.4, 0.7), pen=(0.07, 0.13))
    levels = painted(flat(sheet.size, sheet.paper), mask, sheet.ink) * light(rng, sheet.size)
    return sheet.photo(taken(rng, levels, quality=(12, 30)), mask)


def on_table(
    rng: np.random.Generator, colour: Colour, rim: tuple[float, float], grained: bool = True
) -> Photo:
    """A sheet of paper on a table that is seen all round it, `rim` of each side."""
    sheet = Sheet(rng)
    width, height = sheet.size
    table = wood(rng, sheet.size, colour) if grained else flat(sheet.size, colour)
    angle = np.radians(rng.uniform(-7, 7) if rim[1] > 0.06 else rng.uniform(-1, 1))
    half = np.array([width, height]) * (0.5 - rng.uniform(*rim))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners = corners @ turn * rng.uniform(0.97, 1, (4, 1)) + np.array([width, height]) / 2
    paper = polygon(sheet.size, [tuple(corner) for corner in corners])
    low, high = np.sort(corners[:, 0])[1:3], np.sort(corners[:, 1])[1:3]
    mask = sheet.write((0.35, 0.75), within=(low[0], high[0], low[1], high[1]), angle=8)
    cast = gaussian_filter(paper, sheet.short / 80) * rng.uniform(0, 0.4)  # the paper's own shadow
    table = table * (1 - cast[..., None])
    levels = table + paper[..., None] * (flat(sheet.size, sheet.paper) - table)
    levels = painted(levels, mask, sheet.ink) * light(rng, sheet.size, 0.15)
    return sheet.photo(taken(rng, levels), mask)


def dark_table(rng: np.random.Generator) -> Photo:
    colour = ((66, 46, 36), (45, 35, 30), (90, 60, 45), (50, 52, 58))[rng.integers(4)]
    return on_table(rng, colour, (0.07, 0.13))


def light_table(rng: np.random.Generator) -> Photo:
    """Light wood."""
    colour = ((200, 165, 120), (185, 150, 110), (210, 180, 140), (175, 140, 100))[rng.integers(4)]
    return on_table(rng, colour, (0.07, 0.15))


def white_table(rng: np.random.Generator) -> Photo:
    return on_table(rng, (215, 215, 212), (0.07, 0.13), grained=False)


def rim(rng: np.random.Generator) -> Photo:
    """A narrow rim of table round the paper."""
    colour = ((66, 46, 36), (150, 115, 80), (200, 165, 120), (70, 72, 78))[rng.integers(4)]
    return on_table(rng, colour, (0.01, 0.05))


def lined_export(rng: np.random.Generator, squared: bool) -> Photo:
    """Lined paper without grain, as a program draws it."""
    sheet = Sheet(rng)
    mask = sheet.write(pen=(0.03, 0.1), angle=0)
    shade = rng.uniform(170, 215)
    colour = ((shade,) * 3, (shade - 30, shade, 235))[rng.integers(2)]
    lines = rules(sheet, squared, pen=float(rng.integers(1, 4)))
    levels = painted(flat(sheet.size, sheet.paper), lines, colour)
    return sheet.photo(exported(painted(levels, mask, sheet.ink)), mask)


def ruled_export(rng: np.random.Generator) -> Photo:
    return lined_export(rng, squared=False)


def squared_export(rng: np.random.Generator) -> Photo:
    return lined_export(rng, squared=True)


def pencil(rng: np.random.Generator) -> Photo:
    """Pencil as light as the printed lines."""
    sheet = Sheet(rng)
    mask = sheet.write(height=(0.35, 0.7), pen=(0.025, 0.07))
    shade = rng.uniform(125, 190)
    lines = rules(sheet, rng.random() < 0.35, rng.uniform(-4, 4))
    levels = painted(flat(sheet.size, sheet.paper), lines, (shade + rng.uniform(-10, 15),) * 3)
    levels = painted(levels, mask, (shade,) * 3) * light(rng, sheet.size, 0.15)
    return sheet.photo(taken(rng, levels), mask)


def boxed(rng: np.random.Generator, margin: tuple[float, float]) -> Photo:
    """A digit in a printed box, whose sides lie `margin` of the picture from its edge."""
    sheet = Sheet(rng)
    (width, height), pen = sheet.size, max(1.5, sheet.short * rng.uniform(0.003, 0.012))
    left, top, right, bottom = rng.uniform(*margin, 4) * (width, height, width, height)
    right, bottom = width - right, height - bottom
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]])
    camera = rng.random() < 0.5
    if camera:  # held a little askew
        corners[:, 0] += rng.uniform(-0.02, 0.02) * (corners[:, 1] - height / 2)
        corners[:, 1] += rng.uniform(-0.02, 0.02) * (corners[:, 0] - width / 2)
    box = mask_of(sheet.size, pen, [corners.tolist()])
    mask = sheet.write((0.4, 0.75), within=(left, top, right, bottom))
    shade = rng.uniform(20, 110)
    levels = painted(flat(sheet.size, sheet.paper), box, (shade,) * 3)
    levels = painted(levels, mask, sheet.ink)
    if not camera:
        return sheet.photo(exported(levels), mask)
    return sheet.photo(taken(rng, levels * light(rng, sheet.size)), mask)


def box_at_edge(rng: np.random.Generator) -> Photo:
    return boxed(rng, (0.0, 0.02))


def box_inside(rng: np.random.Generator) -> Photo:
    return boxed(rng, (0.05, 0.25))


def shadow(rng: np.random.Generator) -> Photo:
    """A hard-edged shadow across the paper."""
    sheet = Sheet(rng)
    width, height = sheet.size
    mask = sheet.write()
    turn, reach = rng.uniform(0, 2 * np.pi), 2 * max(sheet.size)
    way, along = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    edge = np.array([width, height]) * (0.5 + rng.uniform(-0.2, 0.2, 2))
    corners = [edge - along * reach, edge + along * reach]
    corners += [corners[1] + way * reach, corners[0] + way * reach]
    dark = polygon(sheet.size, [tuple(corner) for corner in corners])
    dark = gaussian_filter(dark, rng.choice((0, 0, 2, 6)))[..., None]
    levels = painted(flat(sheet.size, sheet.paper), mask, sheet.ink) * light(rng, sheet.size, 0.15)
    return sheet.photo(taken(rng, levels * (1 - dark * rng.uniform(0.2, 0.65))), mask)


KINDS: dict[str, Callable[[np.random.Generator], Photo]] = {
    function.__name__: function
    for function in (
        plain, lined_photo, white_table, thin_pen, small_digit, blackboard, hard_jpeg,
        dark_table, light_table, rim, ruled_export, squared_export, pencil,
        box_at_edge, box_inside, shadow,
    )
}  # fmt: skip
