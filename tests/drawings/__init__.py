"""Six hundred digits that people drew with a pen, as strokes and as canvases. See README.md."""

import functools
import gzip
import json
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

FILE = Path(__file__).with_name("strokes.json.gz")
SIDE = 280  # pixels of a canvas
FINE = 2  # canvases are drawn this many times as large, then area-averaged: smooth edges
SMALLEST, LARGEST = 0.35, 0.9  # of the canvas: a digit's longer side
BRUSHES = (12, 16, 20, 26)  # pixels: diameters
MARGIN = 2  # pixels of paper between the ink and the canvas's edge

Drawing = list[list[list[float]]]  # strokes of points [x, y], y downwards


@functools.cache
def strokes() -> list[tuple[Drawing, int]]:
    """Every drawing and its digit, sorted by digit."""
    by_digit = json.loads(gzip.decompress(FILE.read_bytes()))
    return [(drawing, int(digit)) for digit in sorted(by_digit) for drawing in by_digit[digit]]


def canvases(seed: int = 0) -> tuple[list[np.ndarray], list[int]]:
    """Every drawing on a canvas (SIDE, SIDE) uint8, ink bright on black, and its digit."""
    rng = random.Random(seed)
    drawn = strokes()
    return [on_canvas(drawing, rng) for drawing, _ in drawn], [digit for _, digit in drawn]


def on_canvas(drawing: Drawing, rng: random.Random) -> np.ndarray:
    """A drawing as a visitor might make it: any size, any place, a round brush of some width."""
    points = np.array([point for stroke in drawing for point in stroke], dtype=float)
    corner, extent = points.min(0), np.ptp(points, axis=0)
    scale = SIDE * rng.uniform(SMALLEST, LARGEST) / max(extent.max(), 1)
    brush = rng.choice(BRUSHES)
    least = brush / 2 + MARGIN
    place = [rng.uniform(least, max(least, SIDE - side - least)) for side in extent * scale]

    fine = Image.new("L", (SIDE * FINE, SIDE * FINE))
    pen = ImageDraw.Draw(fine)
    for stroke in drawing:
        path = [tuple(point) for point in ((stroke - corner) * scale + place) * FINE]
        if len(path) > 1:
            pen.line(path, fill=255, width=brush * FINE, joint="curve")
        for x, y in path:
            radius = brush * FINE / 2
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(fine.resize((SIDE, SIDE), Image.Resampling.BOX))
