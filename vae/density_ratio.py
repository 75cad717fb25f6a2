"""log q(z) / p(z): how far the aggregate posterior is from the prior, learnt beside a model.

The aggregate posterior q(z) is the average of q(z|x) over the training set. KL(q(z) || p(z)) is the
part of the ELBO's KL term that carries no information about the image (Hoffman & Johnson, "ELBO
surgery", 2016), and the reason why samples of the prior decode badly. It has no closed form. A
classifier that separates codes of the aggregate posterior from codes of the prior learns its
integrand (Mescheder et al., 2017).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from vae.model import Gaussian, standard_normal

WIDTH = 256
DRAWS = 4  # codes drawn of each posterior, and as many of the prior


class DensityRatio(nn.Module):
    """An estimate of log q(z) / p(z) in nats: codes (B, D) -> (B,)."""

    def __init__(self, latent_dim: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, WIDTH),
            nn.SiLU(),
            nn.Linear(WIDTH, WIDTH),
            nn.SiLU(),
            nn.Linear(WIDTH, WIDTH),
            nn.SiLU(),
            nn.Linear(WIDTH, 1),
        )

    def forward(self, codes: Tensor) -> Tensor:
        return self.layers(codes).squeeze(1)

    def loss(self, posterior: Gaussian, generator: torch.Generator | None = None) -> Tensor:
        """The classifier's cross-entropy between codes of the posteriors and of the prior, nats.

        No gradient flows to `posterior` (B, D).
        """
        repeated = Gaussian(*(part.detach().repeat(DRAWS, 1) for part in posterior))
        codes, prior = repeated.sample(generator), standard_normal(repeated.mean, generator)
        return softplus(-self(codes)).mean() + softplus(self(prior)).mean()
