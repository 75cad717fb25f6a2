"""The aggregate posterior as a mixture of diagonal Gaussians, fitted by expectation-maximisation.

The aggregate posterior is the average of q(z|x) over the training set. The prior is what the ELBO
pulls it towards and never quite reaches: codes from the gap between the two decode badly.
"""

import math

import torch
from torch import Tensor

from vae.model import VAE, Gaussian

ITERATIONS = 60
CHUNK = 10_000
SMALLEST_VARIANCE = 1e-4


@torch.no_grad()
def fit(model: VAE, posteriors: Gaussian, seed: int = 0) -> None:
    """Fit the model's mixture to the posteriors (N, D) of its training images, in place.

    Each posterior counts as the distribution it is, not as a point: a component's variance is the
    spread of the means it holds plus their own variances.
    """
    means, variances = posteriors.mean.cpu(), posteriors.log_variance.exp().cpu()
    components = len(model.mixture_weights)
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(means), generator=generator)[:components]
    chosen = chosen[torch.arange(components) % len(chosen)]  # fewer images than components
    mixture = (
        torch.full((components,), 1 / components),
        means[chosen].clone(),
        (means.var(0, correction=0) + variances.mean(0)).expand(components, -1).clone(),
    )
    for _ in range(ITERATIONS):
        mixture = _iterate(mixture, means, variances)
    for name, value in zip(("weights", "means", "variances"), mixture, strict=True):
        getattr(model, f"mixture_{name}").copy_(value)


def _iterate(
    mixture: tuple[Tensor, Tensor, Tensor], means: Tensor, variances: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """One step of EM: weights (K,), means (K, D), variances (K, D)."""
    weights, centres, spreads = mixture
    count = torch.zeros_like(weights)
    first = torch.zeros_like(centres)
    second = torch.zeros_like(centres)
    for mean, variance in zip(means.split(CHUNK), variances.split(CHUNK), strict=True):
        square = mean.square() + variance
        share = _responsibilities(weights, centres, spreads, mean, square)
        count += share.sum(0)
        first += share.T @ mean
        second += share.T @ square
    held = count.clamp_min(1e-6).unsqueeze(1)
    centres = first / held
    spreads = (second / held - centres.square()).clamp_min(SMALLEST_VARIANCE)
    return count / count.sum(), centres, spreads


def _responsibilities(
    weights: Tensor, centres: Tensor, spreads: Tensor, mean: Tensor, square: Tensor
) -> Tensor:
    """Each component's share (N, K) of each posterior: softmax of its expected log density."""
    precision = 1 / spreads
    quadratic = square @ precision.T - 2 * mean @ (centres * precision).T
    constant = (centres.square() * precision + spreads.log() + math.log(2 * math.pi)).sum(1)
    return (weights.clamp_min(1e-12).log() - 0.5 * (quadratic + constant)).softmax(1)
