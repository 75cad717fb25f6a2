"""Train a VAE and write a weights folder that app.py picks up.

python train_model.py                                 the default convolutional model
python train_model.py --architecture mlp --epochs 8   a usable model within minutes
python train_model.py --resume                        go on where a run stopped
python train_model.py --help                          every flag
"""

import vae  # noqa: F401, before the rest: it refuses a Python or a torch that is too old

# isort: split
import math
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor
from tqdm import tqdm

from vae import console, data, device, run_folder, storage, training
from vae.interrupts import interrupts
from vae.model import ARCHITECTURES, LARGEST_HIDDEN_DIM, LARGEST_LATENT_DIM
from vae.run_folder import RunFolder, Unusable

# What ends a training; each message is one sentence that says what to do.
REFUSALS = (
    data.DataUnavailable,
    device.DeviceUnavailable,
    storage.FolderInUse,
    storage.InvalidCheckpoint,
    Unusable,
)
WEIGHT, SHARE = click.FloatRange(0, 100), click.FloatRange(0, 1)
# The flags that are fields of training.Settings: type, metavar, help. One that is not given comes
# from the run to resume, or from the defaults.
SETTINGS: dict[str, tuple[click.ParamType, str | None, str]] = {
    "--architecture": (click.Choice(ARCHITECTURES), None, "The network."),
    "--latent-dim": (click.IntRange(1, LARGEST_LATENT_DIM), "D", "Numbers in a code."),
    "--hidden-dim": (
        click.IntRange(1, LARGEST_HIDDEN_DIM),
        "H",
        "Channels of conv, hidden units of mlp.",
    ),
    "--dataset": (click.Choice(tuple(data.DATASETS)), None, "What to learn."),
    "--epochs": (click.IntRange(1, 100_000), "N", "Passes over the data."),
    "--batch-size": (click.IntRange(1, 60_000), "N", "Images a step."),
    "--learning-rate": (click.FloatRange(0, 1, min_open=True), "R", "Its peak."),
    "--kl-weight": (WEIGHT, "B", "Weight of the KL term. 0 trains a plain autoencoder."),
    "--match-prior": (
        WEIGHT,
        "W",
        "Weight of the aggregate posterior's divergence from the prior: more samples can be read, "
        "at some cost to the bound.",
    ),
    "--augment": (
        SHARE,
        "SHARE",
        "Share of the images that are altered as other hands might have drawn them; it fades to 0 "
        f"at the end. A run of under {training.FEW_EPOCHS} epochs alters none.",
    ),
    "--binarise": (
        SHARE,
        "SHARE",
        "Share of the images whose pixels are drawn black or white at each step.",
    ),
    "--seed": (click.IntRange(0, 2**31 - 1), "S", "Decides all randomness."),
    "--half-precision": (click.BOOL, "yes|no", "Store the weights in 16 bits."),
}


class Stopped(Exception):
    """Ctrl-C, or a polite kill, was noticed between two steps."""


def not_nan(context: click.Context, parameter: click.Parameter, value: object) -> object:
    """A flag's value; click's ranges let NaN through."""
    if isinstance(value, float) and math.isnan(value):
        raise click.BadParameter(f"{value} is not a number in the range.")
    return value


def settings_flags(command: click.decorators.FC) -> click.decorators.FC:
    """Give a command the flags of SETTINGS."""
    for flag, (kind, metavar, words) in reversed(SETTINGS.items()):
        words = f"{words} {run_folder.default_of(flag)}"
        flag_of = click.option(flag, type=kind, metavar=metavar, help=words, callback=not_nan)
        command = flag_of(command)
    return command


@click.command(epilog="A run can be stopped with Ctrl-C at any time and continued with --resume.")
@settings_flags
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    default="data",
    metavar="DIR",
    help="Where the data lies or is downloaded to. Default: data.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The weights folder to write. Default: weights/my-conv or weights/my-mlp.",
)
@click.option(
    "--device",
    "place",
    type=click.Choice(device.NAMES),
    default="auto",
    help="Where to train. Default: auto, a GPU where there is one.",
)
@click.option("--resume", is_flag=True, help="Continue the run in the output folder.")
def main(data_dir: Path, output: Path | None, place: str, resume: bool, **flags: Any) -> None:
    """Train a variational autoencoder on MNIST and write it to a weights folder."""
    console.print_anything()
    given = {name: value for name, value in flags.items() if value is not None}
    folder = output or Path("weights") / f"my-{given.get('architecture', 'conv')}"
    try:
        target = device.choose(place)
        with storage.exclusive(folder):
            train(folder, given, data_dir, target, resume)
    except REFUSALS as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo("\nStopped at once: what was saved before is intact.", err=True)
        raise SystemExit(130) from None
    except RuntimeError as error:
        # A GPU has a class for it; a CPU's allocator has only words.
        if not any(words in str(error) for words in ("out of memory", "DefaultCPUAllocator")):
            raise
        raise click.ClickException(
            "The device ran out of memory: try a smaller --batch-size or --hidden-dim."
        ) from None
    except OSError as error:
        raise click.ClickException(
            f"{folder} could not be written ({error.strerror or error}): free some space or "
            "choose another --output. What was saved before is intact; --resume goes on from it."
        ) from None


def train(
    path: Path, given: dict[str, Any], data_dir: Path, target: torch.device, resume: bool
) -> None:
    """The whole of a run: settings, data, epochs, files."""
    state = run_folder.find_state(path, resume)
    if resume and state is None:
        click.echo(f"{path} holds no run yet: starting one.")
    settings = run_folder.settle(given, path, state)
    if state and target.type == "cpu":
        torch.set_num_threads(state["threads"])  # another count rounds differently
    training.make_repeatable()
    train_images, train_labels, test_images, test_labels = (
        part.to(target)
        for split in ("train", "test")
        for part in data.load(split, data_dir, settings.dataset)
    )
    run = run_folder.start(settings, train_images, state)
    describe(run, target, path)
    warning = run_folder.other_arithmetic(state, target) if state else ""
    if warning:
        click.echo(warning)
    if storage.load_metrics(path).get("finished"):
        click.echo(f"{path} is finished: nothing is left to resume.")
        return
    folder = RunFolder(path, run, state["epochs"] if state else [], (test_images, test_labels))
    try:
        with interrupts() as interrupted:
            fit(folder, train_images, interrupted)
    except Stopped:
        folder.save()
        click.echo(
            f"\nStopped after {run.step} of {run.total_steps} steps. {path} holds the model "
            "reached; go on with the same command and --resume."
        )
        return
    click.echo("Measuring the finished model ...")
    test = folder.finish(train_images, train_labels)
    click.echo(
        f"Done: test negative ELBO {test['negative_elbo']:.2f} nats = {test['reconstruction']:.2f} "
        f"reconstruction + {test['kl']:.2f} KL, {test['active_dimensions']} latent dimensions in "
        f"use. {path} is ready for app.py."
    )


def describe(run: training.Run, target: torch.device, path: Path) -> None:
    parameters = sum(parameter.numel() for parameter in run.parameters)
    precision = "bfloat16" if training.reduced_precision(target) else "float32"
    click.echo(
        f"{run.settings.architecture} with {parameters:,} parameters, {run.settings.latent_dim} "
        f"latent dimensions, on {target} in {precision}; writing {path}"
    )


def fit(folder: RunFolder, train_images: Tensor, interrupted: list[int]) -> None:
    """Train to the end, reporting and saving after every epoch. Raises Stopped, Unusable."""
    run = folder.run
    with tqdm(total=run.total_steps, initial=run.step, unit="step", mininterval=0.5) as bar:

        def after_step(loss: float) -> None:
            bar.update(run.step - bar.n)
            bar.set_postfix_str(f"loss {loss:.1f}", refresh=False)
            folder.refuse_divergence(loss)
            if run.step % run.steps_per_epoch:
                folder.keep_moment()
            if interrupted:
                raise Stopped

        if run.step == 0:
            folder.keep_moment()
        for epoch in training.fit(run, train_images, after_step):
            terms = folder.keep_epoch(epoch, train_images)
            bar.write(
                f"epoch {epoch.epoch:3}  train {epoch.train_negative_elbo:7.2f}  test "
                f"{terms['test_negative_elbo']:7.2f} = {terms['test_reconstruction']:6.2f} "
                f"reconstruction + {terms['test_kl']:5.2f} KL  ({epoch.seconds:.1f} s)"
            )
            after_step(epoch.train_negative_elbo)


if __name__ == "__main__":
    main()
