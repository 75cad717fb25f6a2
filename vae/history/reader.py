"""Reads a history, which may be absent, damaged or another program's."""

import io
import json
import math
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from vae.history.layout import (
    FOLDER,
    FORM,
    INDEX,
    LARGEST_FILE,
    MOST_MOMENTS,
    PICTURES,
    picture_name,
    unpacked,
)
from vae.history.plane import Square


class Moment(NamedTuple):
    """What is known of the model after `step` steps; pictures are WebP files."""

    step: int
    test_reconstruction: float  # nats per test image
    test_kl: float
    samples: bytes
    reconstructions: bytes
    manifold: bytes | None  # of two latent dimensions only, as `codes`
    square: Square | None  # what the manifold covers; None: the prior's quantiles
    codes: list[list[float]] | None  # of PLACED test digits


class History(NamedTuple):
    """The moments of a run, the first ones first."""

    steps_per_epoch: int
    labels: str  # a character from 0 to 9 for each code of a moment
    moments: list[Moment]


def load(weights: Path, latent_dim: int) -> History | None:
    """The history in a weights folder.

    None where it holds none, a damaged one, or that of a model with other latent dimensions: a
    model is shown without.
    """
    folder = weights / FOLDER
    index = read_index(folder)
    try:
        if index is None or index["latent_dim"] != latent_dim:
            return None
        labels = index["labels"]
        if not isinstance(labels, str) or not set(labels) <= set("0123456789"):
            return None
        moments = [
            moment_of(entry, folder, len(labels), latent_dim == 2) for entry in index["moments"]
        ]
        steps_per_epoch = whole(index["steps_per_epoch"])
    except (KeyError, TypeError, ValueError, OSError, Image.DecompressionBombError):
        return None
    return History(max(1, steps_per_epoch), labels, moments)


def read_index(folder: Path) -> dict | None:
    """The index as far as its outline goes: FORM, and moments with ascending steps; else None."""
    try:
        index = json.loads(read(folder / INDEX))
        steps = [whole(moment["step"]) for moment in index["moments"]]
    except (OSError, KeyError, TypeError, ValueError, RecursionError):
        return None
    ascending = steps == sorted(set(steps)) and 0 < len(steps) <= MOST_MOMENTS
    return index if index.get("form") == FORM and ascending else None


def moment_of(entry: dict, folder: Path, digits: int, flat: bool) -> Moment:
    """A moment from its entry in the index and its pictures.

    Raises KeyError, TypeError, ValueError or OSError for anything that is not as it was written.
    """
    pictures = {
        name: read_picture(folder / picture_name(entry["step"], name), *size)
        for name, size in PICTURES.items()
        if flat or name != "manifold"
    }
    square = entry["square"] if flat else None
    if square is not None:
        square = Square(*map(number, square))
        if square.side <= 0:
            raise ValueError("a square has no extent")
    return Moment(
        step=entry["step"],
        test_reconstruction=number(entry["test_reconstruction"]),
        test_kl=number(entry["test_kl"]),
        samples=pictures["samples"],
        reconstructions=pictures["reconstructions"],
        manifold=pictures.get("manifold"),
        square=square,
        codes=unpacked(entry["codes"], digits) if flat else None,
    )


def read_picture(file: Path, columns: int, rows: int) -> bytes:
    """A WebP file of `columns` by `rows` digits. Raises OSError, ValueError."""
    content = read(file)
    with Image.open(io.BytesIO(content), formats=("WEBP",)) as picture:
        if picture.size != (28 * columns, 28 * rows):
            raise ValueError(f"{file} is not {columns} by {rows} digits")
        picture.load()  # raises for what is cut off
    return content


def read(file: Path) -> bytes:
    """A file of a history. Raises OSError, and ValueError for one too large to be of any."""
    with file.open("rb") as stream:
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValueError(f"{file} is too large")
    return content


def number(value: object) -> float:
    """A finite number. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


def whole(value: object) -> int:
    """A whole number, 0 or above. Raises ValueError."""
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a whole number")
    return value
