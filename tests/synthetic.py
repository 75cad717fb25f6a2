"""Small stand-ins: for MNIST, drawn and in the files that torchvision reads; for trained models."""

import struct
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from vae.model import VAE

FILES = {"train": ("train-images", "train-labels"), "test": ("t10k-images", "t10k-labels")}


def digits(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Drawn digits (N, 28, 28) uint8, ink bright on black and smoothed, and their labels (N,)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count)
    images = np.zeros((count, 28, 28), np.uint8)
    font = ImageFont.load_default(size=22)
    for image, label in zip(images, labels, strict=True):
        canvas = Image.new("L", (28, 28))
        place = 14 + rng.uniform(-1.5, 1.5, 2)
        ImageDraw.Draw(canvas).text(tuple(place), str(label), fill=255, font=font, anchor="mm")
        image[:] = canvas.rotate(rng.uniform(-15, 15), Image.Resampling.BILINEAR)
    return images, labels.astype(np.uint8)


def idx(array: np.ndarray) -> bytes:
    """An array of bytes as an idx file: its magic number, its sizes, its values."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_mnist(root: Path, train: int = 300, test: int = 60) -> Path:
    """A data folder like the one torchvision makes, with `train` and `test` drawn digits."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for seed, (split, count) in enumerate((("train", train), ("test", test))):
        images, labels = digits(count, seed)
        for name, array in zip(FILES[split], (images, labels), strict=True):
            (raw / f"{name}-idx{array.ndim}-ubyte").write_bytes(idx(array))
    return root


def small_model(architecture: str, latent_dim: int = 3, seed: int = 0) -> VAE:
    """A frozen model with random weights that make every layer matter, and 5 mixture components."""
    torch.manual_seed(seed)
    return at_random(VAE(architecture, latent_dim, hidden_dim=4, mixture_components=5))


def fitted_model(architecture: str, latent_dim: int = 3, seed: int = 0) -> VAE:
    """`small_model` with two mixture components for each of ten classes, and with directions."""
    torch.manual_seed(seed)
    model = VAE(architecture, latent_dim, 4, 20, mixture_classes=10, directions=True)
    model.mixture_weights.copy_(torch.randn(20).softmax(0))
    model.mixture_means.copy_(torch.randn(20, latent_dim))
    model.mixture_cholesky.mul_(0.5)
    model.directions.copy_(torch.randn(20, 3, latent_dim) * 0.3)
    return at_random(model)


def at_random(model: VAE) -> VAE:
    """The model, frozen, once residual blocks do something: they start as the identity."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model.eval().requires_grad_(False)
