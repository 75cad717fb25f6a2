"""The aggregate posterior as a mixture of Gaussians, fitted by expectation-maximisation.

The aggregate posterior is the average of q(z|x) over the training set. The prior is what the ELBO
pulls it towards and never quite reaches: codes from the gap between the two decode badly.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from vae.model import VAE, Gaussian

# Codes of test images had 0.05 nats less of density after 30, and 0.01 more after 120.
ITERATIONS = 60
# Keeps a component that holds few codes from collapsing onto them.
SMALLEST_VARIANCE = 1e-4
# Numbers that are worked on at once: 2 MB, which stay in a processor's cache.
CELLS = 2**19


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
    covariances = torch.diag_embed(shares.T @ variances)
    # About each centre: a difference of squares could round to a matrix that is no covariance.
    some = at_once(mixture)
    for part, share in zip(means.split(some), shares.T.split(some, 1), strict=True):
        apart = part - centres.unsqueeze(1)  # (K, n, D)
        covariances += (apart * share.unsqueeze(2)).mT @ apart
    covariances /= held.view(-1, 1, 1)
    covariances.diagonal(dim1=1, dim2=2).add_(SMALLEST_VARIANCE)
    return Mixture(held / held.sum(), centres, covariances)


def responsibilities(mixture: Mixture, means: Tensor, variances: Tensor) -> Tensor:
    """Each component's share (N, K) of each posterior: softmax of its expected log density."""
    cholesky = torch.linalg.cholesky(mixture.covariances)
    inverse = torch.linalg.inv(cholesky)
    middle = inverse @ mixture.means.unsqueeze(2)  # (K, D, 1)
    quadratic = torch.cat(
        [
            (inverse @ part.T - middle).square().sum(1).T  # (n, K)
            for part in means.split(at_once(mixture))
        ]
    )
    traces = variances @ inverse.square().sum(1).T  # of precision times variance
    log_determinants = 2 * cholesky.diagonal(dim1=1, dim2=2).log().sum(1)
    priors = mixture.weights.clamp_min(1e-12).log()
    return (priors - 0.5 * (quadratic + traces + log_determinants)).softmax(1)


def at_once(mixture: Mixture) -> int:
    """How many posteriors to compare with every component at once."""
    return max(1, CELLS // mixture.means.numel())
