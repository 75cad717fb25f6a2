"""MNIST and its siblings through torchvision, as one tensor, and batches of it.

Knows of models the shape of their images alone.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from textwrap import shorten

import torch
from torch import Tensor
from torchvision import datasets

from vae.model import IMAGE_SHAPE

DATASETS = {
    "mnist": datasets.MNIST,
    "fashion-mnist": datasets.FashionMNIST,
    "kmnist": datasets.KMNIST,
    "qmnist": datasets.QMNIST,
}
CLASSES = 10  # of each of them
# What MNIST, Fashion-MNIST and KMNIST all call their files, once they are unpacked.
FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


class DataUnavailable(RuntimeError):
    """A data set that is neither on disk nor to be downloaded, or that is damaged; one sentence."""


def load(split: str, root: Path, dataset: str = "mnist") -> tuple[Tensor, Tensor]:
    """The "train" or "test" split: images (N, 1, 28, 28) uint8 and labels (N,) int64, on the CPU.

    Reads torchvision's layout under `root` and downloads what is missing. Raises DataUnavailable.
    """
    source = DATASETS[dataset]
    raw = Path(root) / source.__name__ / "raw"
    try:
        if source is datasets.QMNIST:
            found = source(str(root), what=split, download=True)
            images, labels = found.data, found.targets[:, 0]  # the other columns name the writer
        else:
            found = source(str(root), train=split == "train", download=True)
            images, labels = found.data, found.targets
    except Exception as error:  # torchvision raises anything from AssertionError to URLError
        reason = shorten(f"{type(error).__name__}: {error}", 500, placeholder=" ...").rstrip(".")
        moves = " and ".join(f"{there} to {wanted}" for there, wanted in misnamed(raw))
        putting = f"put its files (gzipped or not) into {raw}, in place of any that are damaged"
        raise DataUnavailable(
            f"{source.__name__} could not be read from or downloaded to {root}: "
            f"{f'move {moves}' if moves else putting}, or point --data-dir at a folder that has "
            f"them ({reason})."
        ) from error
    whole = images.dtype == torch.uint8 and images.shape[1:] == IMAGE_SHAPE[1:]
    whole = whole and labels.shape == images.shape[:1] and len(images) > 0
    if not whole or int(labels.max()) >= CLASSES:
        raise DataUnavailable(
            f"{source.__name__} under {root} is damaged: {len(images)} images of shape "
            f"{tuple(images.shape[1:])} and {len(labels)} labels; delete it and run again."
        )
    return images.unsqueeze(1), labels.long()


def misnamed(raw: Path) -> list[tuple[Path, Path]]:
    """Files in or about the folder `raw` that are called as those wanted there, but for dots,
    dashes and case: each with the path that is wanted."""
    places = [raw, raw.parent, *(raw / name for name in FILES)]
    if raw.parent.name == "MNIST":  # loose files are most likely the best known data set's
        places.append(raw.parent.parent)
    files = [file for file in chain(*(place.glob("*") for place in places)) if file.is_file()]
    found = []
    for name in FILES:
        wanted = (raw / name, raw / f"{name}.gz")
        if not any(path.is_file() for path in wanted):
            alike = [
                (file, path) for file in files for path in wanted if plain(file) == plain(path)
            ]
            found += alike[:1]
    return found


def plain(file: Path) -> str:
    """A file's name in lower case, without what separates its words."""
    return "".join(filter(str.isalnum, file.name.lower()))


def as_floats(images: Tensor) -> Tensor:
    """uint8 grey levels (B, 1, 28, 28) as floats in [0, 1], 1 = ink."""
    return images.float().div_(255)


def mean_image(images: Tensor) -> Tensor:
    """The mean (1, 28, 28) of uint8 images (N, 1, 28, 28), in [0, 1]; a part of them is enough."""
    return as_floats(images[:10_000]).mean(0)


def batches(images: Tensor, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Every image once, in the order of one random permutation: slices (B, ...) of `images`."""
    device = images.device
    order = torch.randperm(len(images), generator=generator, device=generator.device).to(device)
    for start in range(0, len(images), batch_size):
        yield images.index_select(0, order[start : start + batch_size])
