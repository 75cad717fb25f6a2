"""What the server accepts: every bound by name, and the checks that hold a caller to them.

Whatever arrives from outside passes through here before it is decoded or computed with. A value
that does not pass raises BadRequest, whose message is one sentence for the caller.
"""

import math
from typing import TypeGuard

import torch
from torch import Tensor

from vae import inference
from vae.model import IMAGE_SHAPE, PIXELS

DATA_URI_CHARACTERS = 4_000_000  # of an image's data URI: about 3 MB of file
IMAGE_PIXELS = 2048 * 2048  # of an image, checked before its pixels are decoded
REQUEST_BYTES = 9_000_000  # of a request's body: two images and their JSON
SESSION_CHARACTERS = 64  # of the name of a visit, which Gradio keeps for a while

PAD_SIDE = 112  # pixels: the side of the square that the page's drawing pad sends
LARGEST_SEED = 2**31 - 1
LARGEST_COUNT = 400  # digits of a sheet
LARGEST_TEMPERATURE = 2.0
POSTERIOR_DRAWS = 8  # digits that show what else a drawing could be
LARGEST_COMPLETIONS = 64  # of an image that is partly hidden
# The half of an image that stays visible, as rows and columns.
HALVES = {
    "upper": (slice(0, 14), slice(0, 28)),
    "lower": (slice(14, 28), slice(0, 28)),
    "left": (slice(0, 28), slice(0, 14)),
    "right": (slice(0, 28), slice(14, 28)),
}
LARGEST_AMOUNT = 3.0  # steps along a direction with a name, either way
STEPS = (2, 121)  # frames of an interpolation, both ends included
FRAME_MILLISECONDS = (20, 1000)  # that a frame of a saved animation lasts
TRAVERSED_DIMENSIONS = 10  # latent dimensions that are traversed for one code
TRAVERSAL_VALUES = (-3.0, -2.25, -1.5, -0.75, 0.0, 0.75, 1.5, 2.25, 3.0)  # of each of them
MAP_SIDE = 20  # digits along a side of the map
MAP_CODES = 5000  # test digits that a metrics.json may put on the map
LARGEST_COORDINATE = 100.0  # of a latent code, either sign; the prior's are seldom beyond 4

# Codes leave the server with four decimals, and pictures are decoded from exactly what left: the
# code that a page sends back gives the very picture it was shown.
CODE_DECIMALS = 4


class BadRequest(ValueError):
    """Something a caller sent cannot be used; the message is one sentence that says why."""


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether `value` is a number in JSON, as True is not. NaN is, and fails every comparison."""
    return type(value) in (int, float)


def whole_number(value: object, name: str, least: int, most: int) -> int:
    """`value` as an int in [least, most]; 3.0 counts as whole, True does not. Raises BadRequest."""
    if not is_number(value) or not least <= value <= most or value % 1:
        raise BadRequest(f"{name} must be a whole number from {least} to {most}.")
    return int(value)


def number(value: object, name: str, least: float, most: float) -> float:
    """`value` as a finite float in [least, most]. Raises BadRequest."""
    if not is_number(value) or not least <= value <= most:
        raise BadRequest(f"{name} must be a number from {least:g} to {most:g}.")
    return float(value)


def choice(value: object, name: str, choices: tuple[str, ...]) -> str:
    """`value`, one of `choices`. Raises BadRequest."""
    if not isinstance(value, str) or value not in choices:
        raise BadRequest(f"{name} must be one of: {', '.join(choices)}.")
    return value


def code(
    value: object, name: str, dimensions: int, largest: float = LARGEST_COORDINATE
) -> list[float]:
    """`value` as a latent code: `dimensions` numbers, -largest to largest. Raises BadRequest."""
    if not isinstance(value, list | tuple) or len(value) != dimensions:
        raise BadRequest(f"{name} must be a list of {dimensions} numbers for this model.")
    return [number(entry, f"Each entry of {name}", -largest, largest) for entry in value]


def visible(value: object) -> Tensor:
    """`value` as a mask (1, 28, 28), true where a pixel is visible: one of HALVES, or 784 zeros and
    ones, row by row. Raises BadRequest."""
    mask = torch.zeros(IMAGE_SHAPE, dtype=torch.bool)
    if isinstance(value, str) and value in HALVES:
        rows, columns = HALVES[value]
        mask[:, rows, columns] = True
        return mask
    if not isinstance(value, list) or len(value) != PIXELS or any(x not in (0, 1) for x in value):
        names = ", ".join(HALVES)
        raise BadRequest(f"visible must be one of {names}, or a list of {PIXELS} zeros and ones.")
    return torch.tensor(value, dtype=torch.bool).view(IMAGE_SHAPE)


def direction(value: object, known: tuple[str, ...]) -> str:
    """`value` as the name of a direction of a model; a class may be given as a number. Raises
    BadRequest."""
    if not known:
        raise BadRequest("This model has no directions: train it again, or choose another model.")
    return choice(str(value) if type(value) is int else value, "direction", known)


def amount(value: object) -> float:
    """`value` as a number of steps along a direction. Raises BadRequest."""
    return number(value, "amount", -LARGEST_AMOUNT, LARGEST_AMOUNT)


def digit(value: object, known: range, source: str) -> int | None:
    """`value` as the class that samples are asked for; None is any. Raises BadRequest."""
    if value is None:
        return None
    if not known:
        raise BadRequest("This model's mixture knows no digits: leave digit out.")
    if source != "posterior":
        raise BadRequest('A digit can be asked for only where source is "posterior".')
    return whole_number(value, "digit", known[0], known[-1])


def seed(value: object) -> int:
    """`value` as the seed of a random generator. Raises BadRequest."""
    return whole_number(value, "seed", 0, LARGEST_SEED)


def count(value: object) -> int:
    """`value` as a number of samples. Raises BadRequest."""
    return whole_number(value, "count", 1, LARGEST_COUNT)


def temperature(value: object) -> float:
    """`value` as a scale of the standard deviation. Raises BadRequest."""
    return number(value, "temperature", 0, LARGEST_TEMPERATURE)


def source(value: object) -> str:
    """`value` as a distribution to draw codes from. Raises BadRequest."""
    return choice(value, "source", inference.SOURCES)


def steps(value: object) -> int:
    """`value` as a number of frames, both ends included. Raises BadRequest."""
    return whole_number(value, "steps", *STEPS)


def path(value: object) -> str:
    """`value` as a kind of interpolation. Raises BadRequest."""
    return choice(value, "path", inference.PATHS)


def rounded(values: list[float]) -> list[float]:
    """The values as they leave the server, finite and with CODE_DECIMALS decimals."""
    return [round(value, CODE_DECIMALS) if math.isfinite(value) else 0.0 for value in values]
