"""The aggregate posterior as a mixture of Gaussians, fitted by expectation-maximisation.

The aggregate posterior is the average of q(z|x) over the training set. The prior is what the ELBO
pulls it towards and never quite reaches: codes from the gap between the two decode badly.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from vae.model import VAE, Gaussian

ITERATIONS = 30
# Keeps a component that holds few codes from collapsing onto them.
SMALLEST_VARIANCE = 1e-4


class Mixture(NamedTuple):
    """K Gaussians over codes of D numbers."""

    weights: Tensor  # (K,), sum 1
    means: Tensor  # (K, D)
    covariances: Tensor  # (K, D, D)


@torch.no_grad()
def fit(model: VAE, posteriors: Gaussian, seed: int = 0) -> None:
    """Fit the model's mixture to the posteriors (N, D) of its training images, in place.

    Each posterior counts as the distribution it is, not as a point: a component's covariance is the
    spread of the means it holds plus their own variances.
    """
    means, variances = posteriors.mean.cpu(), posteriors.log_variance.exp().cpu()
    mixture = initial(means, variances, len(model.mixture_weights), seed)
    for _ in range(ITERATIONS):
        mixture = iterate(mixture, means, variances)
    model.mixture_weights.copy_(mixture.weights)
    model.mixture_means.copy_(mixture.means)
    model.mixture_cholesky.copy_(torch.linalg.cholesky(mixture.covariances))


def initial(means: Tensor, variances: Tensor, components: int, seed: int) -> Mixture:
    """Components at random codes, each as wide as all codes together."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(means), (components,), generator=generator)
    spread = torch.cov(means.T, correction=0).reshape(means.shape[1], -1)
    spread = spread + variances.mean(0).diag()
    return Mixture(
        torch.full((components,), 1 / components),
        means[chosen].clone(),
        spread.repeat(components, 1, 1),
    )


def iterate(mixture: Mixture, means: Tensor, variances: Tensor) -> Mixture:
    """One step of expectation-maximisation on posteriors with means and variances (N, D)."""
    shares = responsibilities(mixture, means, variances)  # (N, K)
    held = shares.sum(0).clamp_min(1e-6)
    centres = shares.T @ means / held.unsqueeze(1)
    own = shares.T @ variances / held.unsqueeze(1) + SMALLEST_VARIANCE
    # About each centre: a difference of squares could round to a matrix that is no covariance.
    covariances = torch.stack(
        [
            ((means - centre) * share.unsqueeze(1)).T @ (means - centre) / total
            for share, total, centre in zip(shares.T, held, centres, strict=True)
        ]
    )
    return Mixture(held / held.sum(), centres, covariances + torch.diag_embed(own))


def responsibilities(mixture: Mixture, means: Tensor, variances: Tensor) -> Tensor:
    """Each component's share (N, K) of each posterior: softmax of its expected log density."""
    scores = []
    for weight, centre, covariance in zip(*mixture, strict=True):
        cholesky = torch.linalg.cholesky(covariance)
        inverse = torch.linalg.inv(cholesky)
        quadratic = ((means - centre) @ inverse.T).square().sum(1)
        trace = variances @ inverse.square().sum(0)  # of precision times variance
        log_determinant = 2 * cholesky.diagonal().log().sum()
        scores.append(weight.clamp_min(1e-12).log() - 0.5 * (quadratic + trace + log_determinant))
    return torch.stack(scores, 1).softmax(1)
