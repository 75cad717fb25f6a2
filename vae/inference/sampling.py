"""Codes that nobody has drawn: from the prior, from the aggregate posterior, of one class."""

import math

import torch
from torch import Tensor

from vae.inference.network import decode
from vae.model import VAE

SOURCES = ("prior", "posterior")


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


def classes_of(model: VAE) -> range:
    """The classes that a model can be asked for: none before its mixture is fitted to them."""
    return range(model.mixture_classes if model.mixture_means.any() else 0)


def components_of(model: VAE, digit: int) -> slice:
    """The mixture's components that were fitted to a class. Raises ValueError."""
    if digit not in classes_of(model):
        raise ValueError(f"digit must be one that the model's mixture knows, not {digit!r}")
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
