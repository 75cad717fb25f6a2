"""What is on disk is always whole, and refused in a sentence where it is not."""

import errno
import json
import os
import pickle
import random
import shutil
import struct
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.synthetic import small_model
from vae import storage
from vae.model import VAE
from vae.storage import WEIGHTS


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


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """A saved model's folder, to be copied."""
    folder = tmp_path_factory.mktemp("weights") / "pristine"
    small_model("mlp").save_pretrained(folder)
    return folder


@pytest.fixture
def folder(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "model")


def refusal(folder, file: str) -> str:
    """The one sentence with which `folder` is refused; it names `file`."""
    with pytest.raises(storage.InvalidWeights) as caught:
        storage.load_model(folder)
    message = str(caught.value)
    assert str(folder / file) in message
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 500 + len(str(folder))
    return message


def test_constructor_arguments_are_the_config(pristine):
    config = json.loads((pristine / "config.json").read_text())
    assert config == {
        "architecture": "mlp",
        "latent_dim": 3,
        "hidden_dim": 4,
        "mixture_components": 5,
        "mixture_classes": 0,
        "directions": False,
    }


def test_defaults_are_in_the_config_too(tmp_path):
    VAE("mlp").save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config.keys() == {
        "architecture",
        "latent_dim",
        "hidden_dim",
        "mixture_components",
        "mixture_classes",
        "directions",
    }


def test_a_saved_model_comes_back_exactly_and_frozen(model, tmp_path):
    model.mixture_weights.copy_(torch.rand(5).softmax(0))
    model.save_pretrained(tmp_path)
    loaded = storage.load_model(str(tmp_path))
    expected, found = model.state_dict(), loaded.state_dict()
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert torch.equal(model.decode(torch.ones(2, 3)), loaded.decode(torch.ones(2, 3)))


def test_a_model_laid_out_for_training_is_saved_all_the_same(tmp_path):
    model = small_model("conv").to(memory_format=torch.channels_last)
    model.save_pretrained(tmp_path)
    loaded = storage.load_model(tmp_path).state_dict()
    assert all(torch.equal(value, loaded[name]) for name, value in model.state_dict().items())


def test_a_loaded_model_does_not_change_with_its_file(folder):
    loaded = storage.load_model(folder)
    before = {name: tensor.clone() for name, tensor in loaded.state_dict().items()}
    file = folder / "model.safetensors"
    size = file.stat().st_size
    with file.open("r+b") as opened:  # in place: no new file
        opened.seek(size // 2)
        opened.write(bytes(size - size // 2))
    assert all(torch.equal(before[name], value) for name, value in loaded.state_dict().items())


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert "missing" in refusal(folder, name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[1, 2]",
        "null",
        '"conv"',
        "NaN",
        "{" * 10_000,
        "[" * 200_000,
        '{"architecture": "mlp", "latent_dim": 3,',
        '{"surprise": 1}',
        '{"sur\\nprise": 1}',
        '{"self": 1}',
        '{"cls": 1}',
        '{"architecture": "transformer"}',
        '{"architecture": ["mlp"]}',
        '{"architecture": {"a": {}}}',
        '{"architecture": "' + "x" * 100_000 + '"}',
        '{"architecture": "a\\nb"}',
        '{"latent_dim": "3"}',
        '{"latent_dim": 3.0}',
        '{"latent_dim": true}',
        '{"latent_dim": null}',
        '{"latent_dim": -3}',
        '{"latent_dim": NaN}',
        '{"latent_dim": 1e999}',
        '{"latent_dim": ' + "9" * 5000 + "}",
        '{"latent_dim": ' + "9" * 500 + "}",
        '{"hidden_dim": 1000000000}',
        '{"mixture_components": 1000000000}',
    ],
    ids=lambda text: text[:30],
)
def test_a_config_that_describes_no_vae_is_refused(folder, text):
    (folder / "config.json").write_text(text)
    refusal(folder, "config.json")


def test_a_config_that_is_no_text_is_refused(folder):
    (folder / "config.json").write_bytes(b"\xff\xfe\x00\xd8")
    refusal(folder, "config.json")


@pytest.mark.parametrize(
    "change", [{"architecture": "conv"}, {"latent_dim": 4}, {"hidden_dim": 5}], ids=str
)
def test_weights_of_another_config_are_refused(folder, change):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    assert "does not fit" in refusal(folder, "model.safetensors")


@pytest.mark.parametrize("share", [0, 0.0001, 0.001, 0.01, 0.3, 0.5, 0.9, 0.9999])
def test_truncated_weights_are_refused(folder, share):
    file = folder / "model.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    refusal(folder, "model.safetensors")


def test_one_byte_less_or_more_is_refused(folder):
    file = folder / "model.safetensors"
    content = file.read_bytes()
    for changed in (content[:-1], content + b"\0"):
        file.write_bytes(changed)
        refusal(folder, "model.safetensors")


def test_a_flipped_bit_in_the_header_is_refused_or_changes_nothing(folder):
    file = folder / "model.safetensors"
    content = file.read_bytes()
    expected = storage.load_model(folder).state_dict()
    length = 8 + struct.unpack("<Q", content[:8])[0]
    rng, refused, messages = random.Random(0), 0, set()
    for _ in range(300):
        damaged = bytearray(content)
        damaged[rng.randrange(length)] ^= 1 << rng.randrange(8)
        file.write_bytes(damaged)
        try:
            found = storage.load_model(folder).state_dict()
        except storage.InvalidWeights as error:
            refused += 1
            messages.add(str(error))
        else:  # the name of the format was hit
            assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert refused > 250
    assert all(str(file) in message and "\n" not in message for message in messages)


def rewritten(folder, change) -> None:
    """The weights file, after `change` has had its tensors."""
    file = folder / "model.safetensors"
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file)


@pytest.mark.parametrize("dtype", [torch.float64, torch.int32])
def test_another_dtype_is_refused(folder, dtype):
    def change(tensors):
        tensors["encoder.mean.bias"] = tensors["encoder.mean.bias"].to(dtype)

    rewritten(folder, change)
    assert "encoder.mean.bias" in refusal(folder, "model.safetensors")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_weights_in_half_precision_are_float32_in_use(folder, dtype):
    expected = {name: value.to(dtype) for name, value in load_file(folder / WEIGHTS).items()}
    save_file(expected, folder / WEIGHTS)
    for name, value in storage.load_model(folder).state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, expected[name].float())


def test_a_model_saved_in_half_precision_stays_as_it_is(tmp_path):
    model = small_model("mlp")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    storage.save_model(model, tmp_path, half_precision=True)
    assert {value.dtype for value in load_file(tmp_path / WEIGHTS).values()} == {torch.float16}
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_the_same_model_is_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        storage.save_model(small_model("conv"), tmp_path / name)
    one, other = ((tmp_path / name / WEIGHTS).read_bytes() for name in ("one", "other"))
    assert one == other


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_values_that_are_not_finite_are_refused(folder, value):
    rewritten(folder, lambda tensors: tensors["decoder.logits.0.weight"][1].fill_(value))
    assert "decoder.logits.0.weight" in refusal(folder, "model.safetensors")


@pytest.mark.parametrize("change", [lambda shares: shares.zero_(), lambda shares: shares.mul_(2)])
def test_a_mixture_whose_weights_do_not_sum_to_1_is_refused(folder, change):
    rewritten(folder, lambda tensors: change(tensors["mixture_weights"]))
    assert "mixture_weights" in refusal(folder, "model.safetensors")


def test_a_mixture_with_a_negative_weight_is_refused(folder):
    def change(tensors):
        tensors["mixture_weights"][0] -= 1
        tensors["mixture_weights"][1] += 1

    rewritten(folder, change)
    assert "mixture_weights" in refusal(folder, "model.safetensors")


def test_a_missing_tensor_is_refused(folder):
    rewritten(folder, lambda tensors: tensors.pop("mixture_means"))
    assert "mixture_means" in refusal(folder, "model.safetensors")


@pytest.mark.parametrize("name", ["surprise", "sur\nprise", "x" * 10_000])
def test_a_tensor_too_many_is_refused(folder, name):
    rewritten(folder, lambda tensors: tensors.update({name: torch.zeros(1)}))
    refusal(folder, "model.safetensors")


class Bomb:
    """Goes off when unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


@pytest.mark.parametrize("write", [pickle.dump, torch.save], ids=["pickle", "torch"])
def test_a_pickle_under_the_weights_name_is_refused_and_never_unpickled(folder, write):
    with (folder / "model.safetensors").open("wb") as file:
        write({"encoder.mean.bias": Bomb()}, file)
    refusal(folder, "model.safetensors")


def test_a_folder_with_only_a_pickle_is_refused_and_it_is_never_unpickled(folder):
    (folder / "model.safetensors").unlink()
    torch.save({"encoder.mean.bias": Bomb()}, folder / "pytorch_model.bin")
    assert "missing" in refusal(folder, "model.safetensors")


def test_a_folder_in_place_of_the_weights_is_refused(folder):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").mkdir()
    refusal(folder, "model.safetensors")


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
