"""Directions in latent space that change a digit's slant, its stroke width or its breadth.

Fitted to a training set, once the mixture is. Knows nothing of how they are shown.
"""

import torch
from torch import Tensor

from vae import mixture
from vae.framing import stroke_width
from vae.model import ATTRIBUTES, IMAGE_SHAPE, VAE, Gaussian

BATCH = 1000
# How many images' worth of the pooled covariances is added to each component's, which may hold few.
SHARED = 50
RIDGE = 1e-3  # added to the variances: solves the regression where an attribute never varies
LEAST_EFFECT = 0.5  # the least that a step is divided by: one without effect stays finite


@torch.no_grad()
def fit(model: VAE, posteriors: Gaussian, images: Tensor, labels: Tensor) -> None:
    """Fit the model's directions to its training images, (N, 1, 28, 28) uint8, in place.

    `posteriors` (N, D) are the images', `labels` (N,) their classes. For each component of the
    mixture the directions are the regression of the code on the attributes: where a code is
    expected once one attribute has changed and the others have not. (The regression of the
    attribute on the code would be the steepest direction, along which codes soon decode to no
    digit.) One step changes the decoded attribute by its standard deviation within classes.
    Raises ValueError for a model without directions.
    """
    if model.directions is None:
        raise ValueError("this model was made without directions")
    codes, labels = posteriors.mean.cpu(), labels.cpu()
    values = torch.cat([attributes(part.cpu() / 255) for part in images.split(BATCH)])
    within = values.clone()
    for label in labels.unique():
        within[labels == label] -= values[labels == label].mean(0)
    unit = within.square().mean(0).sqrt().clamp_min(1e-6)
    directions = regression(model, codes, values / unit)
    found = effect(model, codes[:BATCH], directions, unit)
    model.directions.copy_(directions / found.nan_to_num(1).clamp_min(LEAST_EFFECT).unsqueeze(1))


def attributes(images: Tensor) -> Tensor:
    """Slant, stroke width and breadth of images (B, 1, 28, 28) in [0, 1]: (B, 3) float64.

    The slant is mu11 / mu02, the shear of the image's second central moments, with y downwards; the
    breadth is the standard deviation along x that is left without the shear, in pixels. The width
    is in pixels, too. An image without ink has none of them: 0.
    """
    ink = images.flatten(1).double()
    ink = ink / ink.sum(1, keepdim=True).clamp_min(1e-9)
    rows, columns = IMAGE_SHAPE[1:]
    y = torch.arange(rows).double().repeat_interleave(columns)
    x = torch.arange(columns).double().repeat(rows)
    down = y - (ink @ y).unsqueeze(1)  # (B, 784)
    right = x - (ink @ x).unsqueeze(1)
    mu20, mu11, mu02 = (
        (ink * products).sum(1) for products in (right * right, right * down, down * down)
    )
    slant = mu11 / mu02.clamp_min(1e-9)
    breadth = (mu20 - slant * mu11).clamp_min(0).sqrt()
    width = torch.from_numpy(stroke_width(images.squeeze(1).numpy()))
    return torch.stack((slant, width, breadth), 1)


def regression(model: VAE, codes: Tensor, values: Tensor) -> Tensor:
    """The regression of codes (N, D) on values (N, A), component by component: (K, A, D)."""
    shares = mixture.responsibilities(mixture.of(model), codes)  # (N, K)
    held = shares.sum(0).clamp_min(1e-9)
    codes, values = codes.double() - codes.double().mean(0), values - values.mean(0)
    variances = covariance(shares, held, values, values)  # (K, A, A)
    covariances = covariance(shares, held, values, codes)  # (K, A, D)
    variances += SHARED / len(codes) * variances.sum(0)
    covariances += SHARED / len(codes) * covariances.sum(0)
    variances.diagonal(dim1=1, dim2=2).add_(RIDGE)
    return torch.linalg.solve(variances, covariances)


def covariance(shares: Tensor, held: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """The sums of products of (N, A) and (N, B) about each component's means: (K, A, B)."""
    products = (one.unsqueeze(2) * other.unsqueeze(1)).flatten(1)  # (N, A * B)
    sums = (shares.T @ products).unflatten(1, (one.shape[1], -1))
    means = torch.einsum("ka,kb->kab", shares.T @ one, shares.T @ other) / held.view(-1, 1, 1)
    return sums - means


def effect(model: VAE, codes: Tensor, directions: Tensor, unit: Tensor) -> Tensor:
    """By how many `unit`s (A,) a step along each of the directions (K, A, D) changes the decoded
    attributes, on average over codes (N, D): (A,)."""
    shares = mixture.responsibilities(mixture.of(model), codes)
    steps = torch.einsum("nk,kad->nad", shares, directions).float()
    found = []
    for index in range(len(ATTRIBUTES)):
        ends = [codes + sign * steps[:, index] for sign in (1, -1)]
        up, down = (
            attributes(model.decode(end.to(model.device)).sigmoid().cpu())[:, index].mean()
            for end in ends
        )
        found.append((up - down) / 2)
    return torch.stack(found) / unit
