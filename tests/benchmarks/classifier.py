"""A small classifier of digits: it judges samples and reconstructions. Knows nothing of the VAE.

Images are (N, 1, 28, 28) in [0, 1]. It takes no part in training a VAE: a model fitted to it would
make its figures worthless.
"""

import hashlib
import math
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm

from vae import data

SEED = 0
EPOCHS = 8
BATCH = 256
PEAK_LEARNING_RATE = 4e-3
SHIFT = 2  # pixels by which a training batch is moved at most


class Reading(NamedTuple):
    """What the classifier makes of N images."""

    features: Tensor  # (N, F) float64: the layer before the last
    probabilities: Tensor  # (N, 10)

    @property
    def digit(self) -> Tensor:
        """The likeliest class, (N,)."""
        return self.probabilities.argmax(1)

    @property
    def confidence(self) -> Tensor:
        """The probability of the likeliest class, (N,)."""
        return self.probabilities.amax(1)


def network(width: int = 16) -> nn.Sequential:
    """An untrained classifier: (N, 1, 28, 28) -> logits (N, 10)."""
    return nn.Sequential(
        nn.Conv2d(1, width, 5, stride=2, padding=2),  # (N, W, 14, 14)
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, 2 * width, 3, padding=1),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(),
        nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1),  # (N, 4W, 7, 7)
        nn.BatchNorm2d(4 * width),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(4 * width * 7 * 7, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def trained(images: Tensor, labels: Tensor) -> nn.Sequential:
    """A classifier of uint8 images (N, 1, 28, 28) with labels (N,), in evaluation mode."""
    torch.manual_seed(SEED)
    classifier = network()
    optimizer = torch.optim.Adam(classifier.parameters())
    steps = EPOCHS * math.ceil(len(images) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LEARNING_RATE, steps)
    with tqdm(total=steps, desc="classifier", leave=False) as progress:
        for _ in range(EPOCHS):
            for chosen in torch.randperm(len(images)).split(BATCH):
                shift = torch.randint(-SHIFT, SHIFT + 1, (2,)).tolist()
                batch = data.as_floats(images[chosen]).roll(shift, (2, 3))
                loss = nn.functional.cross_entropy(classifier(batch), labels[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                progress.update()
    return classifier.eval()


def load_or_train(images: Tensor, labels: Tensor, cache: Path) -> nn.Sequential:
    """The classifier for these images, from the folder `cache` if it was trained before.

    The file's name depends on the data and on this module's source: a change of either trains anew.
    """
    made_of = hashlib.sha256(Path(__file__).read_bytes())
    made_of.update(images.numpy().tobytes() + labels.numpy().tobytes())
    file = cache / f"classifier-{made_of.hexdigest()[:16]}.safetensors"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        save_file(trained(images, labels).state_dict(), partial)
        partial.replace(file)
    classifier = network()
    classifier.load_state_dict(load_file(file))
    return classifier.eval()


@torch.inference_mode()
def read(classifier: nn.Sequential, images: Tensor) -> Reading:
    """What the classifier makes of images (N, 1, 28, 28) in [0, 1]."""
    features = torch.cat([classifier[:-1](batch) for batch in images.split(1000)])
    return Reading(features.double(), classifier[-1](features).softmax(1))
