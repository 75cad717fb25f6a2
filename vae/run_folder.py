"""The weights folder of a training run: what is written there, when, and how a run resumes."""

import math
import os
from dataclasses import asdict, fields, replace
from pathlib import Path
from textwrap import shorten
from typing import Any

import torch
from torch import Tensor

from vae import data, directions, evaluation, history, mixture, render, storage, training

SHEET_DIGITS = 32
# A training has diverged if, once CHECKED_FROM of its steps are done, the averaged model's loss is
# worse than the mean image's. After a run's first steps it may still lie above it.
CHECKED_FROM = 0.2
CHECKED_IMAGES = 1000
LARGEST_LOSS = 1.05  # times the mean image's
FIRST_STEPS = 200
LARGEST_FIRST_LOSS = 2.0


class Unusable(RuntimeError):
    """What stops a training before or while it runs; one sentence that says what to do."""


class RunFolder:
    """A run and the folder that it writes; `epochs` are the records of the epochs before.

    `test` holds the uint8 test images (N, 1, 28, 28) and their labels (N,).
    """

    def __init__(
        self, path: Path, run: training.Run, epochs: list[dict], test: tuple[Tensor, Tensor]
    ):
        self.path, self.run, self.epochs = path, run, epochs
        self.test_images, self.test_labels = test
        self.recorder = history.Recorder(
            path,
            data.as_floats(self.test_images[: history.PLACED]),
            self.test_labels,
            run.steps_per_epoch,
        )

    def save(self, figures: dict | None = None) -> None:
        """The state, the averaged model, and its metrics with the `figures` of a finished one.

        The state comes first, so that a model on disk can always be resumed, and the metrics last,
        so that "finished" is written when all else is. Raises OSError.
        """
        settings = self.run.settings
        state = {
            "run": self.run.state(),
            "epochs": self.epochs,
            "threads": torch.get_num_threads(),
            "arithmetic": arithmetic(self.run.model.device),
        }
        metrics = {"settings": asdict(settings), "steps": self.run.step, "epochs": self.epochs}
        storage.save_checkpoint(state, self.path)
        storage.save_model(self.run.average, self.path, settings.half_precision)
        storage.save_metrics(metrics | (figures or {}), self.path)

    def keep_epoch(self, epoch: training.Epoch, train_images: Tensor) -> dict[str, float]:
        """Measure and save the model at the end of an epoch: its `test_terms`.

        Raises OSError, Unusable.
        """
        self.refuse_divergence(epoch.train_negative_elbo)
        self.refuse_worthless(train_images)
        terms = self.test_terms()
        self.epochs.append(asdict(epoch) | terms)
        self.keep_moment(terms)
        self.save_sheets(epoch.epoch, train_images)
        self.save()
        return terms

    def test_terms(self) -> dict[str, float]:
        """The averaged model's negative ELBO on the test images and its terms, nats per image.

        Raises Unusable.
        """
        with training.autocast(self.test_images.device):
            terms = evaluation.elbo_terms(self.run.average, self.test_images)
        self.refuse_divergence(terms.total.mean().item())
        return {
            "test_negative_elbo": terms.total.mean().item(),
            "test_reconstruction": terms.reconstruction.mean().item(),
            "test_kl": terms.kl.mean().item(),
        }

    def keep_moment(self, terms: dict[str, float] | None = None) -> None:
        """Add the averaged model to the history, if this step is kept. Raises OSError, Unusable.

        `terms` are those of `test_terms`, where they are known.
        """
        run = self.run
        if history.due(run.step, run.steps_per_epoch, run.total_steps):
            terms = terms or self.test_terms()
            self.recorder.record(
                run.average, run.step, terms["test_reconstruction"], terms["test_kl"]
            )

    def refuse_divergence(self, figure: float) -> None:
        """Raise Unusable where a figure of the training is no finite number."""
        if not math.isfinite(figure):
            raise Unusable(
                f"The training diverged at step {self.run.step}: choose a lower --learning-rate "
                f"and another --output. What {self.path} held before is intact."
            )

    def refuse_worthless(self, train_images: Tensor) -> None:
        """Raise Unusable where the averaged model's loss on training images says that the training
        has diverged.

        The mean over an epoch does not tell: one batch from which the model recovers can outweigh
        all others.
        """
        run = self.run
        if run.progress <= CHECKED_FROM:
            return
        with training.autocast(train_images.device):
            terms = evaluation.elbo_terms(run.average, train_images[:CHECKED_IMAGES])
        loss = (terms.reconstruction + run.settings.kl_weight * terms.kl).mean().item()
        self.refuse_divergence(loss)
        most = LARGEST_LOSS if run.step >= FIRST_STEPS else LARGEST_FIRST_LOSS
        if loss > most * evaluation.mean_image_cost(train_images):
            self.refuse_divergence(math.inf)

    @torch.inference_mode()
    def save_sheets(self, epoch: int, images: Tensor) -> None:
        """Reconstructions of the first of `images` and samples of the same codes, every epoch."""
        model = self.run.average
        originals = data.as_floats(images[:SHEET_DIGITS])
        reconstructions = model.decode(model.encode(originals).mean).sigmoid()
        pairs = torch.stack((originals.view(-1, 8, 784), reconstructions.view(-1, 8, 784)), 1)
        codes = torch.randn(64, model.latent_dim, generator=torch.Generator().manual_seed(0))
        samples = model.decode(codes.to(model.device)).sigmoid()
        folder = self.path / "epochs"
        folder.mkdir(exist_ok=True)
        for name, digits in (("reconstructions", pairs.view(-1, 1, 28, 28)), ("samples", samples)):
            sheet = render.png(render.sheet(digits, columns=8, gap=2, scale=2))
            storage.write_bytes(folder / f"{epoch:04}-{name}.png", sheet)

    def finish(self, train_images: Tensor, train_labels: Tensor) -> dict:
        """Fit the mixture and the directions, measure the model, save all: its test figures."""
        model = self.run.average
        if self.run.settings.half_precision:
            model.half().float()  # what is measured is what is stored
        posteriors = evaluation.posteriors(model, train_images)
        mixture.fit(model, posteriors, train_labels, self.run.settings.seed)
        directions.fit(model, posteriors, train_images, train_labels)
        test = evaluation.summary(model, self.test_images)
        figures = {"finished": True, "test": test}
        if model.latent_dim == 2:  # its codes are places on the page's map
            figures["test_codes"] = evaluation.code_sample(
                model, self.test_images, self.test_labels
            )
        self.save(figures)
        return test


def arithmetic(device: torch.device) -> dict[str, str]:
    """What the last bits of a run depend on, beside its settings, its images and its threads."""
    processor = device.type
    if device.type == "cpu":
        processor = f"cpu with {torch.backends.cpu.get_cpu_capability()}"
    elif device.type == "cuda":
        processor = torch.cuda.get_device_name(device)
    return {
        "processor": processor,
        "precision": "bfloat16" if training.reduced_precision(device) else "float32",
        "torch": str(torch.__version__),
    }


def other_arithmetic(state: dict, device: torch.device) -> str:
    """A sentence on how `device` computes otherwise than where `state` was saved; "" if alike."""
    saved = state.get("arithmetic", {})
    found = [
        f"{name} {value} instead of {saved[name]}"
        for name, value in arithmetic(device).items()
        if saved.get(name, value) != value
    ]
    cores = os.cpu_count() or 1
    if device.type == "cpu" and state["threads"] > cores:
        found.append(f"{cores} cores for {state['threads']} threads")
    if not found:
        return ""
    return (
        f"The run was saved where arithmetic differs ({', '.join(found)}): its bits may differ "
        "from those of an uninterrupted one."
    )


def find_state(path: Path, resume: bool) -> dict | None:
    """The state to resume from, if any; Unusable where a model is already there.

    Raises storage.InvalidCheckpoint for a damaged one.
    """
    try:
        state = storage.load_checkpoint(path) if resume else None
    except FileNotFoundError:
        state = None
    if state is None and any(
        (path / name).exists() for name in (storage.WEIGHTS, storage.CHECKPOINT)
    ):
        advice = "it has no checkpoint to resume, so" if resume else "continue it with --resume, or"
        raise Unusable(
            f"{path} already holds a model, which is left as it is: {advice} choose another "
            "--output."
        )
    return state


def settle(given: dict[str, Any], path: Path, state: dict | None) -> training.Settings:
    """Every setting: from its flag, the run to resume, or the defaults.

    Raises Unusable where flag and run contradict each other, and InvalidCheckpoint.
    """
    if state is None:
        return replace(training.DEFAULTS[given.get("architecture", "conv")], **given)
    settings = recorded_settings(state, path)
    for name, value in given.items():
        recorded = getattr(settings, name)
        if value != recorded:
            raise Unusable(
                f"The run in {path} was started with --{name.replace('_', '-')} "
                f"{as_value(recorded)}: go on without that flag, or choose another --output."
            )
    return settings


def as_value(value: object) -> str:
    """A setting as it is given on the command line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def default_of(flag: str) -> str:
    """A sentence on what a flag stands for where it is not given."""
    name = flag.removeprefix("--").replace("-", "_")
    values = {each: getattr(known, name) for each, known in training.DEFAULTS.items()}
    first = values[training.Settings.architecture]
    if name == "architecture" or len(set(values.values())) == 1:
        return f"Default: {as_value(first)}."
    return f"Default: {', '.join(f'{each} {as_value(value)}' for each, value in values.items())}."


def recorded_settings(state: dict, path: Path) -> training.Settings:
    """The settings of the run in a checkpoint. Raises InvalidCheckpoint."""
    try:
        settings = state["run"]["settings"]
        names = {field.name for field in fields(training.Settings)}
        kept = state.keys() - {"arithmetic"}  # which older checkpoints lack
        if kept != {"run", "epochs", "threads"} or settings.keys() != names:
            raise ValueError("it holds other things")
        if not isinstance(state.get("arithmetic", {}), dict):
            raise ValueError("it does not say where it was made")
        return training.Settings(**settings)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise storage.InvalidCheckpoint(
            f"{path / storage.CHECKPOINT} was made by another program or version: choose another "
            "--output."
        ) from None


def start(settings: training.Settings, images: Tensor, state: dict | None) -> training.Run:
    """A run at its first step, or where its checkpoint stood. Raises InvalidCheckpoint."""
    run = training.begin(settings, images)
    if state is not None:
        try:
            run.restore(state["run"])
        except (KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
            reason = shorten(str(error), 200)
            raise storage.InvalidCheckpoint(
                f"The checkpoint does not fit this run ({reason}): choose another --output."
            ) from error
    return run
