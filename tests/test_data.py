"""The laws of loading, batching and augmenting."""

import gzip
import os
import shutil
import struct
from urllib.error import HTTPError, URLError

import numpy as np
import pytest
import torch
from torchvision import datasets
from torchvision.datasets import mnist

from tests.synthetic import digits, idx
from vae import data


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# --------------------------------------------------------------------------------------- loading


@pytest.mark.parametrize(("split", "count", "seed"), [("train", 300, 0), ("test", 60, 1)])
def test_a_split_is_one_tensor_of_what_the_files_hold(tiny_mnist, split, count, seed):
    images, labels = data.load(split, tiny_mnist)
    assert images.dtype == torch.uint8
    assert labels.dtype == torch.int64
    expected_images, expected_labels = digits(count, seed)
    assert np.array_equal(images.numpy(), expected_images[:, None])
    assert np.array_equal(labels.numpy(), expected_labels)


def test_gzipped_files_do(tiny_mnist, tmp_path, monkeypatch):
    """As with the real downloads: torchvision unpacks whatever has the right checksum."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (tiny_mnist / "MNIST" / "raw").iterdir():
        (raw / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))

    def unpack(url, download_root, filename, md5):
        packed = raw / filename
        (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))

    monkeypatch.setattr(mnist, "download_and_extract_archive", unpack)
    assert torch.equal(data.load("test", tmp_path)[0], data.load("test", tiny_mnist)[0])


def unavailable(root, dataset: str = "mnist") -> str:
    """The one sentence with which data under `root` is refused."""
    with pytest.raises(data.DataUnavailable) as caught:
        data.load("train", root, dataset)
    message = str(caught.value)
    assert str(root) in message
    assert "\n" not in message
    assert message.endswith(".")
    return message


@pytest.mark.parametrize(
    ("dataset", "folder"),
    [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST"), ("kmnist", "KMNIST")],
)
def test_without_data_and_network_the_message_says_where_the_files_go(tmp_path, dataset, folder):
    message = unavailable(tmp_path / "none", dataset)  # conftest.py forbids the download
    assert str(tmp_path / "none" / folder / "raw") in message
    assert "no network in the tests" in message


@pytest.mark.parametrize(
    "reason",
    [
        "<urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed>",
        "<urlopen error Tunnel connection failed: 503 Service Unavailable>",
        "HTTP Error 404: Not Found",
    ],
)
@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist", "kmnist", "qmnist"])
def test_why_nothing_can_be_downloaded_is_in_the_message(tmp_path, monkeypatch, dataset, reason):
    def refuse(*arguments, **options):
        if reason.startswith("HTTP"):
            raise HTTPError("https://mirror", 404, "Not Found", None, None)
        raise URLError(reason.removeprefix("<urlopen error ").removesuffix(">"))

    monkeypatch.setattr(mnist, "download_and_extract_archive", refuse)
    assert reason in unavailable(tmp_path, dataset)


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: name.replace("-idx", ".idx"),
        lambda name: name.replace("-idx", ".idx") + ".gz",
        lambda name: name.upper(),
        lambda name: name.replace("-", "_"),
        lambda name: f"../{name}",
        lambda name: f"../../{name}",
        lambda name: f"{name}/{name.replace('-idx', '.idx')}",  # unpacked into folders
    ],
)
def test_files_under_other_names_are_told_the_ones_that_are_wanted(files, rename):
    names = sorted(file.name for file in files.iterdir())
    for name in names:
        content = (files / name).read_bytes()
        (files / name).unlink()
        place = files / rename(name)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)
    message = unavailable(files.parent.parent)
    for name in names:
        wanted = files / (f"{name}.gz" if rename(name).endswith(".gz") else name)
        assert f"{os.path.normpath(files / rename(name))} to {wanted}" in message


def test_a_file_that_is_in_its_place_is_not_to_be_moved(files):
    name = "train-labels-idx1-ubyte"
    (files / name).rename(files / "train-labels.idx1-ubyte")
    message = unavailable(files.parent.parent)
    assert f"move {files / 'train-labels.idx1-ubyte'} to {files / name}," in message
    assert "train-images-idx3-ubyte" not in message.partition("(")[0]


@pytest.fixture
def files(tiny_mnist, tmp_path):
    """A copy of the small MNIST's raw files, to be damaged."""
    return shutil.copytree(tiny_mnist, tmp_path / "data") / "MNIST" / "raw"


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
@pytest.mark.parametrize("size", [0, 1, 4, 7, 16, 200])
def test_truncated_files_are_refused(files, name, size):
    content = (files / name).read_bytes()
    (files / name).write_bytes(content[:size])
    unavailable(files.parent.parent)


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
@pytest.mark.parametrize("magic", [0, 0x801, 0x803, 0xD03, 0x8FF, 0xFFFFFFFF, 0x504B0304])
def test_a_wrong_magic_number_is_refused(files, name, magic):
    content = (files / name).read_bytes()
    if struct.unpack(">I", content[:4])[0] == magic:
        magic += 1
    (files / name).write_bytes(struct.pack(">I", magic) + content[4:])
    unavailable(files.parent.parent)


def test_a_file_with_bytes_too_many_is_refused(files):
    with (files / "train-images-idx3-ubyte").open("ab") as file:
        file.write(b"\0")
    unavailable(files.parent.parent)


@pytest.mark.parametrize("count", [1, 299, 301])
def test_as_many_labels_as_images_or_none_of_them(files, count):
    (files / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(count, np.uint8)))
    assert f"300 images of shape (28, 28) and {count} labels" in unavailable(files.parent.parent)


@pytest.mark.parametrize("shape", [(300, 2), (300, 1), ()])
@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_what_is_neither_images_nor_a_list_of_labels_is_refused(files, name, shape):
    (files / name).write_bytes(idx(np.zeros(shape, np.uint8)))
    unavailable(files.parent.parent)


def test_the_labels_of_qmnist_are_the_first_of_what_it_says_of_a_digit(tmp_path, monkeypatch):
    class QMNIST:
        def __init__(self, root, download, what):
            assert (root, download, what) == (str(tmp_path), True, "test")
            self.data = torch.zeros(3, 28, 28, dtype=torch.uint8)
            self.targets = torch.tensor([[7, 0, 1], [2, 5, 6], [1, 3, 3]])

    monkeypatch.setattr(datasets, "QMNIST", QMNIST)
    monkeypatch.setitem(data.DATASETS, "qmnist", QMNIST)
    images, labels = data.load("test", tmp_path, "qmnist")
    assert images.shape == (3, 1, 28, 28)
    assert labels.tolist() == [7, 2, 1]


@pytest.mark.parametrize("shape", [(0, 28, 28), (300, 14, 56), (300, 27, 28)])
def test_images_of_another_size_are_refused(files, shape):
    (files / "train-images-idx3-ubyte").write_bytes(idx(np.zeros(shape, np.uint8)))
    unavailable(files.parent.parent)


def test_a_folder_in_place_of_a_file_is_refused(files):
    (files / "train-images-idx3-ubyte").unlink()
    (files / "train-images-idx3-ubyte").mkdir()
    unavailable(files.parent.parent)


def test_the_real_mnist_is_as_its_makers_say(real_mnist):
    for split, count in (("train", 60_000), ("test", 10_000)):
        images, labels = data.load(split, real_mnist)
        assert images.shape == (count, 1, 28, 28)
        assert set(labels.tolist()) == set(range(10))
        # "centred in a 28x28 image by the centre of mass"
        weights = data.as_floats(images[:500])[:, 0]
        rows = (weights.sum(2) * torch.arange(28)).sum(1) / weights.sum((1, 2))
        assert 13.0 < rows.mean() < 15.0


# -------------------------------------------------------------------------------------- batching


def test_grey_levels_become_floats_from_0_to_1():
    levels = torch.arange(256, dtype=torch.uint8)
    floats = data.as_floats(levels)
    assert np.allclose(floats.numpy(), np.arange(256) / 255)
    assert floats[0] == 0
    assert floats[-1] == 1
    assert torch.equal(levels, torch.arange(256, dtype=torch.uint8))  # the set itself stays


def test_the_mean_image_is_the_mean_of_its_images():
    images = torch.randint(0, 256, (50, 1, 28, 28), dtype=torch.uint8, generator=generator())
    expected = images.numpy().astype(float).mean(0) / 255
    assert np.allclose(data.mean_image(images).numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(("count", "size"), [(10, 3), (12, 4), (5, 8), (1, 1)])
def test_an_epoch_has_every_image_once_in_whole_batches(count, size):
    found = list(data.batches(torch.arange(count), size, generator()))
    assert sorted(torch.cat(found).tolist()) == list(range(count))
    assert [len(batch) for batch in found[:-1]] == [size] * (len(found) - 1)
    assert 1 <= len(found[-1]) <= size


def test_the_order_is_the_generators():
    images = torch.arange(50)
    one, same, other = (torch.cat(list(data.batches(images, 7, generator(s)))) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert not torch.equal(one, images)
