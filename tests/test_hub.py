"""A model from a folder or from the Hub: whole, from safetensors, or an error."""

import json

import pytest
import torch
from httpx import Request, Response
from huggingface_hub import hub_mixin
from huggingface_hub.errors import RemoteEntryNotFoundError
from safetensors.torch import load_file, save_file

from tests.synthetic import small_model
from vae import hub
from vae.model import VAE

ASKED = Request("GET", "https://example.com/config.json")


@pytest.fixture
def folder(tmp_path):
    small_model("mlp").save_pretrained(tmp_path)
    return tmp_path


def test_a_folder_gives_its_model(folder):
    expected, found = small_model("mlp").state_dict(), VAE.from_pretrained(folder).state_dict()
    assert all(torch.equal(value, found[name]) for name, value in expected.items())


def test_tensors_missing_or_too_many_are_refused(folder):
    tensors = load_file(folder / "model.safetensors")
    for changed in (tensors | {"surprise": torch.zeros(1)}, dict(list(tensors.items())[1:])):
        save_file(changed, folder / "model.safetensors")
        with pytest.raises(RuntimeError):
            VAE.from_pretrained(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_folder_that_lacks_a_file_is_never_looked_up_on_the_hub(folder, name, monkeypatch):
    monkeypatch.setattr(hub, "hf_hub_download", lambda *a, **o: pytest.fail("asked"))
    (folder / name).unlink()
    torch.save({}, folder / "pytorch_model.bin")  # nor is a pickle read
    with pytest.raises(FileNotFoundError):
        VAE.from_pretrained(folder)


@pytest.mark.parametrize("name", ["somebody/some-vae", "no/such/folder"])
def test_a_name_that_is_no_folder_and_not_on_the_hub_gets_one_sentence(name, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(FileNotFoundError) as caught:
        VAE.from_pretrained(name)
    assert str(caught.value).startswith(f"{name} is neither a folder")
    assert "\n" not in str(caught.value)


def test_a_config_of_another_class_is_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"layers": 3}))
    with pytest.raises(TypeError, match="layers"):
        VAE.from_pretrained(folder)


def test_a_model_on_the_hub_without_a_config_is_refused(folder, monkeypatch):
    """Its arguments are unknown: the defaults are not meant."""

    def no_config(repo_id, filename, **options):
        if filename == "config.json":
            raise RemoteEntryNotFoundError("404", response=Response(404, request=ASKED))
        return str(folder / filename)

    VAE().save_pretrained(folder)
    monkeypatch.setattr(hub_mixin, "hf_hub_download", no_config)
    monkeypatch.setattr(hub, "hf_hub_download", no_config)
    with pytest.raises(FileNotFoundError, match="somebody/some-vae is neither a folder"):
        VAE.from_pretrained("somebody/some-vae")


def test_a_name_on_the_hub_is_fetched_two_files_only(folder, monkeypatch):
    asked = []

    def download(repo_id, filename, **options):
        asked.append((repo_id, filename, options["revision"]))
        return str(folder / filename)

    monkeypatch.setattr(hub_mixin, "hf_hub_download", download)
    monkeypatch.setattr(hub, "hf_hub_download", download)
    loaded = VAE.from_pretrained("somebody/some-vae", revision="v1")
    assert torch.equal(loaded.encoder.mean.weight, small_model("mlp").encoder.mean.weight)
    assert asked == [
        ("somebody/some-vae", "config.json", "v1"),
        ("somebody/some-vae", "model.safetensors", "v1"),
    ]
