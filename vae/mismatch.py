"""How far the aggregate posterior is from the prior, learnt beside a model that trains.

The aggregate posterior q(z) is the average of q(z|x) over the training set. KL(q(z) || p(z)) is the
part of the ELBO's KL term that tells no image from another (Hoffman & Johnson, "ELBO surgery",
2016), and why samples of the prior decode badly. It has no closed form, but a classifier that tells
codes of the one from codes of the other learns its integrand (Mescheder et al., 2017).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from vae.model import Gaussian, standard_normal

UNITS = 256
DRAWS = 4  # codes that are drawn of every posterior, and as many of the prior


class DensityRatio(nn.Module):
    """An estimate of log q(z) / p(z), nats, of codes (B, D): (B,)."""

    def __init__(self, latent_dim: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, UNITS),
            nn.SiLU(),
            nn.Linear(UNITS, UNITS),
            nn.SiLU(),
            nn.Linear(UNITS, UNITS),
            nn.SiLU(),
            nn.Linear(UNITS, 1),
        )

    def forward(self, codes: Tensor) -> Tensor:
        return self.layers(codes).squeeze(1)

    def loss(self, posterior: Gaussian, generator: torch.Generator | None = None) -> Tensor:
        """What to minimise: the cross-entropy of telling posterior's codes from the prior's, nats.

        `posterior` (B, D) is taken as it is: no gradient flows to it.
        """
        each = Gaussian(*(part.detach().repeat(DRAWS, 1) for part in posterior))
        codes, prior = each.sample(generator), standard_normal(each.mean, generator)
        return softplus(-self(codes)).mean() + softplus(self(prior)).mean()
