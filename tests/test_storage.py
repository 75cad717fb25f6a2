"""What is on disk is always whole, whatever happens while it is written."""

import errno
import os
import random
import zipfile
from pathlib import Path

import pytest
import torch

from tests.synthetic import small_model
from vae import storage
from vae.model import VAE


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def full(*arguments, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# ---------------------------------------------------------------------------------- whole files


def test_a_file_is_replaced_in_one_step(tmp_path):
    file = tmp_path / "file"
    file.write_text("old")

    def write(aside: Path) -> None:
        aside.write_text("new")
        assert file.read_text() == "old"
        assert aside.parent == file.parent  # or renaming could not be one step

    storage.write_whole(file, write)
    assert file.read_text() == "new"
    assert names(tmp_path) == {"file"}


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("error", [OSError, ValueError, KeyboardInterrupt])
def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path, there, error):
    file = tmp_path / "file"
    if there:
        file.write_text("old")

    def write(aside: Path) -> None:
        aside.write_text("ne")
        raise error

    with pytest.raises(error):
        storage.write_whole(file, write)
    assert names(tmp_path) == ({"file"} if there else set())
    assert not there or file.read_text() == "old"


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_is_full_at_the_last_moment_leaves_the_old_file(tmp_path, monkeypatch, call):
    storage.write_text(tmp_path / "file", "old")
    monkeypatch.setattr(storage.os, call, full)
    with pytest.raises(OSError, match="No space left"):
        storage.write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "old"
    assert names(tmp_path) == {"file"}


def test_what_a_killed_process_left_aside_is_no_hindrance(tmp_path):
    (tmp_path / ".file.partial").write_text("half of something longer than the new text")
    storage.write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"
    assert names(tmp_path) == {"file"}


def test_text_is_utf8(tmp_path):
    storage.write_text(tmp_path / "file", "Kingma ≤ Welling")
    assert (tmp_path / "file").read_bytes().decode("utf-8") == "Kingma ≤ Welling"


# --------------------------------------------------------------------------------------- models


def test_a_saved_model_is_its_config_and_its_weights(tmp_path):
    model = small_model("conv")
    storage.save_model(model, tmp_path / "new" / "folder")
    assert names(tmp_path / "new" / "folder") == {"config.json", "model.safetensors"}
    loaded = VAE.from_pretrained(tmp_path / "new" / "folder").state_dict()
    assert all(torch.equal(value, loaded[name]) for name, value in model.state_dict().items())


def test_saving_again_replaces_the_weights_and_leaves_the_card(tmp_path):
    storage.save_model(small_model("mlp"), tmp_path)
    (tmp_path / "README.md").write_text("written by hand")
    (tmp_path / ".saving").mkdir()  # what a killed process left
    (tmp_path / ".saving" / "model.safetensors").write_text("half")
    other = small_model("mlp", seed=1)
    storage.save_model(other, tmp_path)
    assert names(tmp_path) == {"config.json", "model.safetensors", "README.md"}
    assert (tmp_path / "README.md").read_text() == "written by hand"
    loaded = VAE.from_pretrained(tmp_path)
    assert torch.equal(loaded.encoder.mean.weight, other.encoder.mean.weight)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_model(tmp_path, monkeypatch, call):
    model = small_model("mlp")
    storage.save_model(model, tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    monkeypatch.setattr(storage.os, call, full)
    with pytest.raises(OSError, match="No space left"):
        storage.save_model(small_model("mlp", seed=1), tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX limits")
def test_a_disk_that_fills_up_amid_the_weights_leaves_the_old_model(tmp_path):
    import resource

    storage.save_model(small_model("mlp"), tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            storage.save_model(small_model("mlp", seed=1), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_models_are_found_by_name(tmp_path):
    assert storage.find_models(tmp_path / "absent") == []
    for name in ("mlp", "conv", "Zebra", "map"):
        storage.save_model(small_model("mlp"), tmp_path / name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "model.safetensors").write_text("not in a folder of its own")
    found = storage.find_models(tmp_path)
    assert found == sorted(found)
    assert [folder.name for folder in found] == sorted(["mlp", "conv", "Zebra", "map"])


# -------------------------------------------------------------------------------------- metrics


def test_metrics_come_back(tmp_path):
    metrics = {"test": {"kl": 25.5, "quantiles": [1.0, 2.0]}, "name": "größer"}
    storage.save_metrics(metrics, tmp_path)
    assert storage.load_metrics(tmp_path) == metrics


def test_metrics_that_are_no_json_numbers_are_never_written(tmp_path):
    storage.save_metrics({"kl": 1.0}, tmp_path)
    with pytest.raises(ValueError, match="JSON"):
        storage.save_metrics({"kl": float("nan")}, tmp_path)
    assert storage.load_metrics(tmp_path) == {"kl": 1.0}
    assert names(tmp_path) == {"metrics.json"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b"3",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"a": ' + b"9" * 10_000 + b"}",
    ],
    ids=lambda content: repr(content[:12]),
)
def test_unreadable_metrics_are_no_metrics(tmp_path, content):
    (tmp_path / "metrics.json").write_bytes(content)
    found = storage.load_metrics(tmp_path)
    assert isinstance(found, dict)
    assert found == {} or content.startswith(b'{"a": 9')  # old Pythons read long numbers


def test_absent_metrics_are_no_metrics(tmp_path):
    assert storage.load_metrics(tmp_path) == {}
    assert storage.load_metrics(tmp_path / "absent") == {}
    (tmp_path / "metrics.json").mkdir()
    assert storage.load_metrics(tmp_path) == {}


# ---------------------------------------------------------------------------------- checkpoints


@pytest.fixture
def state() -> dict:
    return {"weights": torch.arange(3000.0), "step": 7, "epochs": [{"kl": 1.5}]}


def test_a_checkpoint_comes_back(tmp_path, state):
    storage.save_checkpoint(state, tmp_path / "new")
    found = storage.load_checkpoint(tmp_path / "new")
    assert torch.equal(found.pop("weights"), state.pop("weights"))
    assert found == state
    assert names(tmp_path / "new") == {"checkpoint.pt"}


def test_an_absent_checkpoint_is_told_from_a_damaged_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        storage.load_checkpoint(tmp_path)


def refused(folder: Path) -> None:
    with pytest.raises(storage.InvalidCheckpoint) as caught:
        storage.load_checkpoint(folder)
    assert str(folder / "checkpoint.pt") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.5, 0.99, 0.9999])
def test_a_truncated_checkpoint_is_refused(tmp_path, state, share):
    storage.save_checkpoint(state, tmp_path)
    file = tmp_path / "checkpoint.pt"
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    refused(tmp_path)


def test_a_flipped_bit_in_a_checkpoint_is_refused_or_changes_nothing(tmp_path, state):
    storage.save_checkpoint(state, tmp_path)
    file = tmp_path / "checkpoint.pt"
    content = file.read_bytes()
    rng, refused = random.Random(0), 0
    for _ in range(200):
        damaged = bytearray(content)
        damaged[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        file.write_bytes(damaged)
        try:
            found = storage.load_checkpoint(tmp_path)
        except storage.InvalidCheckpoint:
            refused += 1
        else:  # a date, or padding
            assert torch.equal(found.pop("weights"), state["weights"])
            assert found == {name: state[name] for name in ("step", "epochs")}
    assert refused > 150


@pytest.mark.parametrize("seed", range(10))
def test_a_flipped_bit_among_a_checkpoints_tensors_is_refused(tmp_path, state, seed):
    storage.save_checkpoint(state, tmp_path)
    file = tmp_path / "checkpoint.pt"
    content = bytearray(file.read_bytes())
    start = content.find(state["weights"].numpy().tobytes())
    rng = random.Random(seed)
    content[start + rng.randrange(4 * 3000)] ^= 1 << rng.randrange(8)
    file.write_bytes(content)
    refused(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense", b"PK\x03\x04", b"\x80\x04.", b"{}", bytes(1000)],
    ids=lambda content: repr(content[:8]),
)
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "checkpoint.pt").write_bytes(content)
    refused(tmp_path)


def test_another_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "checkpoint.pt", "w") as archive:
        archive.writestr("hello", "world")
    refused(tmp_path)


@pytest.mark.parametrize("value", [[1, 2], torch.zeros(2), None], ids=str)
def test_a_checkpoint_of_something_else_is_refused(tmp_path, value):
    torch.save(value, tmp_path / "checkpoint.pt")
    refused(tmp_path)


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def test_a_checkpoint_runs_no_code(tmp_path):
    torch.save({"run": Bomb()}, tmp_path / "checkpoint.pt")
    refused(tmp_path)


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, state, monkeypatch):
    storage.save_checkpoint(state, tmp_path)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        storage.save_checkpoint(state | {"step": 8}, tmp_path)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert names(tmp_path) == {"checkpoint.pt"}
