"""Writes a history while a model is trained: given a model and a step, it keeps what it sees."""

import json
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from vae import render, storage
from vae.history.layout import (
    COLUMNS,
    FOLDER,
    FORM,
    INDEX,
    PLACED,
    PLANE_SIDE,
    RECONSTRUCTIONS,
    SAMPLES,
    packed,
    picture_name,
)
from vae.history.plane import plane, square_of
from vae.history.reader import read_index
from vae.model import VAE

FIRST_STEPS = (0, 10, 30, 100, 300)  # a model changes most at first
QUALITY = 75  # of WebP: a history is kept with its model, so it has to be small


def due(step: int, steps_per_epoch: int, total_steps: int) -> bool:
    """Whether the moment after `step` steps is kept.

    Kept are FIRST_STEPS, the ends of epochs 1, 2, 4, 8, ... and the end of the run.
    """
    epoch, into_epoch = divmod(step, steps_per_epoch)
    power_of_two = epoch > 0 and epoch & (epoch - 1) == 0
    return step in FIRST_STEPS or step == total_steps or (power_of_two and into_epoch == 0)


class Recorder:
    """Writes the history of a weights folder, moment by moment.

    `images` (N, 1, 28, 28) in [0, 1] and `labels` (N,) are test digits: the first RECONSTRUCTIONS
    are reconstructed, the first PLACED have their codes kept.
    """

    def __init__(self, weights: Path, images: Tensor, labels: Tensor, steps_per_epoch: int):
        self.folder = weights / FOLDER
        self.images = images[:PLACED]
        self.labels = "".join(str(label) for label in labels[:PLACED].tolist())
        self.steps_per_epoch = steps_per_epoch

    def record(self, model: VAE, step: int, reconstruction: float, kl: float) -> None:
        """Keep `model` as it is after `step` steps, with the test bound's two terms, nats.

        Moments from `step` on are replaced: a run that was killed goes over them again. The index
        is written last, so that it names only files that are whole. Raises OSError.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        index = read_index(self.folder)
        known = index["moments"] if index and self._continues(index, model) else []
        known = [moment for moment in known if moment["step"] < step]
        moment, pictures = self._look_at(model)
        for name, picture in pictures.items():
            file = self.folder / picture_name(step, name)
            storage.write_bytes(file, render.webp(picture, QUALITY))
        moment = {"step": step, "test_reconstruction": reconstruction, "test_kl": kl, **moment}
        index = {**self._heading(model), "moments": [*known, moment]}
        storage.write_text(self.folder / INDEX, json.dumps(index, allow_nan=False) + "\n")
        self._tidy([each["step"] for each in index["moments"]])

    def _heading(self, model: VAE) -> dict:
        labels = self.labels if model.latent_dim == 2 else ""
        return {
            "form": FORM,
            "latent_dim": model.latent_dim,
            "steps_per_epoch": self.steps_per_epoch,
            "labels": labels,
        }

    def _continues(self, index: dict, model: VAE) -> bool:
        return index == {**self._heading(model), "moments": index["moments"]}

    @torch.inference_mode()
    def _look_at(self, model: VAE) -> tuple[dict, dict[str, Image.Image]]:
        """A moment's entry in the index, and its pictures by name."""

        def decode(codes: Tensor) -> Tensor:
            return model.decode(codes.to(model.device)).sigmoid().cpu()

        means = model.encode(self.images.to(model.device)).mean.cpu()
        shown = self.images[:RECONSTRUCTIONS].cpu()
        rows = [images.split(COLUMNS) for images in (shown, decode(means[:RECONSTRUCTIONS]))]
        pairs = torch.cat([row for pair in zip(*rows, strict=True) for row in pair])
        noise = torch.randn(SAMPLES, model.latent_dim, generator=torch.Generator().manual_seed(0))
        pictures = {
            "samples": render.sheet(decode(noise), COLUMNS),
            "reconstructions": render.sheet(pairs, COLUMNS),
        }
        if model.latent_dim != 2:
            return {}, pictures
        square = square_of(means)
        pictures["manifold"] = render.sheet(decode(plane(square, PLANE_SIDE)), PLANE_SIDE)
        return {"square": square, "codes": packed(means)}, pictures

    def _tidy(self, steps: list[int]) -> None:
        """Delete pictures of other moments: a run that was killed, or begun anew, left them."""
        for file in self.folder.glob("*.webp"):
            if file.name.split("-")[0] not in {f"{step:07}" for step in steps}:
                file.unlink(missing_ok=True)
