"""The plane of two-dimensional codes: which part of it a map shows, and the codes of its cells."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

# The circle that holds all but one in a hundred of the prior's codes: P(|z| > r) = exp(-r^2 / 2).
PRIOR_RADIUS = math.sqrt(2 * math.log(100))
OUTSIDE = 0.2  # share of the codes beyond that circle above which they have left the prior


class Square(NamedTuple):
    """A part of the plane of two-dimensional codes."""

    left: float
    bottom: float
    side: float


def square_of(codes: Tensor) -> Square | None:
    """The square that holds two-dimensional codes (N, 2) and the prior's circle.

    None where the codes have not left the prior: then its quantiles are the better axes.
    """
    if (codes.norm(dim=1) > PRIOR_RADIUS).double().mean() <= OUTSIDE:
        return None
    least = codes.amin(0).clamp_max(-PRIOR_RADIUS)
    most = codes.amax(0).clamp_min(PRIOR_RADIUS)
    side = float((most - least).max()) * 1.04  # a margin on either side
    left, bottom = ((least + most - side) / 2).tolist()
    return Square(left, bottom, side)


def axes(square: Square | None, count: int) -> tuple[Tensor, Tensor]:
    """The middles of `count` columns and of `count` rows of a map, (count,) each, ascending.

    They are equally far apart on a square, and equally probable under the prior for None.
    """
    shares = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    if square is None:
        quantiles = (math.sqrt(2) * torch.special.erfinv(2 * shares - 1)).float()
        return quantiles, quantiles
    across, up = (start + square.side * shares for start in (square.left, square.bottom))
    return across.float(), up.float()


def plane(square: Square | None, side: int) -> Tensor:
    """The codes (side^2, 2) of a map, row by row from the top.

    The second dimension descends, the first ascends along a row, as on a plot (Kingma & Welling,
    figure 4).
    """
    across, up = axes(square, side)
    return torch.cartesian_prod(up.flip(0), across).flip(1)
