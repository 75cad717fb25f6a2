"""The negative evidence lower bound (ELBO) of a VAE, in nats per image, its two terms by name."""

from typing import NamedTuple

import torch
from torch import Tensor

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
    return BernoulliCrossEntropy.apply(logits.flatten(1), images.flatten(1)).sum(1)


class BernoulliCrossEntropy(torch.autograd.Function):
    """-x log p - (1 - x) log(1 - p), p = sigmoid(logit), of logits and images of one shape; nats.

    Written as max(l, 0) - l x - log(max(p, 1 - p)), in which nothing overflows; its slope is p - x.
    torch.nn.functional.binary_cross_entropy_with_logits computes the same with log1p, which is
    finer by 6e-8 nats a pixel and takes five times as long as log, and computes p anew for the
    slope: more than a tenth of a step of "mlp".
    """

    @staticmethod
    def forward(context, logits: Tensor, images: Tensor) -> Tensor:
        bright = torch.sigmoid(logits)
        context.save_for_backward(bright, images)
        likelier = bright.sub(0.5).abs_().add_(0.5)
        return logits.clamp_min(0).sub_(likelier.log_()).addcmul_(logits, images, value=-1)

    @staticmethod
    def backward(context, slope: Tensor) -> tuple[Tensor, None]:
        bright, images = context.saved_tensors
        return (bright - images).mul_(slope), None


def negative_elbo(logits: Tensor, images: Tensor, posterior: Gaussian) -> NegativeELBO:
    """Both terms for a batch: Kingma & Welling, equation 10, with one sample of the code."""
    return NegativeELBO(
        reconstruction_term(logits, images), posterior.kl_to_standard_normal().sum(1)
    )
