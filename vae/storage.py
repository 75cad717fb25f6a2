"""A weights folder on disk, always whole: files are written aside, then renamed over the old ones.

weights/<name>/config.json         the constructor arguments of the VAE
weights/<name>/model.safetensors   its weights
weights/<name>/metrics.json        how it was trained and what was measured
weights/<name>/history/            how it learned: vae.history
weights/<name>/checkpoint.pt       the state of its training run; not needed to use the model
"""

import contextlib
import copy
import io
import json
import math
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import shorten

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from torch import Tensor

from vae.model import VAE

CONFIG = "config.json"
METRICS = "metrics.json"
WEIGHTS = "model.safetensors"
CHECKPOINT = "checkpoint.pt"
FLOATS = ("F32", "F16", "BF16")  # what safetensors calls the precisions that weights may have


class InvalidWeights(ValueError):
    """A weights folder that cannot be used; the message is one sentence that names the file."""


class FolderInUse(RuntimeError):
    """Another training writes to the weights folder; the message is one sentence."""


class InvalidCheckpoint(ValueError):
    """A checkpoint that cannot be read; the message is one sentence that names the file."""


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a weights folder alone, making it if need be. Raises FolderInUse.

    The lock dies with the process, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".training.lock", timeout=0):
            yield
    except Timeout:
        raise FolderInUse(
            f"Another training is writing to {folder}: wait for it or choose another --output."
        ) from None


def write_whole(file: Path, write: Callable[[Path], object]) -> None:
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


def write_bytes(file: Path, content: bytes | memoryview) -> None:
    """`write_whole` for what is in memory."""
    write_whole(file, lambda aside: aside.write_bytes(content))


def write_text(file: Path, text: str) -> None:
    """`write_whole` for text."""
    write_bytes(file, text.encode("utf-8"))


def save_model(model: VAE, folder: Path, half_precision: bool = False) -> None:
    """Write config.json and model.safetensors, in float16 or float32. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    if half_precision:
        model = copy.deepcopy(model).half()
    aside = folder / ".saving"
    shutil.rmtree(aside, ignore_errors=True)  # what a killed process left
    try:
        # The mixin may add a template of a model card; this folder's card is written by hand.
        model.save_pretrained(aside)
        for name in (CONFIG, WEIGHTS):
            write_bytes(folder / name, (aside / name).read_bytes())
    except SafetensorError as error:  # a full disk, for one
        raise OSError(str(error)) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def load_model(folder: Path) -> VAE:
    """The frozen model of a weights folder, in float32 on the CPU.

    Only safetensors are read, never a pickle, and only if every tensor is there, has its shape and
    is finite; the mixture's weights must sum to 1. Raises InvalidWeights.
    """
    config, weights = Path(folder, CONFIG), Path(folder, WEIGHTS)
    for file in (config, weights):
        if not file.exists():
            raise InvalidWeights(f"{file} is missing: a weights folder needs it.")
    try:
        expected = _described(config)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        reason = shorten(str(error), 200)
        raise InvalidWeights(f"{config} does not describe a VAE of this kind: {reason}.") from None
    try:
        misfit = _misfit(weights, expected)
        if not misfit:
            model = VAE.from_pretrained(folder).requires_grad_(False)
            misfit = _unusable(model.state_dict())
    except (OSError, SafetensorError) as error:
        reason = shorten(str(error), 200)
        raise InvalidWeights(f"{weights} is not a whole safetensors file: {reason}.") from None
    if misfit:
        raise InvalidWeights(f"{weights} {misfit}.")
    return model


def _described(config: Path) -> dict[str, Tensor]:
    """The tensors, without memory, of the model that a config.json describes."""
    arguments = json.loads(config.read_text(encoding="utf-8"))
    if not isinstance(arguments, dict):
        raise ValueError("it is not a JSON object")
    with torch.device("meta"):
        return VAE(**arguments).state_dict()


def _misfit(weights: Path, expected: dict[str, Tensor]) -> str:
    """What of a safetensors file's header is not as expected; nothing if all of it is."""
    with safe_open(weights, "pt") as file:
        odd = sorted(set(file.keys()) ^ expected.keys())
        if odd:
            return (
                f"does not fit its config.json: {len(odd)} tensors are missing or too many, "
                f"{shorten(repr(odd[0]), 100)} among them"
            )
        for name, tensor in expected.items():
            found = file.get_slice(name)
            if found.get_shape() != list(tensor.shape) or found.get_dtype() not in FLOATS:
                return (
                    f"does not fit its config.json: {name} is {found.get_dtype()} "
                    f"{found.get_shape()} where F32 {list(tensor.shape)} belongs"
                )
    return ""


def _unusable(tensors: dict[str, Tensor]) -> str:
    """What makes the values of a model unusable; nothing if they are sound."""
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            return f"holds values that are not finite, in {name}"
    shares = tensors["mixture_weights"].double()
    if (shares < 0).any() or not math.isclose(float(shares.sum()), 1, abs_tol=1e-3):
        return "holds mixture_weights that do not sum to 1"
    return ""


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


def dataset_of(folder: Path) -> object:
    """The name of the data set that a model learnt, as metrics.json gives it: MNIST's if silent."""
    settings = load_metrics(folder).get("settings")
    return settings.get("dataset", "mnist") if isinstance(settings, dict) else "mnist"


def save_checkpoint(state: dict, folder: Path) -> None:
    """Write checkpoint.pt: tensors and plain values only. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    # By way of memory: torch reports a full disk as a RuntimeError that says nothing of disks.
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_bytes(folder / CHECKPOINT, buffer.getbuffer())


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
