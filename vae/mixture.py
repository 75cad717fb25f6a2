"""The aggregate posterior as a mixture of Gaussians, fitted class by class.

The aggregate posterior is the average of q(z|x) over the training set. The ELBO pulls it towards
the prior, which it never quite reaches: codes from the gap between the two decode badly. Fitted
class by class, the mixture can also be asked for a class. Knows nothing of images.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from vae.model import VAE, Gaussian

ITERATIONS = 60  # of expectation-maximisation
# Keeps a component that holds few codes from collapsing onto them; relative to the codes' variance.
SMALLEST_VARIANCE = 1e-4
CELLS = 2**18  # numbers that are worked on at once, so that they stay in a processor's cache


class Mixture(NamedTuple):
    """K Gaussians over codes of D numbers."""

    weights: Tensor  # (K,), sum 1
    means: Tensor  # (K, D)
    scale_tril: Tensor  # (K, D, D): the Cholesky factors of the covariances


def of(model: VAE) -> Mixture:
    """The mixture that was fitted to a model, float64 on the CPU."""
    fitted = (model.mixture_weights, model.mixture_means, model.mixture_cholesky)
    return Mixture(*(value.cpu().double() for value in fitted))


@torch.no_grad()
def fit(model: VAE, posteriors: Gaussian, labels: Tensor, seed: int = 0) -> None:
    """Fit the model's mixture to the posteriors (N, D) of its training images, in place.

    A model with `mixture_classes` gets an equal number of components for each, fitted to the
    images with that label (N,), and weighs them by the class's share of all images. The
    components of a class without an image are the prior, with weight 0.

    Each posterior counts as the distribution it is, not as a point: a component's covariance is the
    spread of the means it holds plus their own variances. Any finite posteriors will do. Raises
    ValueError for a label that the mixture does not know.
    """
    generator = torch.Generator().manual_seed(seed)
    means, variances = posteriors.mean.cpu().double(), posteriors.log_variance.cpu().double().exp()
    classes = max(1, model.mixture_classes)
    labels = labels.cpu() if model.mixture_classes else torch.zeros(len(means), dtype=torch.long)
    if int(labels.max()) >= classes:
        raise ValueError(f"labels must be below {classes}, the mixture's classes")
    each = len(model.mixture_weights) // classes
    found = []
    for label in range(classes):
        mine = labels == label
        part = (
            fitted(means[mine], variances[mine], each, generator)
            if mine.any()
            else prior(each, model.latent_dim)
        )
        found.append(part._replace(weights=part.weights * mine.double().mean()))
    weights, centres, scale_tril = (torch.cat(parts) for parts in zip(*found, strict=True))
    model.mixture_weights.copy_(weights)
    model.mixture_means.copy_(centres)
    model.mixture_cholesky.copy_(scale_tril)


def prior(components: int, dimensions: int) -> Mixture:
    """`components` copies of N(0, I), equally weighted, float64."""
    return Mixture(
        torch.full((components,), 1 / components, dtype=torch.float64),
        torch.zeros(components, dimensions, dtype=torch.float64),
        torch.eye(dimensions, dtype=torch.float64).repeat(components, 1, 1),
    )


def fitted(
    means: Tensor, variances: Tensor, components: int, generator: torch.Generator
) -> Mixture:
    """A mixture of the Gaussians with means and variances (N, D), both float64.

    It is fitted to codes of mean 0 and variance 1, whatever their size: the matrices can then be
    decomposed even where a training has diverged.
    """
    centre = means.mean(0)
    scale = ((means - centre).square() + variances).mean(0).sqrt().clamp_min(1e-30)
    means, variances = (means - centre) / scale, variances / scale.square()
    mixture = initial(means, variances, components, generator)
    for _ in range(ITERATIONS):
        mixture = iterate(mixture, means, variances)
    return Mixture(
        mixture.weights,
        mixture.means * scale + centre,
        mixture.scale_tril * scale.unsqueeze(1),
    )


def initial(
    means: Tensor, variances: Tensor, components: int, generator: torch.Generator
) -> Mixture:
    """Components at random codes, each as wide as all codes together."""
    chosen = torch.randint(len(means), (components,), generator=generator)
    spread = torch.cov(means.T, correction=0).reshape(means.shape[1], -1)
    spread = spread + variances.mean(0).diag()
    spread.diagonal().add_(SMALLEST_VARIANCE)
    return Mixture(
        torch.full((components,), 1 / components, dtype=means.dtype),
        means[chosen],
        torch.linalg.cholesky(spread).repeat(components, 1, 1),
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
    return Mixture(held / held.sum(), centres, torch.linalg.cholesky(covariances))


def responsibilities(mixture: Mixture, means: Tensor, variances: Tensor | None = None) -> Tensor:
    """Each component's share (N, K) of each posterior: softmax of its expected log density.

    Without variances (N, D) the means are codes, and the shares p(k | z).
    """
    means = means.to(mixture.means)
    identity = torch.eye(means.shape[1]).to(mixture.scale_tril)
    inverse = torch.linalg.solve_triangular(mixture.scale_tril, identity, upper=False)
    middle = inverse @ mixture.means.unsqueeze(2)  # (K, D, 1)
    quadratic = torch.cat(
        [
            (inverse @ part.T - middle).square().sum(1).T  # (n, K)
            for part in means.split(at_once(mixture))
        ]
    )
    # tr(precision of k @ diag(variances of n)), (N, K)
    traces = 0.0 if variances is None else variances @ inverse.square().sum(1).T
    log_determinants = 2 * mixture.scale_tril.diagonal(dim1=1, dim2=2).log().sum(1)
    priors = mixture.weights.clamp_min(1e-12).log()
    return (priors - 0.5 * (quadratic + traces + log_determinants)).softmax(1)


def at_once(mixture: Mixture) -> int:
    """How many posteriors to compare with every component at once."""
    return max(1, CELLS // mixture.means.numel())
