"""The negative evidence lower bound (ELBO) of a VAE, in nats per image, its two terms by name."""

from typing import NamedTuple

from torch import Tensor
from torch.nn import functional

from vae.model import Gaussian

# A latent dimension is in use when the test images make its posterior differ from the prior by more
# than this, on average (nats).
ACTIVE_KL = 0.01


class NegativeELBO(NamedTuple):
    """-ELBO = reconstruction + kl, one value per image, in nats."""

    reconstruction: Tensor  # (B,)  -E_q[log p(x|z)], estimated with the code that was decoded
    kl: Tensor  # (B,)  KL(q(z|x) || p(z)), in closed form

    @property
    def total(self) -> Tensor:
        """The negative ELBO, (B,): an upper bound of -log p(x) in expectation over the code."""
        return self.reconstruction + self.kl


def reconstruction_term(logits: Tensor, images: Tensor) -> Tensor:
    """-log p(x|z) for Bernoulli pixels, summed over the 784 pixels: (B,) in nats.

    `logits` and `images` are (B, 1, 28, 28). For a grey image x in [0, 1] this cross-entropy is the
    expectation of the binary image's term over b ~ Bernoulli(x).
    """
    pixels = functional.binary_cross_entropy_with_logits(
        logits.flatten(1), images.flatten(1), reduction="none"
    )
    return pixels.sum(1)


def negative_elbo(logits: Tensor, images: Tensor, posterior: Gaussian) -> NegativeELBO:
    """Both terms for a batch: Kingma & Welling, equation 10, with one sample of the code."""
    return NegativeELBO(
        reconstruction_term(logits, images), posterior.kl_to_standard_normal().sum(1)
    )
