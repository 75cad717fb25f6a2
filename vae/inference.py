"""A frozen VAE at work: tensors in, CPU tensors out, nothing kept.

Images are (B, 1, 28, 28) probabilities in [0, 1], codes are (B, D). Randomness comes from a seed
and is drawn on the CPU: one seed is one picture on every device. Knows nothing of training.
"""

import math

import torch
from torch import Tensor

from vae.model import VAE, Gaussian

SOURCES = ("prior", "posterior")
PATHS = ("linear", "spherical")


@torch.inference_mode()
def encode(model: VAE, images: Tensor) -> Gaussian:
    """The posterior q(z|x) of images (B, 1, 28, 28) or (B, 784): deterministic.

    Its mean is the code that stands for an image everywhere on the page, so that nothing flickers.
    """
    posterior = model.encode(images.to(model.device))
    return Gaussian(posterior.mean.cpu(), posterior.log_variance.cpu())


@torch.inference_mode()
def decode_logits(model: VAE, codes: Tensor) -> Tensor:
    """The pixel logits (B, 1, 28, 28) of codes (B, D): what the reconstruction term needs."""
    return model.decode(codes.to(model.device)).cpu()


def decode(model: VAE, codes: Tensor) -> Tensor:
    """p(x = 1 | z) for codes (B, D): probabilities (B, 1, 28, 28)."""
    return decode_logits(model, codes).sigmoid()


def reconstruct(model: VAE, images: Tensor) -> Tensor:
    """The decoded posterior means of images (B, 1, 28, 28) or (B, 784): (B, 1, 28, 28)."""
    return decode(model, encode(model, images).mean)


@torch.inference_mode()
def sample_codes(
    model: VAE,
    count: int,
    *,
    seed: int = 0,
    temperature: float = 1.0,
    source: str = "prior",
    digit: int | None = None,
) -> Tensor:
    """Draw `count` codes (count, D) from the prior N(0, I), or from the aggregate posterior.

    The aggregate posterior is the mixture that was fitted to the codes of the training set; with a
    `digit`, the part of it that was fitted to that class. `temperature` scales the standard
    deviation: of the prior, or of each of the mixture's components about its mean. The first codes
    of a seed do not depend on `count`. Raises ValueError for a digit that the mixture does not know
    and for one of the prior.
    """
    if source not in SOURCES:
        raise ValueError(f"source must be one of {SOURCES}, not {source!r}")
    if digit is not None and source != "posterior":
        raise ValueError('a digit can be asked of the source "posterior" only')
    known = slice(None) if digit is None else components_of(model, digit)
    generator = torch.Generator().manual_seed(seed)
    # One row of noise a code: the last column picks the mixture's component, so the prior and the
    # posterior sheets of one seed share their noise. Torch draws normals in blocks of 16 and treats
    # a last partial block differently: whole blocks make the first rows independent of `count`.
    columns = model.latent_dim + 1
    blocks = math.ceil(count * columns / 16)
    noise = torch.randn(blocks * 16, generator=generator)[: count * columns].view(count, columns)
    noise, pick = noise[:, :-1] * temperature, noise[:, -1]
    if source == "prior":
        return noise
    weights = model.mixture_weights[known].cpu().double()
    if not weights.any():  # a class without a training image
        weights = torch.ones_like(weights)
    cumulative = weights.cumsum(0)
    uniform = torch.special.ndtr(pick.double()) * cumulative[-1]
    component = torch.searchsorted(cumulative, uniform).clamp_max(len(cumulative) - 1)
    means, cholesky = model.mixture_means[known].cpu(), model.mixture_cholesky[known].cpu()
    # Not as a matrix product: its rounding depends on how many there are.
    return means[component] + (cholesky[component] * noise.unsqueeze(1)).sum(2)


def components_of(model: VAE, digit: int) -> slice:
    """The mixture's components that were fitted to a class. Raises ValueError."""
    if digit not in range(model.mixture_classes):
        raise ValueError(
            f"this model's mixture knows no digit {digit}"
            + (f": ask for 0 to {model.mixture_classes - 1}" if model.mixture_classes else "")
        )
    each = len(model.mixture_weights) // model.mixture_classes
    return slice(digit * each, (digit + 1) * each)


def sample(
    model: VAE,
    count: int,
    *,
    seed: int = 0,
    temperature: float = 1.0,
    source: str = "prior",
    digit: int | None = None,
) -> Tensor:
    """`sample_codes`, decoded: probabilities (count, 1, 28, 28)."""
    codes = sample_codes(
        model, count, seed=seed, temperature=temperature, source=source, digit=digit
    )
    return decode(model, codes)


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


def standard_normal_quantiles(count: int) -> Tensor:
    """The centres (count,) of `count` bins of equal probability under N(0, 1), ascending."""
    probabilities = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    return (math.sqrt(2) * torch.special.erfinv(2 * probabilities - 1)).float()


def manifold(model: VAE, side: int) -> Tensor:
    """A model with two latent dimensions, decoded over the prior's quantiles: (side^2, 1, 28, 28).

    Row by row from the top: the second dimension descends, the first ascends along a row, as on a
    plot (Kingma & Welling, figure 4). Raises ValueError for any other number of dimensions.
    """
    if model.latent_dim != 2:
        raise ValueError(f"a manifold needs 2 latent dimensions, not {model.latent_dim}")
    axis = standard_normal_quantiles(side)
    return decode(model, torch.cartesian_prod(axis.flip(0), axis).flip(1))
