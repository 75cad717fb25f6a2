"""The computation of one drawing's negative ELBO, in numbers that add up as they are shown.

What is shown is rounded before it is computed with: whoever checks z = mu + sigma * epsilon on a
pocket calculator finds the page's z, and the digit is decoded from that very z.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

import torch
from torch import Tensor

from vae import inference, loss
from vae.model import VAE, Gaussian

CODE_DECIMALS = 3  # of mu, sigma, z, and of their squares; one more for a sigma below SMALL
SMALL = Decimal("0.1")
NOISE_DECIMALS = 2
NATS_DECIMALS = 2
NAMED = 3  # dimensions whose KL is written out; the others are given as one number


class Dimension(NamedTuple):
    """One latent dimension as it is shown."""

    number: int  # counted from 1
    mean: Decimal
    deviation: Decimal
    noise: Decimal
    code: Decimal  # mean + deviation * noise
    variance: Decimal
    mean_squared: Decimal
    log_variance: Decimal
    kl: Decimal  # (variance + mean_squared - log_variance - 1) / 2, nats


class Pixels(NamedTuple):
    """The 784 pixels, row by row, as they are shown."""

    x: list[float]
    p: list[float]  # probability of ink
    not_p: list[float]  # 1 - p, by itself: close to p = 1 it cannot be told from p's digits
    nats: list[float]  # -(x log p + (1 - x) log(1 - p))


class Steps(NamedTuple):
    """Every step from an image (1, 28, 28) to its negative ELBO."""

    image: Tensor
    decoded: Tensor  # (1, 28, 28) in [0, 1]
    misfit: Tensor  # (1, 28, 28) in [0, 1]: each pixel's share of the largest in nats
    pixels: Pixels
    dimensions: list[Dimension]  # the one with the largest KL first
    other_kl: Decimal  # nats of all but the NAMED first
    reconstruction: Decimal  # nats

    @property
    def kl(self) -> Decimal:
        """The KL term, in nats: the sum of what is shown of it."""
        return sum((dimension.kl for dimension in self.dimensions[:NAMED]), self.other_kl)

    @property
    def total(self) -> Decimal:
        """The negative ELBO, in nats, as estimated with this one code."""
        return self.reconstruction + self.kl


def steps(model: VAE, image: Tensor, seed: int | None) -> Steps:
    """Walk from an image (1, 28, 28) to its negative ELBO; without a seed, with no noise at all."""
    posterior = inference.encode(model, image.unsqueeze(0))
    dimensions = [Dimension(*row) for row in rows(posterior, noise(model.latent_dim, seed))]
    code = torch.tensor([[float(dimension.code) for dimension in dimensions]])
    logits = inference.decode_logits(model, code)
    dimensions.sort(key=lambda dimension: -dimension.kl)
    kl = posterior.kl_to_standard_normal()[0]
    others = [dimension.number - 1 for dimension in dimensions[NAMED:]]
    reconstruction = loss.reconstruction_term(logits, image.unsqueeze(0))
    nats = pixel_nats(logits[0], image)
    return Steps(
        image=image,
        decoded=logits[0].sigmoid(),
        misfit=nats / nats.max().clamp_min(1e-6),
        pixels=pixels(logits[0], image),
        dimensions=dimensions,
        other_kl=shown(float(kl[others].sum()), NATS_DECIMALS),
        reconstruction=shown(float(reconstruction), NATS_DECIMALS),
    )


def noise(dimensions: int, seed: int | None) -> list[float]:
    """epsilon ~ N(0, I) of a seed; zeros without one."""
    if seed is None:
        return [0.0] * dimensions
    return torch.randn(dimensions, generator=torch.Generator().manual_seed(seed)).tolist()


def rows(posterior: Gaussian, epsilon: list[float]) -> list[tuple]:
    """The fields of each Dimension of a posterior with one row."""
    found = []
    mean, deviation = posterior.mean[0].tolist(), posterior.standard_deviation[0].tolist()
    for number, values in enumerate(zip(mean, deviation, epsilon, strict=True), start=1):
        fine = CODE_DECIMALS + (values[1] < SMALL)
        mu, sigma = shown(values[0], CODE_DECIMALS), shown(values[1], fine)
        e = shown(values[2], NOISE_DECIMALS)
        z = shown(mu + sigma * e, CODE_DECIMALS)
        variance, mean_squared = shown(sigma**2, fine), shown(mu**2, CODE_DECIMALS)
        log_variance = shown(2 * sigma.ln(), CODE_DECIMALS)
        kl = shown((variance + mean_squared - log_variance - 1) / 2, NATS_DECIMALS)
        found.append((number, mu, sigma, e, z, variance, mean_squared, log_variance, kl))
    return found


def pixels(logits: Tensor, image: Tensor) -> Pixels:
    """What is shown of each pixel: p and 1 - p to three significant digits."""
    logits = logits.double().flatten().clamp(-600, 600)  # within what e^x can hold
    x = rounded(image.flatten(), ".3f")
    p, not_p = rounded(logits.sigmoid(), ".3g"), rounded((-logits).sigmoid(), ".3g")
    nats = -(torch.xlogy(x, p) + torch.xlogy(1 - x, not_p))
    nats = rounded(nats, f".{NATS_DECIMALS}f").abs()  # no -0.0
    return Pixels(x.tolist(), p.tolist(), not_p.tolist(), nats.tolist())


def rounded(values: Tensor, form: str) -> Tensor:
    """The values of a vector as `form` writes them, in float64."""
    return torch.tensor([float(format(each, form)) for each in values.tolist()], dtype=torch.double)


def pixel_nats(logits: Tensor, image: Tensor) -> Tensor:
    """The reconstruction term of each pixel, (1, 28, 28)."""
    return loss.reconstruction_term(logits.view(-1, 1), image.reshape(-1, 1)).view(image.shape)


def shown(value: float | Decimal, decimals: int) -> Decimal:
    """`value` as it is displayed: halves are rounded away from zero, as at school."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return rounded or abs(rounded)  # no -0.00
