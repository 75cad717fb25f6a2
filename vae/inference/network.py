"""The two networks: images to posteriors, codes to images."""

import torch
from torch import Tensor

from vae.model import VAE, Gaussian


@torch.inference_mode()
def encode(model: VAE, images: Tensor) -> Gaussian:
    """The posterior q(z|x) of images (B, 1, 28, 28) or (B, 784): deterministic.

    Its mean is the code that stands for an image everywhere on the page, so that nothing flickers.
    """
    posterior = model.encode(images.to(model.device))
    return Gaussian(posterior.mean.cpu(), posterior.log_variance.cpu())


@torch.inference_mode()
def decode_logits(model: VAE, codes: Tensor) -> Tensor:
    """The pixel logits (B, 1, 28, 28) of codes (B, D): what the reconstruction term needs."""
    return model.decode(codes.to(model.device)).cpu()


def decode(model: VAE, codes: Tensor) -> Tensor:
    """p(x = 1 | z) for codes (B, D): probabilities (B, 1, 28, 28)."""
    return decode_logits(model, codes).sigmoid()


def reconstruct(model: VAE, images: Tensor) -> Tensor:
    """The decoded posterior means of images (B, 1, 28, 28) or (B, 784): (B, 1, 28, 28)."""
    return decode(model, encode(model, images).mean)
