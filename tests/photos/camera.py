"""What lies before a camera, and the camera: masks and colours in, an RGB picture out."""

import io
import math

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from tests.drawings import Drawing

FINE = 2  # masks are drawn this many times as large, then area-averaged: smooth edges

Colour = tuple[float, float, float]


def digit_mask(
    drawing: Drawing,
    size: tuple[int, int],
    at: tuple[float, float],
    height: float,
    pen: float,
    angle: float = 0,
) -> np.ndarray:
    """The ink of a drawing on a picture of `size` (width, height): (H, W) float32 in [0, 1].

    Its middle lies `at` x, y; its longer side is `height` and the pen `pen` pixels wide; `angle` in
    degrees turns it.
    """
    points = np.array([point for stroke in drawing for point in stroke], dtype=float)
    middle = (points.min(0) + points.max(0)) / 2
    scale = (height - pen) / max(np.ptp(points, axis=0).max(), 1)
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turn = np.array([[c, s], [-s, c]])
    return mask_of(
        size,
        pen,
        [((np.array(stroke) - middle) @ turn * scale + at).tolist() for stroke in drawing],
    )


def mask_of(size: tuple[int, int], pen: float, paths: list[list[list[float]]]) -> np.ndarray:
    """Strokes (lists of points x, y, in pixels) of a round pen: (H, W) float32 in [0, 1]."""
    fine = Image.new("L", (size[0] * FINE, size[1] * FINE))
    brush = ImageDraw.Draw(fine)
    radius = pen * FINE / 2
    for path in paths:
        points = [(x * FINE, y * FINE) for x, y in path]
        if len(points) > 1:
            brush.line(points, fill=255, width=max(1, round(pen * FINE)), joint="curve")
        for x, y in points:
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(fine.resize(size, Image.Resampling.BOX), np.float32) / 255


def polygon(size: tuple[int, int], corners: list[tuple[float, float]]) -> np.ndarray:
    """A filled polygon: (H, W) float32 in [0, 1]."""
    fine = Image.new("L", (size[0] * FINE, size[1] * FINE))
    ImageDraw.Draw(fine).polygon([(x * FINE, y * FINE) for x, y in corners], fill=255)
    return np.asarray(fine.resize(size, Image.Resampling.BOX), np.float32) / 255


def flat(size: tuple[int, int], colour: Colour) -> np.ndarray:
    """One colour all over: (H, W, 3) float32."""
    return np.full((size[1], size[0], 3), colour, np.float32)


def painted(levels: np.ndarray, mask: np.ndarray, colour: Colour) -> np.ndarray:
    """The picture (H, W, 3) with a colour laid over it where the mask (H, W) says."""
    return levels + mask[..., None] * (np.array(colour, np.float32) - levels)


def wood(rng: np.random.Generator, size: tuple[int, int], colour: Colour) -> np.ndarray:
    """A table's boards, with grain along them: (H, W, 3) float32."""
    width, height = size
    coarse = ndimage.gaussian_filter(rng.normal(size=(height, max(2, width // 16))), (0.8, 3))
    broad = ndimage.gaussian_filter1d(rng.normal(size=(height, 1)), 12, axis=0)
    grain = np.repeat(coarse / coarse.std(), 16, axis=1)
    grain = np.pad(grain, ((0, 0), (0, 16)), mode="edge")[:, :width]
    grain = rng.uniform(0.02, 0.07) * grain + rng.uniform(0.02, 0.08) * broad / broad.std()
    if rng.random() < 0.3:
        grain = np.rot90(np.pad(grain, max(size) // 4, mode="reflect"))
        top, left = (grain.shape[0] - height) // 2, (grain.shape[1] - width) // 2
        grain = grain[top : top + height, left : left + width]
    return np.array(colour, np.float32) * (1 + grain[..., None]).astype(np.float32)


def light(rng: np.random.Generator, size: tuple[int, int], strength: float = 0.25) -> np.ndarray:
    """Uneven light: a slope and darker corners, (H, W, 1) float32 around 1."""
    down, across = np.meshgrid(*(np.linspace(-1, 1, side) for side in size[::-1]), indexing="ij")
    slope = rng.uniform(-1, 1, 2) * strength / 2
    corners = rng.uniform(0, strength / 2)
    fall = 1 + slope[0] * down + slope[1] * across - corners * (down**2 + across**2) / 2
    return fall[..., None].astype(np.float32)


def taken(
    rng: np.random.Generator,
    levels: np.ndarray,
    blur: tuple[float, float] = (0.4, 1.2),
    grain: tuple[float, float] = (1.5, 6),
    quality: tuple[int, int] = (60, 93),
) -> Image.Image:
    """The picture (H, W, 3) as a camera takes it: lens, grain and JPEG."""
    deviation = rng.uniform(*blur)
    seen = ndimage.gaussian_filter(levels, (deviation, deviation, 0))
    shared = rng.normal(size=(*levels.shape[:2], 1)) * rng.uniform(*grain)
    seen = seen + shared + rng.normal(size=levels.shape) * rng.uniform(0, grain[0])
    buffer = io.BytesIO()
    picture = Image.fromarray(seen.clip(0, 255).astype(np.uint8))
    picture.save(buffer, "JPEG", quality=int(rng.integers(*quality)))
    return Image.open(buffer)


def exported(levels: np.ndarray) -> Image.Image:
    """The picture (H, W, 3) as a program writes it: no grain, no loss."""
    return Image.fromarray(levels.clip(0, 255).round().astype(np.uint8))
