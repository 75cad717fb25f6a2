"""Ways through latent space: between two codes, along a dimension or a direction."""

import torch
from torch import Tensor

from vae import mixture
from vae.inference.network import decode
from vae.inference.sampling import classes_of
from vae.model import ATTRIBUTES, VAE

PATHS = ("linear", "spherical")


def interpolate_codes(start: Tensor, end: Tensor, steps: int, path: str = "linear") -> Tensor:
    """`steps` codes (steps, D) from `start` (D,) to `end` (D,), both included exactly; steps >= 2.

    "linear" is the straight line. "spherical" turns the direction along the great circle
    (Shoemake, 1985) while the length changes linearly, so that codes stay as far from the origin as
    the prior's are. It is defined where no great circle is: from or to a zero code it is the
    straight line, and opposite codes are joined through a direction at right angles to both.
    """
    if path not in PATHS:
        raise ValueError(f"path must be one of {PATHS}, not {path!r}")
    if steps < 2:
        raise ValueError(f"steps must be at least 2, not {steps}")
    t = torch.linspace(0, 1, steps, dtype=torch.float64).unsqueeze(1)
    a, b = start.double(), end.double()
    codes = (1 - t) * a + t * b if path == "linear" else _great_circle(a, b, t)
    codes = codes.to(start.dtype)
    codes[0], codes[-1] = start, end
    return codes


def _great_circle(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Spherical interpolation of direction, linear interpolation of length, in float64."""
    length_a, length_b = a.norm(), b.norm()
    if min(length_a, length_b) < 1e-6:
        return (1 - t) * a + t * b
    unit_a, unit_b = a / length_a, b / length_b
    cosine = (unit_a @ unit_b).clamp(-1, 1)
    across = unit_b - cosine * unit_a
    if across.norm() < 1e-6:
        if cosine > 0 or len(a) == 1:  # the same direction, or no other one to turn through
            return (1 - t) * a + t * b
        # Opposite: any plane will do; the axis that a leans on least gives the same one each time.
        axis = torch.zeros_like(unit_a)
        axis[unit_a.abs().argmin()] = 1
        across = axis - (axis @ unit_a) * unit_a
    across = across / across.norm()
    angle = torch.acos(cosine) * t
    direction = angle.cos() * unit_a + angle.sin() * across
    return direction * ((1 - t) * length_a + t * length_b)


def interpolate(model: VAE, start: Tensor, end: Tensor, steps: int, path: str = "linear") -> Tensor:
    """The decoded codes from `start` (D,) to `end` (D,): probabilities (steps, 1, 28, 28)."""
    return decode(model, interpolate_codes(start, end, steps, path))


def traverse(model: VAE, code: Tensor, dimension: int, values: Tensor) -> Tensor:
    """`code` (D,) with one dimension set to each of `values` (N,): probabilities (N, 1, 28, 28)."""
    codes = code.repeat(len(values), 1)
    codes[:, dimension] = values
    return decode(model, codes)


def directions_of(model: VAE) -> tuple[str, ...]:
    """The directions that `steer` knows for a model: attributes, and classes to go towards.

    None before they are fitted.
    """
    fitted = model.directions is not None and model.directions.any()
    return (ATTRIBUTES if fitted else ()) + tuple(map(str, classes_of(model)))


@torch.inference_mode()
def step(model: VAE, code: Tensor, direction: str) -> Tensor:
    """One step (D,) from a code (D,) along a direction with a name, one of `directions_of`.

    An attribute changes by its standard deviation within classes. Towards a class, a step is the
    difference between the mean of that class's codes and the mean of the code's own class, as far
    as the mixture can tell it. Raises ValueError for any other name.
    """
    if direction not in directions_of(model):
        known = ", ".join(directions_of(model)) or "none"
        raise ValueError(f"direction must be one of those of this model ({known})")
    shares = mixture.responsibilities(mixture.of(model), code.unsqueeze(0))[0].to(code)  # (K,)
    if model.directions is not None and direction in ATTRIBUTES:
        return shares @ model.directions[:, ATTRIBUTES.index(direction)].cpu()
    by_class = (model.mixture_classes, -1)
    weights = model.mixture_weights.cpu().view(by_class).clamp_min(1e-12)
    weights = weights / weights.sum(1, keepdim=True)
    means = (weights.unsqueeze(2) * model.mixture_means.cpu().view(*by_class, len(code))).sum(1)
    return means[int(direction)] - shares.view(by_class).sum(1) @ means


def steer_codes(model: VAE, code: Tensor, direction: str, amounts: Tensor) -> Tensor:
    """`code` (D,) and each of `amounts` (N,) steps along a direction: codes (N, D)."""
    return code + amounts.unsqueeze(1) * step(model, code, direction)


def steer(model: VAE, code: Tensor, direction: str, amounts: Tensor) -> Tensor:
    """`steer_codes`, decoded: probabilities (N, 1, 28, 28). No step at all is `code` itself."""
    return decode(model, steer_codes(model, code, direction, amounts))
