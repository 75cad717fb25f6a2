"""Train a VAE and write a weights folder that app.py picks up.

python train_model.py                                    the default convolutional model
python train_model.py --architecture mlp --epochs 8      a usable model within a minute
python train_model.py --resume                           go on where a run stopped
python train_model.py --start-from weights/my-conv ...   train a finished model further
"""

import argparse
import contextlib
import ctypes
import math
import os
import platform
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from textwrap import shorten

import torch
from filelock import FileLock, Timeout
from torch import Tensor, nn
from tqdm import tqdm

from vae import data, evaluation, mixture, render, storage, training
from vae.model import (
    ARCHITECTURES,
    LARGEST_HIDDEN_DIM,
    LARGEST_LATENT_DIM,
    VAE,
    InvalidWeights,
)

# What a flag that is not given stands for, by architecture.
DEFAULTS = {
    "conv": {"latent_dim": 32, "hidden_dim": 32, "learning_rate": 3e-3},
    "mlp": {"latent_dim": 20, "hidden_dim": 512, "learning_rate": 4e-3},
}
COMMON_DEFAULTS = {
    "epochs": 40,
    "batch_size": 128,
    "match_prior": 0.0,
    "seed": 0,
    "dataset": "mnist",
    "start_from": None,
}
SHEET_IMAGES = 32
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt


class Unusable(Exception):
    """What stops a training before or while it runs; one sentence that says what to do."""


class Stopped(Exception):
    """Ctrl-C, or a polite kill, was noticed between two steps."""


def main(argv: list[str] | None = None) -> None:
    flags = parse(argv)
    try:
        with exclusive(flags.output):
            train(flags)
    except (Unusable, data.DataUnavailable, storage.InvalidCheckpoint, InvalidWeights) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\nStopped at once: what was saved before is intact.", file=sys.stderr)
        sys.exit(130)
    except RuntimeError as error:
        # A GPU has a class for it; a CPU's allocator has only words.
        if not any(words in str(error) for words in ("out of memory", "DefaultCPUAllocator")):
            raise
        sys.exit("The device ran out of memory: try a smaller --batch-size or --hidden-dim.")
    except OSError as error:
        sys.exit(
            f"{flags.output} could not be written ({error.strerror or error}): free some space or "
            "choose another --output. What was saved before is intact; --resume goes on from it."
        )


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The flags, each checked; exits with one sentence for a bad one."""
    parser = argparse.ArgumentParser(
        description="Train a variational autoencoder on MNIST and write it to a weights folder.",
        epilog="A run can be stopped with Ctrl-C at any time and continued with --resume.",
    )
    add = parser.add_argument
    add("--architecture", choices=ARCHITECTURES, help="the network (default: conv)")
    add(
        "--latent-dim",
        type=whole(1, LARGEST_LATENT_DIM),
        metavar="D",
        help="numbers in a code (conv 32, mlp 20)",
    )
    add(
        "--hidden-dim",
        type=whole(1, LARGEST_HIDDEN_DIM),
        metavar="H",
        help="conv: channels (default 32); mlp: hidden units (default 512)",
    )
    add(
        "--epochs",
        type=whole(0, 100_000),
        metavar="N",
        help="passes over the data (default 40); 0 only takes the mean that --start-from names",
    )
    add("--batch-size", type=whole(1, 60_000), metavar="N", help="images a step (default 128)")
    add(
        "--learning-rate",
        type=above_zero(1),
        metavar="R",
        help="its peak (default: conv 0.003, mlp 0.004)",
    )
    add(
        "--match-prior",
        type=above_zero(100),
        metavar="W",
        help="also minimise W times the aggregate posterior's divergence from the prior: more "
        "samples of the prior can be read, at the cost of the bound (default: not)",
    )
    add("--seed", type=whole(0, 2**31 - 1), metavar="S", help="decides all randomness (default 0)")
    add(
        "--start-from",
        type=existing_folder,
        nargs="+",
        metavar="DIR",
        help="begin with the model in this weights folder, not with a random one; with several "
        "that were trained from the same one, with the mean of their weights",
    )
    add("--dataset", choices=tuple(data.DATASETS), help="what to learn (default: mnist)")
    add(
        "--data-dir",
        type=Path,
        default=Path("data"),
        metavar="DIR",
        help="where the data lies or is downloaded to (default: data)",
    )
    add(
        "--output",
        type=Path,
        metavar="DIR",
        help="the weights folder to write (default: weights/my-conv or weights/my-mlp)",
    )
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="default: auto")
    add("--resume", action="store_true", help="continue the run in the output folder")
    flags = parser.parse_args(argv)
    if flags.output is None:
        flags.output = Path("weights") / f"my-{flags.architecture or 'conv'}"
    if flags.epochs == 0 and not flags.start_from:
        parser.error("--epochs 0 trains nothing: ask for at least 1, or name a --start-from")
    if flags.output.exists() and not flags.output.is_dir():
        parser.error(f"--output {flags.output} is a file: name a folder")
    try:
        flags.device = choose_device(flags.device)
    except Unusable as error:
        parser.error(str(error))
    return flags


def whole(least: int, most: int):
    """A parser of whole numbers within bounds, for argparse."""

    def parse_whole(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number from {least} to {most}"
            )
        return value

    return parse_whole


def above_zero(most: int):
    """A parser of numbers above 0 and at most `most` (and so not NaN), for argparse."""

    def parse_number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 0 < value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and at most {most}")
        return value

    return parse_number


def existing_folder(text: str) -> str:
    """A folder that is there, for argparse."""
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder: name one that holds a model")
    return text


def choose_device(name: str) -> torch.device:
    """The device a flag stands for: "auto" is a GPU where there is one. Raises Unusable."""
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(kind for kind, here in available.items() if here)
    if not available[name]:
        raise Unusable(f"--device {name}: this machine or this torch has none; try --device cpu")
    return torch.device(name)


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the weights folder alone; the lock dies with the process, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".training.lock", timeout=0):
            yield
    except Timeout:
        raise Unusable(
            f"Another training is writing to {folder}: wait for it or choose another --output."
        ) from None


def train(flags: argparse.Namespace) -> None:
    """The whole of a run: settings, data, epochs, files."""
    checkpoint = find_checkpoint(flags)
    choices = settle(flags, checkpoint)
    if checkpoint and flags.device.type == "cpu":
        torch.set_num_threads(checkpoint["threads"])  # another count rounds differently
    make_repeatable()
    keep_freed_memory()
    train_images, _ = data.load("train", flags.data_dir, choices["dataset"])
    test_images, test_labels = data.load("test", flags.data_dir, choices["dataset"])
    train_images, test_images = train_images.to(flags.device), test_images.to(flags.device)

    run = start(choices, train_images, checkpoint)
    history = checkpoint["history"] if checkpoint else []
    describe(run, choices, flags)
    if storage.load_metrics(flags.output).get("finished"):
        print(f"{flags.output} is finished: nothing is left to resume.")
        return
    folder = Folder(flags.output, choices, run, history, train_images)
    try:
        with interrupts() as interrupted:
            epochs(run, train_images, test_images, folder, interrupted)
    except Stopped:
        folder.save()
        print(
            f"\nStopped after {run.step} of {run.total_steps} steps. {flags.output} holds the "
            "model reached; go on with the same command and --resume."
        )
        return
    finish(run, train_images, test_images, test_labels, folder)


def find_checkpoint(flags: argparse.Namespace) -> dict | None:
    """The state to resume from, if any; refuses to train over a model that is already there."""
    try:
        checkpoint = storage.load_checkpoint(flags.output) if flags.resume else None
    except FileNotFoundError:
        checkpoint = None
    there = any((flags.output / name).exists() for name in (storage.WEIGHTS, storage.CHECKPOINT))
    if checkpoint is None and there:
        advice = "it has no checkpoint to resume" if flags.resume else "continue it with --resume"
        raise Unusable(
            f"{flags.output} already holds a model, which is left as it is: {advice}, or choose "
            "another --output."
        )
    if checkpoint is None and flags.resume:
        print(f"{flags.output} holds no run yet: starting one.")
    settings = {"architecture", *DEFAULTS["conv"], *COMMON_DEFAULTS}
    if checkpoint is not None and (
        checkpoint.keys() != {"choices", "history", "threads", "run"}
        or set(checkpoint["choices"]) != settings
    ):
        raise storage.InvalidCheckpoint(
            f"{flags.output / storage.CHECKPOINT} was made by another program or version: choose "
            "another --output."
        )
    return checkpoint


def settle(flags: argparse.Namespace, checkpoint: dict | None) -> dict:
    """Each setting, from its flag, else the checkpoint or the model to start from, else the
    default. Raises Unusable and InvalidWeights."""
    if checkpoint:
        fixed = checkpoint["choices"]
        whose, other = f"The run in {flags.output} was started", "choose another --output"
    elif flags.start_from:
        fixed = shape_of(flags.start_from)
        whose, other = f"The model in {flags.start_from[0]} was made", "leave out --start-from"
    else:
        fixed, whose, other = {}, "", ""
    architecture = flags.architecture or fixed.get("architecture", "conv")
    choices = {"architecture": architecture, **DEFAULTS[architecture], **COMMON_DEFAULTS, **fixed}
    for name in choices:
        given = getattr(flags, name)
        if given is not None and name in fixed and given != fixed[name]:
            raise Unusable(
                f"{whose} with --{name.replace('_', '-')} {fixed[name]}: go on without that flag, "
                f"or {other}."
            )
        choices[name] = choices[name] if given is None else given
    return choices


def shape_of(folders: list[str]) -> dict:
    """The settings that the models in weights folders were made with.

    Raises InvalidWeights, and Unusable where they are not the same.
    """
    names = ("architecture", "latent_dim", "hidden_dim")
    shapes = [
        {name: getattr(model, name) for name in names}
        for model in map(VAE.from_pretrained, folders)
    ]
    for folder, shape in zip(folders, shapes, strict=True):
        if shape != shapes[0]:
            raise Unusable(
                f"The models in {folders[0]} and {folder} are of different networks, which have no "
                "mean: name models that were trained from the same one."
            )
    return shapes[0]


def make_repeatable() -> None:
    """The same seed on the same device gives the same weights, on a GPU too."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def keep_freed_memory() -> None:
    """Let the next step use what this one frees, where the C library is glibc.

    By default it goes back to the system and is asked for anew, page by page: about a fifth of
    every step of "mlp" on two cores.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 1 << 25)  # the most that glibc takes
        libc.mallopt(M_TRIM_THRESHOLD, 1 << 30)


def start(choices: dict, train_images: Tensor, checkpoint: dict | None) -> training.Run:
    """A run at its first step, or where its checkpoint stood.

    Raises InvalidCheckpoint and InvalidWeights.
    """
    torch.manual_seed(choices["seed"])
    model = VAE(choices["architecture"], choices["latent_dim"], choices["hidden_dim"])
    model.to(train_images.device)
    if choices["start_from"] and not checkpoint:
        # All but the mixture, which is fitted anew and may have had more components, or fewer.
        trained = [VAE.from_pretrained(folder) for folder in choices["start_from"]]
        model.encoder.load_state_dict(mean_weights([vae.encoder for vae in trained]))
        model.decoder.load_state_dict(mean_weights([vae.decoder for vae in trained]))
    else:
        mean_image = data.mean_image(train_images)
        model.encoder.start_at(mean_image)
        model.decoder.start_at(mean_image)
    settings = training.Settings(
        choices["epochs"],
        choices["batch_size"],
        choices["learning_rate"],
        choices["seed"],
        choices["match_prior"],
        trained=choices["start_from"] is not None,
    )
    run = training.Run(model, settings, len(train_images))
    if checkpoint:
        try:
            run.restore(checkpoint["run"])
        except (KeyError, ValueError, RuntimeError) as error:
            reason = shorten(str(error), 200)
            raise storage.InvalidCheckpoint(
                f"The checkpoint does not fit this run ({reason}): choose another --output."
            ) from error
    return run


def mean_weights(networks: list[nn.Module]) -> dict[str, Tensor]:
    """The mean of networks of one shape, weight by weight: as their `state_dict`s."""
    states = [network.state_dict() for network in networks]
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


def describe(run: training.Run, choices: dict, flags: argparse.Namespace) -> None:
    parameters = sum(parameter.numel() for parameter in run.model.parameters())
    precision = "bfloat16" if training.reduced_precision(flags.device) else "float32"
    print(
        f"{choices['architecture']} with {parameters:,} parameters, {choices['latent_dim']} latent "
        f"dimensions, on {flags.device} in {precision}; writing {flags.output}"
    )


class Folder:
    """The weights folder of a run: what is written there, and when."""

    def __init__(
        self, path: Path, choices: dict, run: training.Run, history: list, train_images: Tensor
    ):
        self.path, self.choices, self.run, self.history = path, choices, run, history
        self.shown = train_images[:SHEET_IMAGES]

    def save(self, figures: dict | None = None) -> None:
        """The checkpoint, the model and its metrics, with the `figures` of a finished one.

        The checkpoint comes first, so that a model on disk can always be resumed, and the metrics
        last, so that a run that they call finished is.
        """
        storage.save_checkpoint(
            {
                "choices": self.choices,
                "history": self.history,
                "threads": torch.get_num_threads(),
                "run": self.run.state(),
            },
            self.path,
        )
        storage.save_model(self.run.average, self.path)
        share = training.augmented_share(0, self.run.settings) if self.run.total_steps else 0.0
        metrics = {
            "dataset": self.choices["dataset"],
            "settings": self.choices,
            "augmentation": {"share": share, "until": 1 if share else 0},
            "steps": self.run.step,
            "epochs": self.history,
        }
        storage.save_metrics(metrics | (figures or {}), self.path)

    @torch.inference_mode()
    def save_sheets(self, epoch: int) -> None:
        """Reconstructions of the same digits and samples of the same codes, every epoch."""
        model = self.run.average
        originals = data.as_floats(self.shown)
        reconstructions = model.decode(model.encode(originals).mean).sigmoid()
        pairs = torch.stack((originals.view(-1, 8, 784), reconstructions.view(-1, 8, 784)), 1)
        codes = torch.randn(64, model.latent_dim, generator=torch.Generator().manual_seed(0))
        samples = model.decode(codes.to(model.device)).sigmoid()
        folder = self.path / "epochs"
        folder.mkdir(exist_ok=True)
        for name, images in (("reconstructions", pairs.view(-1, 1, 28, 28)), ("samples", samples)):
            sheet = render.png(render.sheet(images, columns=8, gap=2, scale=2))
            file = folder / f"{epoch:04}-{name}.png"
            storage.write_whole(file, lambda aside, sheet=sheet: aside.write_bytes(sheet))


@contextlib.contextmanager
def interrupts() -> Iterator[list]:
    """A list that Ctrl-C, or a polite kill, puts something into; a second one ends at once."""
    received: list[int] = []

    def note(number: int, frame: object) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def epochs(
    run: training.Run, train_images: Tensor, test_images: Tensor, folder: Folder, interrupted: list
) -> None:
    """Train to the end, reporting and saving after every epoch. Raises Stopped, Unusable."""
    with tqdm(total=run.total_steps, initial=run.step, unit="step", mininterval=0.5) as bar:

        def after_step(loss: float) -> None:
            bar.update(run.step - bar.n)
            bar.set_postfix_str(f"loss {loss:.1f}", refresh=False)
            refuse_divergence(loss, run, folder)
            if interrupted:
                raise Stopped

        for epoch in training.fit(run, train_images, after_step):
            with training.autocast(train_images.device):
                terms = evaluation.elbo_terms(run.average, test_images)
            record = asdict(epoch) | {
                "test_negative_elbo": terms.total.mean().item(),
                "test_reconstruction": terms.reconstruction.mean().item(),
                "test_kl": terms.kl.mean().item(),
            }
            refuse_divergence(sum(record.values()), run, folder)
            folder.history.append(record)
            folder.save_sheets(epoch.epoch)
            folder.save()
            bar.write(
                f"epoch {epoch.epoch:3}  train {epoch.train_negative_elbo:7.2f}  test "
                f"{record['test_negative_elbo']:7.2f} = {record['test_reconstruction']:6.2f} "
                f"reconstruction + {record['test_kl']:5.2f} KL  ({epoch.seconds:.1f} s)"
            )
            after_step(epoch.train_negative_elbo)


def refuse_divergence(figure: float, run: training.Run, folder: Folder) -> None:
    """Raise Unusable where a figure of the training is no finite number."""
    if not math.isfinite(figure):
        raise Unusable(
            f"The training diverged at step {run.step}: choose a lower --learning-rate and another "
            f"--output. What {folder.path} held before is intact."
        )


def finish(
    run: training.Run,
    train_images: Tensor,
    test_images: Tensor,
    test_labels: Tensor,
    folder: Folder,
) -> None:
    """Fit the aggregate posterior's mixture, measure the finished model, save both."""
    print("Measuring the finished model ...")
    model = run.average
    mixture.fit(model, evaluation.posteriors(model, train_images), run.settings.seed)
    test = evaluation.summary(model, test_images)
    figures = {"finished": True, "test": test}
    if model.latent_dim == 2:  # its codes are places on the page's map
        figures["test_codes"] = evaluation.code_sample(model, test_images, test_labels)
    folder.save(figures)
    print(
        f"Done: test negative ELBO {test['negative_elbo']:.2f} nats = {test['reconstruction']:.2f} "
        f"reconstruction + {test['kl']:.2f} KL, {test['active_dimensions']} latent dimensions in "
        f"use. {folder.path} is ready for app.py."
    )


if __name__ == "__main__":
    main()
