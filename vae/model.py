"""The variational autoencoder: encoder, latent Gaussian, decoder, and how it is stored.

Knows nothing of data, training or pages. Images are (B, 1, 28, 28) in [0, 1], ink bright on black.
"""

import hashlib
import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from textwrap import shorten
from typing import NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin, constants, snapshot_download
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

IMAGE_SHAPE = (1, 28, 28)
PIXELS = 28 * 28
ARCHITECTURES = ("conv", "mlp")
LARGEST_LATENT_DIM = 256
LARGEST_HIDDEN_DIM = 8192
BOTTLENECK = 256  # units of "conv" between its 7x7 feature maps and the latent space, either way

# The posterior's log-variance is kept in a range whose exponential neither overflows nor vanishes
# in float32; trained posteriors lie well inside it.
LOG_VARIANCE_RANGE = (-14.0, 6.0)


class InvalidWeights(ValueError):
    """A weights folder that cannot be used; the message is one sentence that names the file."""


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
        epsilon, so gradients flow to mu and sigma. `generator` lives on the CPU; the noise is drawn
        there and moved, so that one seed is one draw on every device.
        """
        return self.mean + self.standard_deviation * standard_normal(self.mean, generator)

    def kl_to_standard_normal(self) -> Tensor:
        """KL(N(mu, sigma^2) || N(0, 1)) in nats per latent dimension, (B, D).

        1/2 (sigma^2 + mu^2 - log sigma^2 - 1): Kingma & Welling, appendix B.
        """
        return 0.5 * (self.log_variance.exp() + self.mean.square() - self.log_variance - 1)


def standard_normal(like: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """epsilon ~ N(0, I) with the shape, dtype and device of `like`; a CPU `generator` decides it.

    Without a generator the noise is drawn on the device itself, which is faster and not repeatable
    across devices.
    """
    if generator is None or generator.device.type == like.device.type:
        return torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)
    noise = torch.randn(like.shape, generator=generator, dtype=like.dtype)
    return noise.to(like.device, non_blocking=True)


class ResidualBlock(nn.Module):
    """x + layer(act(layer(act(x)))), of two layers alike; the identity when training starts.

    There is no normalisation, so train and eval agree; the second layer starts at zero in its
    stead, which keeps the signal's scale through any depth.
    """

    def __init__(self, layer: Callable[[], nn.Module]):
        super().__init__()
        self.inner, self.outer = layer(), layer()
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.outer(nn.functional.silu(self.inner(nn.functional.silu(x))))


def residual_convolutions(channels: int) -> ResidualBlock:
    """A residual block at one resolution: (B, C, H, W) -> (B, C, H, W)."""
    return ResidualBlock(partial(nn.Conv2d, channels, channels, 3, padding=1))


def residual_units(blocks: int, latent_dim: int) -> list[ResidualBlock]:
    """Residual blocks for the bottleneck: (B, BOTTLENECK) -> (B, BOTTLENECK).

    They bend the latent space where the images do not fill the prior: at the same ELBO, after five
    epochs, 57 % of the prior's samples could be read instead of 47 %. With two latent dimensions
    there are none: training with them was unsteady and ended no better.
    """
    layer = partial(FullPrecisionLinear, BOTTLENECK, BOTTLENECK)
    return [ResidualBlock(layer) for _ in range(blocks if latent_dim > 2 else 0)]


class FullPrecisionLinear(nn.Linear):
    """A linear layer that mixed precision leaves alone: the way into and out of the latent space.

    A trained posterior's standard deviation is finer than bfloat16's eight bits: rounding the mean,
    or the code on its way to the decoder, would be noise that training cannot take out.
    """

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())


class ChannelsLastMap(nn.Module):
    """(B, size * size * C) -> (B, C, size, size), laid out as the fastest convolutions want it."""

    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (self.size, self.size, -1)).permute(0, 3, 1, 2)


class CentredPixels(nn.Module):
    """(B, 1, 28, 28) -> (B, 784), less the mean image of the training set.

    Pixels whose mean is not zero make the gradients of all of a unit's weights alike, and learning
    slow (LeCun et al., Efficient BackProp, 1998): after three epochs of "mlp" in batches of 400 the
    test negative ELBO is 105.1 nats with a mean image and 106.0 without.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(PIXELS))

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1) - self.mean


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
                *residual_units(1, latent_dim),
                nn.SiLU(),
            )
        self.mean = FullPrecisionLinear(width, latent_dim)
        self.log_variance = FullPrecisionLinear(width, latent_dim)

    def start_at(self, mean_image: Tensor) -> None:
        """Take `mean_image`, (1, 28, 28), off every image from now on.

        "conv" leaves images as they are: it would gain little (102.3 nats after two epochs of forty
        instead of 102.6).
        """
        if isinstance(self.features[0], CentredPixels):
            self.features[0].mean.copy_(mean_image.flatten())

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
                *residual_units(2, latent_dim),
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
    def start_at(self, mean_image: Tensor) -> None:
        """Let a decoder that is yet to be trained draw `mean_image`, (1, 28, 28), of every code.

        "conv", whose last bias is one for all pixels, draws the image's mean grey. No step is then
        spent on learning that most of an image is blank, which takes 2.5 nats off the test negative
        ELBO after four epochs of "mlp" in batches of 256, and 0.4 after two epochs of "conv".
        """
        last = [layer for layer in self.logits if hasattr(layer, "bias")][-1]
        mean = mean_image.flatten() if last.bias.numel() == PIXELS else mean_image.mean()
        last.bias.copy_(mean.clamp(1e-3, 1 - 1e-3).logit())
        last.weight.zero_()

    def forward(self, codes: Tensor) -> Tensor:
        return self.logits(codes).float().unflatten(-1, (-1, 28)).reshape(-1, *IMAGE_SHAPE)


class VAE(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="pytorch",
    license="mit",
    tags=["vae", "mnist"],
):
    """A variational autoencoder with prior N(0, I) and Bernoulli pixels.

    architecture        "conv" (residual convolutions) or "mlp" (the network of Kingma & Welling)
    latent_dim          D, the dimensions of the latent code
    hidden_dim          channels at 14x14 (twice that at 7x7) for "conv", hidden units for "mlp"
    mixture_components  Gaussians in the mixture that models the aggregate posterior

    The arguments are the `config.json` of a weights folder. Raises ValueError for one out of range.
    """

    def __init__(
        self,
        architecture: str = "conv",
        latent_dim: int = 32,
        hidden_dim: int = 32,
        mixture_components: int = 64,
    ):
        super().__init__()
        if architecture not in ARCHITECTURES:
            raise ValueError(f"architecture must be one of {ARCHITECTURES}, not {architecture!r}")
        for name, value, most in (
            ("latent_dim", latent_dim, LARGEST_LATENT_DIM),
            ("hidden_dim", hidden_dim, LARGEST_HIDDEN_DIM),
            ("mixture_components", mixture_components, 4096),
        ):
            if type(value) is not int or not 1 <= value <= most:
                raise ValueError(f"{name} must be a whole number from 1 to {most}, not {value!r}")
        self.architecture = architecture
        self.latent_dim = latent_dim
        self.hidden_dim = hidden_dim
        self.encoder = Encoder(architecture, hidden_dim, latent_dim)
        self.decoder = Decoder(architecture, hidden_dim, latent_dim)
        # The aggregate posterior, the average of q(z|x) over the training set, as a mixture of
        # Gaussians. Until it is fitted each component is the prior, and so is the mixture.
        shape = (mixture_components, latent_dim)
        self.register_buffer("mixture_weights", torch.full(shape[:1], 1 / mixture_components))
        self.register_buffer("mixture_means", torch.zeros(shape))
        # Filled, not repeated from torch.eye: without memory ("meta") that would import a compiler.
        cholesky = torch.zeros(*shape, latent_dim)
        cholesky.diagonal(dim1=1, dim2=2).fill_(1)
        self.register_buffer("mixture_cholesky", cholesky)

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

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        map_location: str | torch.device = "cpu",
        **download_options,
    ) -> "VAE":
        """The frozen model in a local folder, or in a Hub repository where no such folder exists.

        Only safetensors are read, never a pickle, and only if every tensor is there, has its shape,
        is float32 and finite, and agrees with the checksum that `save_pretrained` wrote; the
        mixture's weights must sum to 1. Raises InvalidWeights. `download_options` (revision, token,
        cache_dir, ...) go to `huggingface_hub.snapshot_download`.
        """
        folder = Path(pretrained_model_name_or_path)
        if not folder.is_dir():
            names = [constants.CONFIG_NAME, constants.SAFETENSORS_SINGLE_FILE]
            folder = Path(
                snapshot_download(
                    str(pretrained_model_name_or_path), allow_patterns=names, **download_options
                )
            )
        model = cls._from_config(folder / constants.CONFIG_NAME)
        tensors = _read_tensors(folder / constants.SAFETENSORS_SINGLE_FILE, model.state_dict())
        model.load_state_dict(tensors, assign=True)
        return model.eval().requires_grad_(False).to(map_location)

    @classmethod
    def _from_config(cls, file: Path) -> "VAE":
        """The architecture of a config.json, without memory for its tensors."""
        try:
            config = json.loads(file.read_text(encoding="utf-8"))
            if not isinstance(config, dict):
                raise ValueError("it is not a JSON object")
            with torch.device("meta"):
                return cls(**config)
        except FileNotFoundError:
            raise InvalidWeights(f"{file} is missing: a weights folder needs it.") from None
        except (OSError, ValueError, TypeError, RecursionError) as error:
            reason = shorten(str(error), 200)
            raise InvalidWeights(
                f"{file} does not describe a VAE of this kind: {reason}."
            ) from None

    def _save_pretrained(self, save_directory: Path) -> None:
        """model.safetensors with a checksum of its tensors: a damaged copy is recognised."""
        tensors = {name: tensor.contiguous() for name, tensor in self.state_dict().items()}
        file = save(tensors, metadata={"format": "pt", "sha256": _checksum(tensors)})
        (save_directory / constants.SAFETENSORS_SINGLE_FILE).write_bytes(file)


def _checksum(tensors: dict[str, Tensor]) -> str:
    """SHA-256 over the names and float32 bytes of all tensors, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()


def _read_tensors(file: Path, expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a safetensors file, held to the names and shapes of `expected`."""
    try:
        with safe_open(file, "pt") as opened:
            found, metadata = set(opened.keys()), opened.metadata() or {}
            if found != expected.keys():
                odd = sorted(found ^ expected.keys())
                raise InvalidWeights(
                    f"{file} does not fit its config.json: {len(odd)} tensors are missing or too "
                    f"many, {shorten(repr(odd[0]), 100)} among them."
                )
            # Copies: what the library hands out stays mapped to the file, so that a model in use
            # would change, or crash the process, with a file that is overwritten in place.
            tensors = {name: opened.get_tensor(name).clone() for name in expected}
    except FileNotFoundError:
        raise InvalidWeights(f"{file} is missing: a weights folder needs it.") from None
    except (OSError, SafetensorError) as error:
        reason = shorten(str(error), 200)
        raise InvalidWeights(f"{file} is not a whole safetensors file: {reason}.") from None
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape or tensor.dtype != torch.float32:
            raise InvalidWeights(
                f"{file} does not fit its config.json: {name} is {tensor.dtype} "
                f"{tuple(tensor.shape)} where torch.float32 {tuple(expected[name].shape)} belongs."
            )
        if not tensor.isfinite().all():
            raise InvalidWeights(f"{file} holds values that are not finite, in {name}.")
    if "sha256" in metadata and metadata["sha256"] != _checksum(tensors):
        raise InvalidWeights(f"{file} is damaged: its checksum does not agree; fetch it again.")
    shares = tensors["mixture_weights"].double()
    if (shares < 0).any() or not math.isclose(float(shares.sum()), 1, abs_tol=1e-3):
        raise InvalidWeights(f"{file} holds mixture_weights that are no shares of a whole.")
    return tensors
