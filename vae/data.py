"""MNIST and its siblings as one tensor, batches of it, augmentation. Knows nothing of models."""

import math
import struct
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from vae.model import IMAGE_SHAPE

# The classes of torchvision that fetch them, and so the names of their folders.
DATASETS = {
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "kmnist": "KMNIST",
    "qmnist": "QMNIST",
}
# What MNIST, Fashion-MNIST and KMNIST all call their files, once torchvision has unpacked them.
FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}

# Augmentation: about what separates one person's handwriting from another's.
ROTATION = math.radians(8)
SHEAR = 0.12
SCALE = 0.08
SHIFT_PIXELS = 1.0
THICKNESS = 0.35
# The image as a sheet of rubber, pulled by up to so much at every point of a grid, this many a side
# (Simard et al., "Best practices for convolutional neural networks", 2003): strokes bend.
PULL_PIXELS = 1.2
PULLS = 5
# Interpolation blurs, and grey pixels cost nats: this contrast brings the mean entropy of an
# augmented pixel back to that of MNIST's (45.5 nats an image).
CONTRAST = 1.65


class DataUnavailable(RuntimeError):
    """A data set that is neither on disk nor to be downloaded, or that is damaged; one sentence."""


def load(split: str, root: Path, dataset: str = "mnist") -> tuple[Tensor, Tensor]:
    """The "train" or "test" split: images (N, 1, 28, 28) uint8 and labels (N,) int64, on the CPU.

    Reads torchvision's layout under `root` and downloads what is missing. Raises DataUnavailable.
    """
    name = DATASETS[dataset]
    raw = Path(root) / name / "raw"
    try:
        files = [raw / file for file in FILES[split]]
        if all(file.exists() for file in files):
            images, labels = map(_read_idx, files)
        else:
            images, labels = _fetched(name, split, root)
    except Exception as error:  # torchvision raises anything from AssertionError to URLError
        raise DataUnavailable(
            f"{name} could not be read from or downloaded to {root}: put its files (gzipped or "
            f"not) into {raw}, in place of any that are damaged, or point --data-dir at a folder "
            f"that has them ({type(error).__name__}: {first_line(error)})."
        ) from error
    whole = images.dtype == torch.uint8 and images.shape[1:] == IMAGE_SHAPE[1:]
    if not whole or labels.shape != images.shape[:1] or len(images) == 0:
        raise DataUnavailable(
            f"{name} under {root} is damaged: {len(images)} images of shape "
            f"{tuple(images.shape[1:])} and {len(labels)} labels; delete it and run again."
        )
    return images.unsqueeze(1), labels.long()


def _read_idx(file: Path) -> Tensor:
    """The bytes of a file in the IDX format (http://yann.lecun.com/exdb/mnist), in their shape.

    torchvision reads them as well, but importing it takes a second of every training's start.
    """
    content = bytearray(file.read_bytes())
    if content[:3] != b"\0\0\x08" or not content[3]:
        raise ValueError(f"{file.name} is no IDX file of bytes")
    dimensions = content[3]
    sizes = struct.unpack_from(f">{dimensions}I", content, 4)
    return torch.frombuffer(content, dtype=torch.uint8, offset=4 + 4 * dimensions).reshape(sizes)


def _fetched(name: str, split: str, root: Path) -> tuple[Tensor, Tensor]:
    """A split that torchvision downloads, or unpacks, to `root` and reads."""
    from torchvision import datasets

    subset = {"what": split} if name == "QMNIST" else {"train": split == "train"}
    data = getattr(datasets, name)(root=str(root), download=True, **subset)
    # QMNIST says of a digit not only what it is, but who wrote it.
    return data.data, data.targets[:, 0] if name == "QMNIST" else data.targets


def first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "no reason given")


def as_floats(images: Tensor) -> Tensor:
    """uint8 grey levels (B, 1, 28, 28) as floats in [0, 1], 1 = ink."""
    return images.float().div_(255)


def mean_image(images: Tensor) -> Tensor:
    """The mean (1, 28, 28) of the first ten thousand uint8 images (N, 1, 28, 28), in [0, 1]."""
    return as_floats(images[:10_000]).mean(0)


def batches(images: Tensor, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Every image once, in the order of one random permutation: slices (B, ...) of `images`."""
    device = images.device
    order = torch.randperm(len(images), generator=generator, device=generator.device).to(device)
    for start in range(0, len(images), batch_size):
        yield images.index_select(0, order[start : start + batch_size])


def augment(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """The first `share` of a batch as other hands might have written it: (B, 1, 28, 28) in [0, 1].

    A random rotation, shear, scale and shift, strokes bent a little and made thinner or thicker.
    Batches are in random order, so the first images are any images.
    """
    count = round(share * len(images))
    if count == 0:
        return images

    def uniform(columns: int) -> Tensor:
        noise = torch.rand(count, columns, generator=generator, device=generator.device)
        return noise.to(images.device) * 2 - 1

    grid = _affine(uniform(4), uniform(2) * (SHIFT_PIXELS / 14))
    grid += _elastic(uniform(2 * PULLS**2).view(count, 2, PULLS, PULLS) * (PULL_PIXELS / 14))
    changed = functional.grid_sample(images[:count], grid, align_corners=False)
    changed = _thicken(changed, (uniform(1) * THICKNESS).view(-1, 1, 1, 1))
    changed = ((changed - 0.5) * CONTRAST + 0.5).clamp(0, 1)
    return torch.cat((changed, images[count:]))


def _affine(angle_shear_scale: Tensor, shift: Tensor) -> Tensor:
    """Where each pixel is taken from, (B, 28, 28, 2); parameters (B, 4) and (B, 2) in [-1, 1]."""
    angle, shear, scale_x, scale_y = angle_shear_scale.unbind(1)
    angle, shear = angle * ROTATION, shear * SHEAR
    scale_x, scale_y = 1 + scale_x * SCALE, 1 + scale_y * SCALE
    cos, sin = angle.cos(), angle.sin()
    top = torch.stack((cos * scale_x, (shear * cos - sin) * scale_y), 1)
    bottom = torch.stack((sin * scale_x, (shear * sin + cos) * scale_y), 1)
    affine = torch.cat((torch.stack((top, bottom), 1), shift.unsqueeze(2)), 2)  # (B, 2, 3)
    return functional.affine_grid(affine, (len(affine), *IMAGE_SHAPE), align_corners=False)


def _elastic(pulls: Tensor) -> Tensor:
    """How far from there each pixel is taken, (B, 28, 28, 2): `pulls` (B, 2, P, P), smoothly."""
    side, points = IMAGE_SHAPE[-1], pulls.shape[-1]
    # Bicubic along either axis is a matrix: a tenth of the time that interpolating the batch takes.
    alone = torch.eye(points, device=pulls.device).view(1, 1, points, points)
    spread = functional.interpolate(alone, (side, points), mode="bicubic", align_corners=True)[0, 0]
    return (spread @ pulls @ spread.T).permute(0, 2, 3, 1)


def _thicken(images: Tensor, amount: Tensor) -> Tensor:
    """Strokes thickened, or thinned where `amount` (B, 1, 1, 1) is negative.

    Moves each pixel towards its neighbourhood's maximum, or its minimum, by that share of the way.
    """
    sign = amount.sign()  # the minimum is the negative's maximum
    utmost = sign * functional.max_pool2d(sign * images, 3, stride=1, padding=1)
    return images.lerp(utmost, amount.abs())
