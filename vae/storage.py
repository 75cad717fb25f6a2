"""A weights folder on disk, always whole: files are written aside, then renamed over the old ones.

weights/<name>/config.json         the constructor arguments of the VAE
weights/<name>/model.safetensors   its weights
weights/<name>/metrics.json        how it was trained and what was measured
weights/<name>/checkpoint.pt       the state of its training run; not needed to use the model
"""

import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch

from vae.model import VAE

CONFIG = "config.json"
METRICS = "metrics.json"
WEIGHTS = "model.safetensors"
CHECKPOINT = "checkpoint.pt"


class InvalidCheckpoint(ValueError):
    """A checkpoint that cannot be read; the message is one sentence that names the file."""


def write_whole(file: Path, write: Callable[[Path], None]) -> None:
    """Let `write` make a file aside, then put it in the place of `file` in one step.

    Whatever interrupts it, `file` is either the old one or the new one. Raises OSError.
    """
    aside = file.with_name(f".{file.name}.partial")
    try:
        write(aside)
        with open(aside, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(aside, file)
    finally:
        aside.unlink(missing_ok=True)


def write_text(file: Path, text: str) -> None:
    """`write_whole` for text."""
    write_whole(file, lambda aside: aside.write_text(text, encoding="utf-8"))


def save_model(model: VAE, folder: Path) -> None:
    """Write config.json and model.safetensors. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / ".saving"
    shutil.rmtree(aside, ignore_errors=True)  # what a killed process left
    try:
        # The library may add a template of a model card; this folder's card is written by hand.
        model.save_pretrained(aside)
        for name in (CONFIG, WEIGHTS):
            write_whole(folder / name, (aside / name).replace)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def save_metrics(metrics: dict, folder: Path) -> None:
    """Write metrics.json. Raises OSError."""
    write_text(folder / METRICS, json.dumps(metrics, indent=1, allow_nan=False) + "\n")


def load_metrics(folder: Path) -> dict:
    """What metrics.json says, or nothing where it is absent or unreadable: no model needs it."""
    try:
        metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return metrics if isinstance(metrics, dict) else {}


def save_checkpoint(state: dict, folder: Path) -> None:
    """Write checkpoint.pt: tensors and plain values only. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    # By way of memory: torch reports a full disk as a RuntimeError that says nothing of disks.
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_whole(folder / CHECKPOINT, lambda aside: aside.write_bytes(buffer.getbuffer()))


def load_checkpoint(folder: Path) -> dict:
    """What `save_checkpoint` wrote, on the CPU. Raises InvalidCheckpoint, FileNotFoundError."""
    file = folder / CHECKPOINT
    try:
        content = io.BytesIO(file.read_bytes())
        # Torch reads past the archive's checksums: flipped bits would train on unnoticed.
        with zipfile.ZipFile(content) as archive:
            damaged = archive.testzip()
        content.seek(0)
        state = torch.load(content, map_location="cpu", weights_only=True)
        if damaged is not None or not isinstance(state, dict):
            raise ValueError(f"{damaged} is damaged" if damaged else "it is not a dictionary")
        return state
    except FileNotFoundError:
        raise
    except Exception as error:  # damaged archives and pickles raise nearly anything
        raise InvalidCheckpoint(
            f"{file} is damaged and cannot be resumed from; the weights beside it are untouched. "
            "Train into another folder, or delete it to start again."
        ) from error


def find_models(root: Path) -> list[Path]:
    """The weights folders below `root`, by name; none where `root` is absent."""
    return sorted(file.parent for file in root.glob(f"*/{WEIGHTS}"))
