"""Directions with a name around one code: what a visitor may change about it, frame by frame."""

from typing import NamedTuple

import torch
from torch import Tensor

from vae import inference
from vae.model import ATTRIBUTES, VAE
from vae.ui.server import bounds
from vae.ui.server.bounds import BadRequest
from vae.ui.server.executor import Executor, decode_many
from vae.ui.server.models import LoadedModel

FRAMES = 33  # of a direction, both ends included
REACH = 2.0  # steps along an attribute's direction, either way
TOWARDS = 1.5  # steps towards a class: at one the code is in the middle of it


class Row(NamedTuple):
    """A direction from a code, as the page takes it."""

    name: str
    values: list[float]  # steps along it, FRAMES of them, ascending
    step: list[float]  # D: one of them


def names_of(model: LoadedModel, towards: object) -> tuple[str, ...]:
    """The directions of a model's attributes, and that towards one class or none. Raises
    BadRequest."""
    if towards is not None:
        towards = bounds.direction(towards, model.directions)
    names = tuple(name for name in model.directions if name in ATTRIBUTES or name == towards)
    if not names:
        raise BadRequest("This model has no directions: choose another model.")
    return names


def row_of(vae: VAE, code: Tensor, name: str) -> Row:
    """A direction from a code (D,)."""
    least, most = (-REACH, REACH) if name in ATTRIBUTES else (0.0, TOWARDS)
    values = torch.linspace(least, most, FRAMES).tolist()
    return Row(name, values, inference.step(vae, code, name).tolist())


def frames(
    model: LoadedModel,
    executor: Executor,
    code: list[float],
    names: tuple[str, ...],
    amounts: dict[str, float],
) -> tuple[list[Row], Tensor]:
    """The directions `names` from a code, and the digits along them: (rows * FRAMES, 1, 28, 28).

    Along a row its direction's amount goes through its values, the others stay at `amounts`.
    """
    start = torch.tensor(code)

    def work(vae: VAE) -> tuple[list[Row], Tensor]:
        rows = [row_of(vae, start, name) for name in names]
        steps = {row.name: torch.tensor(row.step) for row in rows}
        codes = []
        for row in rows:
            others = [amounts[name] * steps[name] for name in amounts if name != row.name]
            fixed = start + sum(others, torch.zeros_like(start))
            codes.append(fixed + torch.tensor(row.values).unsqueeze(1) * steps[row.name])
        return rows, decode_many(vae, torch.cat(codes))

    return executor.run_in_turn(model, work)


def amounts_of(value: object, names: tuple[str, ...]) -> dict[str, float]:
    """`value` as steps by direction, of those that are known. Raises BadRequest."""
    if not isinstance(value, dict):
        raise BadRequest("amounts must name directions and how many steps along each.")
    return {
        bounds.choice(name, "a direction", names): bounds.amount(amount)
        for name, amount in value.items()
    }
