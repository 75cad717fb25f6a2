"""The loss of a VAE: the negative evidence lower bound (ELBO) and its two terms, in nats per image.

    -ELBO = -E_q[log p(x|z)]  +  KL(q(z|x) || p(z))
             reconstruction       KL term

It bounds -log p(x) from above (Kingma & Welling, 2013, equation 3).
"""

from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from vae.model import Gaussian

# Mean KL in nats above which a latent dimension counts as in use. (Burda et al., 2016, section 5.2,
# put the threshold on the variance of its posterior mean.)
ACTIVE_KL = 0.01


class NegativeELBO(NamedTuple):
    """-ELBO = reconstruction + kl, one value per image, in nats."""

    reconstruction: Tensor  # (B,)  -E_q[log p(x|z)], estimated with the one code that was decoded
    kl: Tensor  # (B,)  KL(q(z|x) || p(z)), in closed form

    @property
    def total(self) -> Tensor:
        """The negative ELBO, (B,): in expectation over the code, an upper bound of -log p(x)."""
        return self.reconstruction + self.kl


def reconstruction_term(logits: Tensor, images: Tensor) -> Tensor:
    """-log p(x|z) for Bernoulli pixels, summed over the 784 pixels: (B,) in nats.

    `logits` and `images` are (B, 1, 28, 28). For a grey image x in [0, 1] this cross-entropy is the
    expectation of the binary image's term over b ~ Bernoulli(x).
    """
    # -x log p - (1 - x) log(1 - p) with p = sigmoid(logit), in a form that cannot overflow.
    pixels = binary_cross_entropy_with_logits(logits, images, reduction="none")
    return pixels.flatten(1).sum(1)


def negative_elbo(logits: Tensor, images: Tensor, posterior: Gaussian) -> NegativeELBO:
    """Both terms for a batch: Kingma & Welling, equation 10, with one sample of the code."""
    kl = posterior.kl_to_standard_normal().sum(1)  # the latent dimensions are independent
    return NegativeELBO(reconstruction_term(logits, images), kl)
