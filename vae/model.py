"""The variational autoencoder: encoder, latent Gaussian, decoder.

Knows nothing of data, training or pages. Images are (B, 1, 28, 28) in [0, 1], ink bright on black.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vae.hub import HubModule
from vae.layers import (
    CentredPixels,
    ChannelsLastMap,
    FullPrecisionLinear,
    residual_convolutions,
    residual_units,
)

IMAGE_SHAPE = (1, 28, 28)
PIXELS = 28 * 28
ARCHITECTURES = ("conv", "mlp")
# What directions change of a digit, one by one; "width" is its strokes', "breadth" its own.
ATTRIBUTES = ("slant", "width", "breadth")
LARGEST_LATENT_DIM = 256
LARGEST_HIDDEN_DIM = 8192
# Width of "conv" between its 7x7 feature maps and the latent space, either way. Residual blocks
# there let the decoder warp N(0, I) onto the distribution of the codes. With two latent dimensions
# there are none, since training with them was unstable.
BOTTLENECK = 256

# Keeps the exponential of the posterior's log-variance from overflowing or vanishing in float32.
LOG_VARIANCE_RANGE = (-14.0, 6.0)


class Gaussian(NamedTuple):
    """A diagonal Gaussian over latent codes, one row per image."""

    mean: Tensor  # (B, D)
    log_variance: Tensor  # (B, D), log sigma^2

    @property
    def standard_deviation(self) -> Tensor:
        """sigma, (B, D)."""
        return torch.exp(0.5 * self.log_variance)

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """Draw z = mu + sigma * epsilon, (B, D), with epsilon ~ N(0, I).

        This is the reparameterisation trick (Kingma & Welling, section 2.4): the randomness is in
        epsilon, so gradients flow to mu and sigma. With a `generator` on the CPU the noise is drawn
        there and moved, so that one seed is one draw on every device.
        """
        return self.mean + self.standard_deviation * standard_normal(self.mean, generator)

    def kl_to_standard_normal(self) -> Tensor:
        """KL(N(mu, sigma^2) || N(0, 1)) in nats per latent dimension, (B, D).

        1/2 (sigma^2 + mu^2 - log sigma^2 - 1): Kingma & Welling, appendix B.
        """
        return 0.5 * (self.log_variance.exp() + self.mean.square() - self.log_variance - 1)


def standard_normal(like: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """epsilon ~ N(0, I) with the shape, dtype and device of `like`, as `generator` decides.

    Without a generator the noise is drawn on the device itself, which is faster and not repeatable
    across devices.
    """
    if generator is None or generator.device.type == like.device.type:
        return torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)
    noise = torch.randn(like.shape, generator=generator, dtype=like.dtype)
    return noise.to(like.device, non_blocking=True)


class Encoder(nn.Module):
    """q(z|x): an image's features, then two linear heads, the mean and the log-variance."""

    def __init__(self, architecture: str, hidden_dim: int, latent_dim: int):
        super().__init__()
        if architecture == "mlp":
            width = hidden_dim
            self.features = nn.Sequential(CentredPixels(), nn.Linear(PIXELS, width), nn.ReLU())
        else:
            width = BOTTLENECK
            self.features = nn.Sequential(
                nn.Conv2d(1, hidden_dim, 4, stride=2, padding=1),  # (B, C, 14, 14)
                residual_convolutions(hidden_dim),
                nn.SiLU(),
                nn.Conv2d(hidden_dim, 2 * hidden_dim, 2, stride=2),  # (B, 2C, 7, 7)
                residual_convolutions(2 * hidden_dim),
                residual_convolutions(2 * hidden_dim),
                nn.SiLU(),
                nn.Flatten(),
                nn.Linear(2 * hidden_dim * 7 * 7, BOTTLENECK),
                *residual_units(1 if latent_dim > 2 else 0, BOTTLENECK),
                nn.SiLU(),
            )
        self.mean = FullPrecisionLinear(width, latent_dim)
        self.log_variance = FullPrecisionLinear(width, latent_dim)

    def init_from_mean(self, mean_image: Tensor) -> None:
        """Subtract `mean_image`, (1, 28, 28), from every image from now on; "conv" ignores it."""
        first = self.features[0]
        if isinstance(first, CentredPixels):
            first.mean.copy_(mean_image.flatten())

    def forward(self, images: Tensor) -> Gaussian:
        features = self.features(images).float()  # once for both heads
        log_variance = self.log_variance(features).clamp(*LOG_VARIANCE_RANGE)
        return Gaussian(self.mean(features), log_variance)


class Decoder(nn.Module):
    """p(x|z): a code becomes the 784 logits of independent Bernoulli pixels, in one pass."""

    def __init__(self, architecture: str, hidden_dim: int, latent_dim: int):
        super().__init__()
        if architecture == "mlp":
            self.logits = nn.Sequential(
                FullPrecisionLinear(latent_dim, hidden_dim),
                nn.ReLU(),
                nn.Linear(hidden_dim, PIXELS),
            )
        else:
            self.logits = nn.Sequential(
                FullPrecisionLinear(latent_dim, BOTTLENECK),
                *residual_units(2 if latent_dim > 2 else 0, BOTTLENECK),
                nn.SiLU(),
                nn.Linear(BOTTLENECK, 7 * 7 * 2 * hidden_dim),
                ChannelsLastMap(7),  # (B, 2C, 7, 7)
                residual_convolutions(2 * hidden_dim),
                residual_convolutions(2 * hidden_dim),
                nn.SiLU(),
                nn.Conv2d(2 * hidden_dim, 4 * hidden_dim, 1),
                nn.PixelShuffle(2),  # (B, C, 14, 14)
                residual_convolutions(hidden_dim),
                nn.SiLU(),
                nn.Conv2d(hidden_dim, 4, 3, padding=1),
                nn.PixelShuffle(2),  # (B, 1, 28, 28)
            )

    @torch.no_grad()
    def init_from_mean(self, mean_image: Tensor) -> None:
        """Make an untrained decoder draw `mean_image`, (1, 28, 28), for every code.

        No step is then spent on learning that most of an image is blank. "conv", whose last biases
        are shared by all pixels, draws the image's mean grey.
        """
        last = [layer for layer in self.logits if isinstance(layer, nn.Linear | nn.Conv2d)][-1]
        weight, bias = last.parameters()
        mean = mean_image.flatten() if bias.numel() == PIXELS else mean_image.mean()
        bias.copy_(mean.clamp(1e-3, 1 - 1e-3).logit())
        weight.zero_()

    def forward(self, codes: Tensor) -> Tensor:
        return self.logits(codes).float().unflatten(-1, (-1, 28)).reshape(-1, *IMAGE_SHAPE)


class VAE(HubModule, library_name="pytorch", license="mit", tags=["vae", "mnist"]):
    """A variational autoencoder with prior N(0, I) and Bernoulli pixels.

    architecture        "conv" (residual convolutions) or "mlp" (the network of Kingma & Welling)
    latent_dim          D, the dimensions of the latent code
    hidden_dim          channels at 14x14 (twice that at 7x7) for "conv", hidden units for "mlp"
    mixture_components  Gaussians in the mixture that models the aggregate posterior
    mixture_classes     C, the classes of images that the mixture knows, or 0: of K components,
                        number k belongs to class k // (K // C)
    directions          whether the latent space has fitted directions, one for each of ATTRIBUTES

    The arguments are the `config.json` of a weights folder. Raises ValueError for one out of range.
    """

    mixture_weights: Tensor  # (K,)
    mixture_means: Tensor  # (K, D)
    mixture_cholesky: Tensor  # (K, D, D), lower triangular
    directions: Tensor | None  # (K, A, D)

    def __init__(
        self,
        architecture: str = "conv",
        latent_dim: int = 32,
        hidden_dim: int = 32,
        mixture_components: int = 64,
        mixture_classes: int = 0,
        directions: bool = False,
    ):
        super().__init__()
        if architecture not in ARCHITECTURES:
            raise ValueError(f"architecture must be one of {ARCHITECTURES}, not {architecture!r}")
        for name, value, least, most in (
            ("latent_dim", latent_dim, 1, LARGEST_LATENT_DIM),
            ("hidden_dim", hidden_dim, 1, LARGEST_HIDDEN_DIM),
            ("mixture_components", mixture_components, 1, 4096),
            ("mixture_classes", mixture_classes, 0, 4096),
        ):
            if type(value) is not int or not least <= value <= most:
                raise ValueError(
                    f"{name} must be a whole number from {least} to {most}, not {value!r}"
                )
        if type(directions) is not bool:
            raise ValueError(f"directions must be true or false, not {directions!r}")
        if mixture_classes and mixture_components % mixture_classes:
            raise ValueError("mixture_components must be a multiple of mixture_classes")
        self.architecture = architecture
        self.latent_dim = latent_dim
        self.hidden_dim = hidden_dim
        self.mixture_classes = mixture_classes
        self.encoder = Encoder(architecture, hidden_dim, latent_dim)
        self.decoder = Decoder(architecture, hidden_dim, latent_dim)
        # The aggregate posterior, the average of q(z|x) over the training set, as a mixture of
        # Gaussians. Until it is fitted each component is the prior, and so is the mixture.
        shape = (mixture_components, latent_dim)
        self.register_buffer("mixture_weights", torch.full(shape[:1], 1 / mixture_components))
        self.register_buffer("mixture_means", torch.zeros(shape))
        # Filled, not repeated from torch.eye, which on the meta device would import a compiler.
        scale_tril = torch.zeros(*shape, latent_dim)
        scale_tril.diagonal(dim1=1, dim2=2).fill_(1)
        self.register_buffer("mixture_cholesky", scale_tril)
        # Steps in latent space that change one attribute of a digit, for each of the components.
        steps = torch.zeros(mixture_components, len(ATTRIBUTES), latent_dim)
        self.register_buffer("directions", steps if directions else None)

    @property
    def device(self) -> torch.device:
        return self.mixture_means.device

    def encode(self, images: Tensor) -> Gaussian:
        """The posterior q(z|x) of (B, 1, 28, 28) or (B, 784) images in [0, 1].

        Raises ValueError for any other shape.
        """
        if images.shape[1:] not in ((PIXELS,), IMAGE_SHAPE):
            raise ValueError(
                f"images must be (B, 784) or (B, 1, 28, 28), not {tuple(images.shape)}"
            )
        return self.encoder(images.reshape(-1, *IMAGE_SHAPE))

    def decode(self, codes: Tensor) -> Tensor:
        """The pixel logits (B, 1, 28, 28) of codes (B, D); their sigmoid is p(x = 1 | z).

        Raises ValueError for any other shape.
        """
        if codes.dim() != 2 or codes.shape[1] != self.latent_dim:
            raise ValueError(f"codes must be (B, {self.latent_dim}), not {tuple(codes.shape)}")
        return self.decoder(codes)

    def forward(
        self, images: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Gaussian]:
        """Encode, draw one code per image, decode: (logits (B, 1, 28, 28), posterior)."""
        posterior = self.encode(images)
        return self.decode(posterior.sample(generator)), posterior
