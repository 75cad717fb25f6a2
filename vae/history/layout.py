"""The files of a history: their names, their sizes, and what each picture shows.

weights/<name>/history/history.json    the moments, and where test digits lay on the plane
            <step>-samples.webp          the same codes, decoded
            <step>-reconstructions.webp  the same test digits, each above its reconstruction
            <step>-manifold.webp         two latent dimensions: what the plane decodes to
"""

import base64

import numpy as np
from torch import Tensor

FOLDER = "history"
INDEX = "history.json"
FORM = 1  # of the index; another one is not read
MOST_MOMENTS = 64
LARGEST_FILE = 500_000  # bytes that are read of any file

SAMPLES = 64
RECONSTRUCTIONS = 16
COLUMNS = 8  # of either sheet
PLANE_SIDE = 20  # digits along a side of the manifold
PLACED = 1000  # test digits whose codes are kept

# What each picture shows: how many digits wide and high it is.
PICTURES = {
    "samples": (COLUMNS, SAMPLES // COLUMNS),
    "reconstructions": (COLUMNS, 2 * RECONSTRUCTIONS // COLUMNS),
    "manifold": (PLANE_SIDE, PLANE_SIDE),
}


def picture_name(step: int, name: str) -> str:
    return f"{step:07}-{name}.webp"


def packed(codes: Tensor) -> str:
    """Codes (N, 2) as base64 of little-endian half-precision numbers."""
    most = float(np.finfo(np.float16).max)
    return base64.b64encode(codes.clamp(-most, most).numpy().astype("<f2").tobytes()).decode()


def unpacked(codes: str, count: int) -> list[list[float]]:
    """What `packed` made of `count` codes. Raises ValueError, TypeError."""
    pairs = np.frombuffer(base64.b64decode(codes, validate=True), "<f2").reshape(count, 2)
    if not np.isfinite(pairs).all():
        raise ValueError("a code is not finite")
    return pairs.astype(float).tolist()
