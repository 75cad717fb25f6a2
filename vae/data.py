"""MNIST and its siblings as one tensor, batches of it, augmentation. Knows nothing of models."""

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from torchvision import datasets

from vae.model import IMAGE_SHAPE

DATASETS = {
    "mnist": datasets.MNIST,
    "fashion-mnist": datasets.FashionMNIST,
    "kmnist": datasets.KMNIST,
    "qmnist": datasets.QMNIST,
}

# Augmentation: about what separates one person's handwriting from another's.
ROTATION = math.radians(8)
SHEAR = 0.12
SCALE = 0.08
SHIFT_PIXELS = 1.0
THICKNESS = 0.35
# Interpolation blurs, and grey pixels cost nats: this contrast brings the mean entropy of an
# augmented pixel back to that of MNIST's (45.5 nats an image).
CONTRAST = 1.65


class DataUnavailable(RuntimeError):
    """A data set that is neither on disk nor to be downloaded, or that is damaged; one sentence."""


def load(split: str, root: Path, dataset: str = "mnist") -> tuple[Tensor, Tensor]:
    """The "train" or "test" split: images (N, 1, 28, 28) uint8 and labels (N,) int64, on the CPU.

    Reads torchvision's layout under `root` and downloads what is missing. Raises DataUnavailable.
    """
    source = DATASETS[dataset]
    try:
        subset = {"what": split} if dataset == "qmnist" else {"train": split == "train"}
        data = source(root=str(root), download=True, **subset)
        images, labels = data.data, data.targets
    except Exception as error:  # torchvision raises anything from AssertionError to URLError
        raise DataUnavailable(
            f"{source.__name__} could not be read from or downloaded to {root}: put its files "
            f"(gzipped or not) into {Path(root) / source.__name__ / 'raw'}, in place of any that "
            "are damaged, or point --data-dir at a folder that has them "
            f"({type(error).__name__}: {first_line(error)})."
        ) from error
    labels = labels[:, 0] if labels.dim() == 2 else labels
    whole = images.dtype == torch.uint8 and images.shape[1:] == IMAGE_SHAPE[1:]
    if not whole or len(images) != len(labels) or len(images) == 0:
        raise DataUnavailable(
            f"{source.__name__} under {root} is damaged: {len(images)} images of shape "
            f"{tuple(images.shape[1:])} and {len(labels)} labels; delete it and run again."
        )
    return images.unsqueeze(1), labels.long()


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

    A random rotation, shear, scale and shift, and strokes made thinner or thicker. Batches are in
    random order, so the first images are any images.
    """
    count = round(share * len(images))
    if count == 0:
        return images

    def uniform(columns: int) -> Tensor:
        noise = torch.rand(count, columns, generator=generator, device=generator.device)
        return noise.to(images.device) * 2 - 1

    changed = _warp(images[:count], uniform(4), uniform(2) * (SHIFT_PIXELS / 14))
    changed = _thicken(changed, (uniform(1) * THICKNESS).view(-1, 1, 1, 1))
    changed = ((changed - 0.5) * CONTRAST + 0.5).clamp(0, 1)
    return torch.cat((changed, images[count:]))


def _warp(images: Tensor, angle_shear_scale: Tensor, shift: Tensor) -> Tensor:
    """Affinely resampled images (B, 1, 28, 28); parameters (B, 4) and (B, 2) in [-1, 1]."""
    angle, shear, scale_x, scale_y = angle_shear_scale.unbind(1)
    angle, shear = angle * ROTATION, shear * SHEAR
    scale_x, scale_y = 1 + scale_x * SCALE, 1 + scale_y * SCALE
    cos, sin = angle.cos(), angle.sin()
    top = torch.stack((cos * scale_x, (shear * cos - sin) * scale_y), 1)
    bottom = torch.stack((sin * scale_x, (shear * sin + cos) * scale_y), 1)
    affine = torch.cat((torch.stack((top, bottom), 1), shift.unsqueeze(2)), 2)  # (B, 2, 3)
    grid = functional.affine_grid(affine, images.shape, align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def _thicken(images: Tensor, amount: Tensor) -> Tensor:
    """Strokes thickened, or thinned where `amount` (B, 1, 1, 1) is negative.

    Moves each pixel towards its neighbourhood's maximum, or its minimum, by that share of the way.
    """
    thick = functional.max_pool2d(images, 3, stride=1, padding=1)
    thin = -functional.max_pool2d(-images, 3, stride=1, padding=1)
    return images.lerp(torch.where(amount > 0, thick, thin), amount.abs())
