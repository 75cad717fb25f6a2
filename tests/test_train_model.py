"""`train_model.py` from flags to folder: what it makes, what it refuses, what it survives."""

import dataclasses
import io
import json
import math
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image
from safetensors.torch import load_file

import train_model
from tests.benchmarks import kill_training
from tests.synthetic import write_mnist
from vae import (
    data,
    evaluation,
    history,
    interrupts,
    mixture,
    render,
    run_folder,
    storage,
    training,
)
from vae.loss import NegativeELBO
from vae.model import VAE

ROOT = Path(__file__).parent.parent
SMALL = "--architecture mlp --latent-dim 2 --hidden-dim 4 --epochs 2 --batch-size 100 --device cpu"
STEPS = 6  # 300 images in batches of 100, twice


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """What takes a training's time and none of these tests asks for: a mixture that fits well,
    small files. What they share is made on one thread."""

    def webp(picture: Image.Image, quality: int) -> bytes:
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=quality, method=0)
        return file.getvalue()

    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixture, "ITERATIONS", 3)
        patch.setattr(render, "webp", webp)
        yield


@pytest.fixture
def output(tmp_path) -> Path:
    return tmp_path / "weights" / "mine"


@pytest.fixture
def train(tiny_mnist, output):
    """Train a small model in this process: `train()`, `train("--resume")`."""

    def call(*flags: str, settings: str = SMALL, folder: Path = output) -> None:
        places = ["--data-dir", str(tiny_mnist), "--output", str(folder)]
        run(*settings.split(), *places, *flags)

    call.data = tiny_mnist
    return call


@pytest.fixture(scope="module")
def finished(tiny_mnist, tmp_path_factory) -> Path:
    """The folder of an uninterrupted run; for reading only."""
    folder = tmp_path_factory.mktemp("finished") / "model"
    places = ["--data-dir", str(tiny_mnist), "--output", str(folder)]
    run(*SMALL.split(), *places)
    return folder


@pytest.fixture(scope="module")
def stopped(tiny_mnist, tmp_path_factory) -> Path:
    """The folder of a run that Ctrl-C stopped after half of its steps; for reading only."""
    folder = tmp_path_factory.mktemp("stopped") / "model"
    places = ["--data-dir", str(tiny_mnist), "--output", str(folder)]
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(STEPS // 2 - 1, patch)
        run(*SMALL.split(), *places)
    return folder


def run(*flags: str) -> None:
    """The command in this process; what click would print and exit with is raised."""
    train_model.main.main(list(flags), standalone_mode=False)


def refusal(call, *arguments) -> str:
    """The one sentence with which a call ends, exit code 1."""
    with pytest.raises(click.ClickException) as caught:
        call(*arguments)
    assert caught.value.exit_code == 1
    message = caught.value.message
    assert "\n" not in message
    assert message.endswith(".")
    return message


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


# ----------------------------------------------------------------------------------------- flags


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--architecture", "transformer"),
        ("--latent-dim", "0"),
        ("--latent-dim", "1025"),
        ("--latent-dim", "two"),
        ("--latent-dim", "2.5"),
        ("--hidden-dim", "0"),
        ("--hidden-dim", "8193"),
        ("--epochs", "0"),
        ("--epochs", "-1"),
        ("--epochs", "1e3"),
        ("--epochs", ""),
        ("--batch-size", "0"),
        ("--batch-size", "60001"),
        ("--learning-rate", "0"),
        ("--learning-rate", "-0.1"),
        ("--learning-rate", "1.01"),
        ("--learning-rate", "nan"),
        ("--learning-rate", "inf"),
        ("--learning-rate", "fast"),
        ("--match-prior", "-1"),
        ("--match-prior", "101"),
        ("--match-prior", "nan"),
        ("--augment", "-0.1"),
        ("--augment", "1.1"),
        ("--augment", "nan"),
        ("--binarise", "-0.1"),
        ("--binarise", "1.1"),
        ("--binarise", "nan"),
        ("--kl-weight", "-1"),
        ("--kl-weight", "nan"),
        ("--kl-weight", "inf"),
        ("--half-precision", "perhaps"),
        ("--seed", "-1"),
        ("--seed", str(2**31)),
        ("--seed", "9" * 5000),
        ("--dataset", "imagenet"),
        ("--device", "abacus"),
        ("--surprise", "1"),
    ],
    ids=lambda text: text[:12],
)
def test_a_bad_flag_is_refused_by_name_before_anything_is_done(
    flag, value, output, monkeypatch, capsys
):
    monkeypatch.setattr(data, "load", lambda *arguments: pytest.fail("data was touched"))
    with pytest.raises(SystemExit) as caught:
        train_model.main(["--output", str(output), f"{flag}={value}"])
    assert caught.value.code == 2
    assert flag in capsys.readouterr().err.strip().splitlines()[-1]
    assert not output.exists()


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused(name, output, monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert f"--device {name}" in refusal(run, "--output", str(output), "--device", name)
    assert not output.exists()


def test_a_file_in_place_of_the_folder_is_refused(output, capsys):
    output.parent.mkdir()
    output.write_text("a file")
    with pytest.raises(SystemExit) as caught:
        train_model.main(["--output", str(output)])
    assert caught.value.code == 2
    assert str(output) in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize("name", ["conv", "mlp"])
def test_help_names_the_defaults_that_are_used(name):
    said = {option.name: option.help for option in train_model.main.params}
    settings = dataclasses.asdict(run_folder.settle({"architecture": name}, Path("nowhere"), None))
    assert settings.pop("architecture") == name
    assert said["architecture"].endswith("Default: conv.")
    for setting, value in settings.items():
        _, _, default = said[setting].partition("Default: ")
        shown = "no" if value is False else str(value).removesuffix(".0")
        assert default == f"{shown}." or f"{name} {shown}" in default
    assert f"weights/my-{name}" in said["output"]


def test_every_setting_has_a_flag_and_every_flag_a_setting():
    flags = {flag.removeprefix("--").replace("-", "_") for flag in train_model.SETTINGS}
    assert flags == {field.name for field in dataclasses.fields(training.Settings)}


# ------------------------------------------------------------------------- what a run leaves behind


def test_a_run_leaves_a_model_its_metrics_its_state_and_a_picture_of_every_epoch(finished):
    assert {file for file in contents(finished) if not file.startswith(".")} == {
        "config.json",
        "model.safetensors",
        "metrics.json",
        "checkpoint.pt",
        *(f"epochs/000{n}-{kind}.png" for n in (1, 2) for kind in ("reconstructions", "samples")),
        "history/history.json",
        *(
            f"history/000000{step}-{kind}.webp"
            for step in (0, 3, 6)  # the start, the ends of epochs 1 and 2
            for kind in ("manifold", "reconstructions", "samples")
        ),
    }
    model = VAE.from_pretrained(finished)
    assert (model.architecture, model.latent_dim, model.hidden_dim) == ("mlp", 2, 4)


def test_the_metrics_tell_every_epoch_and_the_end(finished):
    metrics = json.loads((finished / "metrics.json").read_text())
    assert metrics["steps"] == STEPS
    settings = training.Settings(**metrics["settings"])
    assert settings.dataset == "mnist"
    assert settings.batch_size == 100
    assert [epoch["epoch"] for epoch in metrics["epochs"]] == [1, 2]
    for epoch in metrics["epochs"]:
        for split in ("train", "test"):
            total = epoch[f"{split}_reconstruction"] + epoch[f"{split}_kl"]
            assert epoch[f"{split}_negative_elbo"] == pytest.approx(total, rel=1e-5)
    assert metrics["test"]["images"] == 60
    # The last epoch's test figures are those of the model that ships, at reduced precision.
    last = metrics["epochs"][-1]["test_negative_elbo"]
    assert metrics["test"]["negative_elbo"] == pytest.approx(last, rel=0.01)


def test_the_history_ends_with_the_model_that_ships(finished, tiny_mnist):
    kept = history.load(finished, 2)
    images, labels = data.load("test", tiny_mnist)
    assert kept.steps_per_epoch == 3
    assert kept.labels == "".join(map(str, labels.tolist()))
    epochs = storage.load_metrics(finished)["epochs"]
    assert [moment.step for moment in kept.moments] == [0, 3, 6]
    for moment, epoch in zip(kept.moments[1:], epochs, strict=True):
        assert moment.test_reconstruction == epoch["test_reconstruction"]
        assert moment.test_kl == epoch["test_kl"]
    codes = VAE.from_pretrained(finished).encode(data.as_floats(images)).mean
    assert torch.allclose(torch.tensor(kept.moments[-1].codes), codes, rtol=1e-3, atol=1e-6)


def test_the_first_steps_are_kept_inside_an_epoch(train, output, monkeypatch):
    monkeypatch.setattr(history.recorder, "FIRST_STEPS", (0, 1, 4))
    train()
    assert [moment.step for moment in history.load(output, 2).moments] == [0, 1, 3, 4, 6]


def test_what_ships_is_the_average_and_has_a_fitted_mixture(finished):
    average = {
        name.removeprefix("module."): value
        for name, value in storage.load_checkpoint(finished)["run"]["average"].items()
    }
    model = VAE.from_pretrained(finished)
    assert all(torch.equal(value, average[name]) for name, value in model.state_dict().items())
    assert model.mixture_means.any()
    assert not torch.equal(average["encoder.mean.weight"], torch.zeros(2, 4))


def test_the_encoder_is_centred_on_the_training_images(finished, tiny_mnist):
    mean_image = data.mean_image(data.load("train", tiny_mnist)[0])
    centred = VAE.from_pretrained(finished).encoder.features[0]
    assert torch.equal(centred.mean, mean_image.flatten())


def test_the_sheet_of_reconstructions_has_each_digit_above_its_own(finished, tiny_mnist):
    model = storage.load_model(finished)
    originals = data.as_floats(data.load("train", tiny_mnist)[0][: run_folder.SHEET_DIGITS])
    rebuilt = model.decode(model.encode(originals).mean).sigmoid()
    sheet = np.asarray(Image.open(finished / "epochs" / "0002-reconstructions.png"))[::2, ::2]
    for number in (0, 7, 8, 31):
        row, column = divmod(number, 8)
        for offset, images in enumerate((originals, rebuilt)):
            top, left = (2 * row + offset) * 30, column * 30
            cell = sheet[top : top + 28, left : left + 28].astype(float) / 255
            assert np.abs(cell - images[number, 0].numpy()).max() <= 1 / 255


def test_the_same_seed_gives_the_same_folder_and_another_seed_another(
    train, stopped, tmp_path, monkeypatch
):
    interrupt_at(STEPS // 2 - 1, monkeypatch)
    train(folder=tmp_path / "same")
    kill_training.compare(tmp_path / "same", stopped)
    train("--seed", "1", folder=tmp_path / "other")
    one, other = (
        VAE.from_pretrained(folder).decoder.logits[0].weight
        for folder in (stopped, tmp_path / "other")
    )
    assert not torch.equal(one, other)


# ---------------------------------------------------------------------------------- stop and resume


def interrupt_at(step: int, monkeypatch, times: int = 1, number: int = signal.SIGINT) -> None:
    """Ctrl-C, or another signal, while a step of the training is computed."""
    original = training.training_step

    def training_step(run, *arguments):
        if run.step == step:
            for _ in range(times):
                os.kill(os.getpid(), number)
        return original(run, *arguments)

    monkeypatch.setattr(training, "training_step", training_step)


@pytest.mark.parametrize("step", range(STEPS))
def test_ctrl_c_at_any_step_and_resume_give_the_bits_of_the_uninterrupted_run(
    step, train, output, finished, monkeypatch, capsys
):
    with monkeypatch.context() as patch:
        interrupt_at(step, patch)
        train()  # returns: exit code 0
    assert f"Stopped after {step + 1} of {STEPS} steps." in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    VAE.from_pretrained(output)
    kill_training.check_whole(output)
    train("--resume")
    kill_training.compare(output, finished)


def test_a_second_ctrl_c_ends_at_once_and_what_was_saved_is_whole(
    train, output, finished, monkeypatch, capsys
):
    with monkeypatch.context() as patch:
        interrupt_at(4, patch, times=2)
        with pytest.raises(SystemExit) as caught:
            train()
    assert caught.value.code == 130
    assert "Stopped at once" in capsys.readouterr().err
    assert storage.load_checkpoint(output)["run"]["step"] == 3  # the end of the first epoch
    train("--resume")
    kill_training.compare(output, finished)


def test_ctrl_c_before_the_first_step_and_while_measuring_is_clean(
    train, output, finished, monkeypatch, capsys
):
    def interrupted(*arguments):
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait()  # until the signal comes

    for module, name in ((data, "load"), (mixture, "fit")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, interrupted)
            with pytest.raises(SystemExit) as caught:
                train("--resume")
        assert caught.value.code == 130
        assert "Stopped at once" in capsys.readouterr().err
    train("--resume")
    kill_training.compare(output, finished)


def test_resuming_needs_no_other_flag(train, output, finished, stopped):
    shutil.copytree(stopped, output)
    train("--resume", settings="--device cpu")
    kill_training.compare(output, finished)


def test_resuming_uses_the_recorded_thread_count(train, output, stopped, monkeypatch):
    shutil.copytree(stopped, output)
    checkpoint = storage.load_checkpoint(output)
    assert checkpoint["threads"] == torch.get_num_threads()
    storage.save_checkpoint(checkpoint | {"threads": 7}, output)
    asked = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    interrupt_at(STEPS // 2, monkeypatch)
    train("--resume")
    assert asked == [7]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        ({"threads": os.cpu_count()}, None),
        ({"threads": 1000}, "for 1000 threads"),
        ({"processor": "cpu with NO SIMD"}, "instead of cpu with NO SIMD"),
        ({"processor": "cuda"}, "instead of cuda"),
        ({"precision": "float8"}, "instead of float8"),
        ({"torch": "2.8.0"}, "instead of 2.8.0"),
        ({"arithmetic": None}, None),  # an older checkpoint
        ({"compiler": "what a later version may note"}, None),
    ],
)
def test_a_run_resumed_where_arithmetic_differs_says_so(
    train, output, stopped, monkeypatch, capsys, change, words
):
    shutil.copytree(stopped, output)
    state = storage.load_checkpoint(output)
    assert state["arithmetic"]["torch"] == torch.__version__
    assert torch.backends.cpu.get_cpu_capability() in state["arithmetic"]["processor"]
    for name, value in change.items():
        if value is None:
            del state[name]
        else:
            (state if name in state else state["arithmetic"])[name] = value
    storage.save_checkpoint(state, output)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    interrupt_at(STEPS // 2, monkeypatch)
    train("--resume")
    printed = capsys.readouterr().out
    assert ("bits may differ" in printed) == (words is not None)
    assert words is None or words in printed


def test_a_finished_run_has_nothing_left_to_resume(train, output, finished, capsys):
    shutil.copytree(finished, output)
    before = contents(output)
    train("--resume")
    assert "nothing is left to resume" in capsys.readouterr().out
    assert contents(output) == before


def test_resuming_nothing_starts_a_run(train, output, finished, capsys):
    train("--resume")
    assert "holds no run yet" in capsys.readouterr().out
    kill_training.compare(output, finished)


def test_weights_in_half_precision_are_half_as_large_and_what_was_measured(train, output, finished):
    train("--half-precision", "yes")
    half, whole = (folder / "model.safetensors" for folder in (output, finished))
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    tensors = load_file(half)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    model = storage.load_model(output)
    assert {tensor.dtype for tensor in model.state_dict().values()} == {torch.float32}
    for name, value in storage.load_model(finished).encoder.state_dict().items():
        assert torch.equal(model.encoder.state_dict()[name], value.half().float())


def test_a_run_that_matches_the_prior_resumes_to_the_same_bits(
    train, output, tmp_path, monkeypatch
):
    train("--match-prior", "2", folder=tmp_path / "whole")
    with monkeypatch.context() as patch:
        interrupt_at(STEPS - 1, patch)
        train("--match-prior", "2")
    train("--resume")
    kill_training.compare(output, tmp_path / "whole")


# ---------------------------------------------------------------------------------------- refusals


def test_a_model_is_never_trained_over(train, output, finished):
    shutil.copytree(finished, output)
    before = contents(output)
    assert "continue it with --resume" in refusal(train)
    (output / "checkpoint.pt").unlink()
    del before["checkpoint.pt"]
    advice = "it has no checkpoint to resume, so choose another --output."
    assert refusal(train, "--resume").endswith(advice)
    assert "already holds a model" in refusal(train)
    assert contents(output) == before


@pytest.mark.parametrize(
    ("flag", "value", "saved"),
    [
        ("--epochs", "3", "2"),
        ("--batch-size", "50", "100"),
        ("--learning-rate", "0.5", "0.004"),
        ("--match-prior", "2", "0"),
        ("--half-precision", "yes", "no"),
        ("--seed", "9", "0"),
        ("--latent-dim", "3", "2"),
        ("--architecture", "conv", "mlp"),
        ("--dataset", "kmnist", "mnist"),
    ],
)
def test_a_run_is_not_resumed_with_another_flag(train, output, finished, flag, value, saved):
    shutil.copytree(finished, output)
    before = contents(output)
    assert f"with {flag} {saved}:" in refusal(
        lambda: train("--resume", flag, value, settings="--device cpu")
    )
    assert contents(output) == before


def test_a_corrupt_checkpoint_is_refused_and_the_weights_stay(train, output, finished):
    shutil.copytree(finished, output)
    file = output / "checkpoint.pt"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    for damaged in (content, content[: len(content) // 2], b""):
        file.write_bytes(damaged)
        before = contents(output)
        assert str(file) in refusal(train, "--resume")
        assert contents(output) == before
    VAE.from_pretrained(output)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.clear(),
        lambda state: state.update(surprise=1),
        lambda state: state.pop("threads"),
        lambda state: state.update(arithmetic="exact"),
        lambda state: state["run"]["settings"].pop("seed"),
        lambda state: state["run"]["settings"].update(surprise=1),
        lambda state: state["run"].pop("optimizer"),
        lambda state: state["run"].update(image_count=5),
        lambda state: state["run"].update(sums=None),
        lambda state: state["run"]["model"].pop("encoder.mean.bias"),
        lambda state: state["run"]["model"].update({"encoder.mean.bias": torch.zeros(7)}),
    ],
)
def test_a_checkpoint_of_another_kind_is_refused(train, output, finished, change):
    shutil.copytree(finished, output)
    state = storage.load_checkpoint(output)
    change(state)
    storage.save_checkpoint(state, output)
    before = contents(output)
    refusal(train, "--resume")
    assert contents(output) == before


def test_two_trainings_into_one_folder_are_refused(train, output, monkeypatch):
    output.mkdir(parents=True)
    with FileLock(output / ".training.lock"):
        assert "Another training" in refusal(train)
    interrupt_at(0, monkeypatch)
    train()
    VAE.from_pretrained(output)


def test_missing_data_is_refused_in_one_sentence(output, tmp_path):
    nowhere = tmp_path / "nowhere"
    message = refusal(run, "--data-dir", str(nowhere), "--output", str(output))
    assert str(nowhere / "MNIST" / "raw") in message


def test_corrupt_data_is_refused_in_one_sentence(output, tiny_mnist, tmp_path):
    copy = shutil.copytree(tiny_mnist, tmp_path / "data")
    file = copy / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:5000])
    refusal(run, "--data-dir", str(copy), "--output", str(output))


# -------------------------------------------------------------------------------------- accidents


def test_a_full_disk_is_told_in_one_sentence_and_the_previous_weights_stay(
    train, output, finished, stopped
):
    resource = pytest.importorskip("resource")
    shutil.copytree(stopped, output)
    before = contents(output)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        message = refusal(train, "--resume")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "File too large" in message
    after = contents(output)
    assert {name: after[name] for name in before} == before
    train("--resume")  # once there is room
    kill_training.compare(output, finished)


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(train, tmp_path):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "model"
    assert str(folder) in refusal(lambda: train(folder=folder))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_read_only_folder_is_told_in_one_sentence(train, output):
    output.mkdir(parents=True)
    output.chmod(0o500)
    assert "Permission denied" in refusal(train)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.\nSee the manual"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory"
        ),
        RuntimeError("MPS backend out of memory"),
    ],
)
def test_a_device_without_memory_left_is_told_in_one_sentence(train, monkeypatch, error):
    def training_step(*arguments):
        raise error

    monkeypatch.setattr(training, "training_step", training_step)
    assert "--batch-size" in refusal(train)


def test_a_bug_is_not_dressed_up(train, monkeypatch):
    def training_step(*arguments):
        raise RuntimeError("a bug")

    monkeypatch.setattr(training, "training_step", training_step)
    with pytest.raises(RuntimeError, match="a bug"):
        train()


@pytest.mark.parametrize("step", [3, 4, 5])
def test_a_training_that_diverges_stops_and_keeps_what_was_saved(train, output, monkeypatch, step):
    original = training.training_step

    def training_step(run, *arguments):
        terms = original(run, *arguments)
        return terms * math.nan if run.step == step else terms

    monkeypatch.setattr(training, "training_step", training_step)
    message = refusal(train)
    assert f"diverged at step {step + 1}:" in message  # at once, not at the end of the epoch
    assert "--learning-rate" in message
    assert storage.load_checkpoint(output)["run"]["step"] == 3
    VAE.from_pretrained(output)


@pytest.mark.parametrize("kl_weight", ["0", "1", "4"])
def test_a_loss_that_is_worse_than_the_mean_image_is_divergence(
    train, output, monkeypatch, kl_weight
):
    """After the first fifth of ten epochs of 3 steps: in the third, not in the second."""
    monkeypatch.setattr(run_folder, "FIRST_STEPS", 0)
    images, _ = data.load("train", train.data)
    mean = (images.double() / 255).mean(0)
    worst = -(torch.xlogy(mean, mean) + torch.xlogy(1 - mean, 1 - mean)).sum().item()

    weight = float(kl_weight)
    kl = worst / 2 / weight if weight else 1e6

    def elbo_terms(model, images):
        """The loss is a little more than the mean image's, half of it KL divergence."""
        return NegativeELBO(
            *(torch.full((len(images),), x) for x in (1.06 * worst - weight * kl, kl))
        )

    monkeypatch.setattr(evaluation, "elbo_terms", elbo_terms)
    settings = SMALL.replace("--epochs 2", "--epochs 10")
    message = refusal(lambda: train("--kl-weight", kl_weight, settings=settings))
    assert "diverged at step 9:" in message
    assert "--learning-rate" in message
    assert storage.load_checkpoint(output)["run"]["step"] == 6
    assert "finished" not in storage.load_metrics(output)
    VAE.from_pretrained(output)


def test_a_batch_that_the_model_recovers_from_is_no_divergence(train, output, monkeypatch):
    original = training.training_step

    def training_step(run, *arguments):
        terms = original(run, *arguments)
        return terms * 1e6 if run.step == 13 else terms

    monkeypatch.setattr(training, "training_step", training_step)
    train(settings=SMALL.replace("--epochs 2", "--epochs 6"))
    metrics = storage.load_metrics(output)
    assert metrics["finished"]
    assert metrics["epochs"][4]["train_negative_elbo"] > 1e6


@pytest.mark.parametrize("flags", [("--kl-weight", "0"), ("--kl-weight", "100"), ()])
@pytest.mark.parametrize("architecture", ["conv", "mlp"])
def test_a_training_that_has_hardly_begun_has_not_diverged(
    train, output, tmp_path, architecture, flags
):
    few = f"--architecture {architecture} --hidden-dim 4 --epochs 2 --batch-size 40 --device cpu"
    data_of_a_batch = write_mnist(tmp_path / "data", train=40, test=20)
    train(*flags, "--data-dir", str(data_of_a_batch), settings=few)
    assert storage.load_metrics(output)["finished"]


def test_a_learning_rate_that_is_far_too_high_is_divergence(train, output):
    settings = SMALL.replace("--epochs 2", "--epochs 10")
    assert "diverged" in refusal(lambda: train("--learning-rate", "1", settings=settings))
    assert "finished" not in storage.load_metrics(output)


# ---------------------------------------------------------------------------- processes and signals


HANGUP = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs POSIX signals")


@HANGUP
@pytest.mark.parametrize("number", [signal.SIGTERM, getattr(signal, "SIGHUP", None)])
def test_a_polite_kill_or_a_hangup_is_as_ctrl_c(train, output, finished, monkeypatch, number):
    monkeypatch.setattr(interrupts, "discard_output", lambda: None)  # it is the tests' own
    with monkeypatch.context() as patch:
        interrupt_at(4, patch, number=number)
        train()
    assert storage.load_checkpoint(output)["run"]["step"] == 5
    train("--resume")
    kill_training.compare(output, finished)


@HANGUP
def test_a_hangup_that_is_ignored_stops_nothing(train, output, finished, monkeypatch):
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does
    try:
        interrupt_at(4, monkeypatch, number=signal.SIGHUP)
        train()
    finally:
        signal.signal(signal.SIGHUP, previous)
    kill_training.compare(output, finished)


def in_a_terminal(terminal: str, flags: list[str]) -> None:
    """What a process does that trains in a terminal of its own, given by its path."""
    import fcntl
    import termios

    os.setsid()
    opened = os.open(terminal, os.O_RDWR)
    fcntl.ioctl(opened, termios.TIOCSCTTY, 0)  # closed, it hangs up on this process
    for number in (0, 1, 2):
        os.dup2(opened, number)
    # The streams were made for what pytest captures in.
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w")
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w")
    torch.set_num_threads(1)
    run(*flags)


@HANGUP
@pytest.mark.xdist_group("forkserver")  # it takes seconds to start: once
def test_a_terminal_that_is_closed_loses_no_step(tiny_mnist, output):
    """Whoever writes to it from then on gets an error."""
    settings = SMALL.replace("--epochs 2", "--epochs 100000").split()
    places = ["--data-dir", str(tiny_mnist), "--output", str(output)]
    ours, its = os.openpty()
    process = kill_training.processes().Process(
        target=in_a_terminal, args=(os.ttyname(its), [*settings, *places])
    )
    process.start()
    said = b""
    try:
        while not (output / "metrics.json").exists():
            assert process.is_alive(), said
            if select.select([ours], [], [], 0.1)[0]:
                said += os.read(ours, 1000)
    finally:
        os.close(its)
        os.close(ours)
    process.join(60)
    assert process.exitcode == 0
    kill_training.check_whole(output)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_at_the_command_line(tiny_mnist, output):
    settings = SMALL.replace("--epochs 2", "--epochs 100000").split()
    places = ["--data-dir", str(tiny_mnist), "--output", str(output)]
    command = [sys.executable, "train_model.py", *settings, *places]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not (output / "metrics.json").exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        printed, complaints = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, complaints
    assert "Stopped after" in printed
    assert "Traceback" not in complaints
    VAE.from_pretrained(output)
    kill_training.check_whole(output)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.xdist_group("forkserver")
def test_a_killed_run_resumes_to_the_bits_of_the_uninterrupted_one(capfd):
    kill_training.main(["--kills", "1", "--seed", "0", "--architecture", "mlp"])
    assert capfd.readouterr().out.startswith("1 kills, 1 of them amid the writing of a file")
