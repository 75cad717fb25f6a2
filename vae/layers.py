"""The building blocks of the encoder and the decoder."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """x + layer(act(layer(act(x)))); the identity when training starts.

    Without normalisation, training and evaluation agree. The second layer starts at zero instead,
    which keeps the signal's scale through any depth.
    """

    def __init__(self, layer: Callable[[], nn.Linear | nn.Conv2d]):
        super().__init__()
        self.inner, self.outer = layer(), layer()
        for parameter in self.outer.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.outer(nn.functional.silu(self.inner(nn.functional.silu(x))))


def residual_convolutions(channels: int) -> ResidualBlock:
    """A residual block at one resolution: (B, C, H, W) -> (B, C, H, W)."""
    return ResidualBlock(partial(nn.Conv2d, channels, channels, 3, padding=1))


def residual_units(blocks: int, width: int) -> list[ResidualBlock]:
    """Fully connected residual blocks in full precision: (B, W) -> (B, W)."""
    layer = partial(FullPrecisionLinear, width, width)
    return [ResidualBlock(layer) for _ in range(blocks)]


class FullPrecisionLinear(nn.Linear):
    """A linear layer that stays in float32 under mixed precision: into and out of the latent space.

    A trained posterior's standard deviation is finer than bfloat16 can express: rounding the mean,
    or the code on its way to the decoder, would add noise that training cannot remove.
    """

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())


class ChannelsLastMap(nn.Module):
    """(B, size * size * C) -> (B, C, size, size), in the memory format of fast convolutions."""

    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (self.size, self.size, -1)).permute(0, 3, 1, 2)


class CentredPixels(nn.Module):
    """(B, 1, 28, 28) -> (B, 784), less the mean image of the training set.

    Inputs whose mean is not zero correlate the gradients of a unit's weights and slow learning down
    (LeCun et al., Efficient BackProp, 1998).
    """

    mean: Tensor  # (784,)

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(28 * 28))

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1) - self.mean
