"""The laws of loading, batching and augmenting."""

import gzip
import shutil
import struct

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


# ---------------------------------------------------------------------------------- augmentation


def test_a_share_of_none_leaves_the_images_alone(drawn):
    images = data.as_floats(drawn)
    assert torch.equal(data.augment(images, 0, generator()), images)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.8, 1.0])
def test_that_share_of_a_batch_is_changed(drawn, share):
    images = data.as_floats(drawn)
    changed = (data.augment(images, share, generator()) != images).flatten(1).any(1)
    assert changed.sum().item() == round(share * len(images))


def test_augmented_digits_are_images(drawn):
    images = data.as_floats(drawn)
    augmented = data.augment(images, 1, generator())
    assert augmented.shape == images.shape
    assert augmented.dtype == images.dtype
    assert augmented.min() >= 0
    assert augmented.max() <= 1


def test_augmentation_leaves_its_argument_alone(drawn):
    images = data.as_floats(drawn)
    before = images.clone()
    data.augment(images, 1, generator())
    assert torch.equal(images, before)


def test_augmentation_is_the_generators(drawn):
    images = data.as_floats(drawn)
    one, same, other = (data.augment(images, 0.5, generator(s)) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_an_augmented_digit_stays_about_where_it_was(drawn):
    """Shift, rotation about the middle, shear, scale and pulls move a centred digit by little."""
    images = data.as_floats(drawn)
    for seed in range(5):
        moved = centres(data.augment(images, 1, generator(seed))) - centres(images)
        bound = data.SHIFT_PIXELS * 2**0.5 + data.PULL_PIXELS / 2 + 0.5
        assert moved.norm(dim=1).max() < bound


def centres(images: torch.Tensor) -> torch.Tensor:
    """Centres of mass (B, 2) of (B, 1, 28, 28), in pixels."""
    ink, pixels = images[:, 0], torch.arange(28.0)
    total = ink.sum((1, 2))
    return torch.stack(
        ((ink.sum(1) * pixels).sum(1) / total, (ink.sum(2) * pixels).sum(1) / total), 1
    )


def test_strokes_are_bent_smoothly_and_by_little(monkeypatch):
    """A straight stroke comes out curved, which no affine map can do, and in one piece."""
    for name in ("ROTATION", "SHEAR", "SCALE", "SHIFT_PIXELS", "THICKNESS"):
        monkeypatch.setattr(data, name, 0.0)
    stroke = torch.zeros(64, 1, 28, 28)
    stroke[:, :, 4:24, 13:15] = 1
    rows, columns = torch.arange(6.0, 22), torch.arange(28.0)

    def off_a_straight_line() -> torch.Tensor:
        ink = data.augment(stroke, 1, generator())[:, 0, 6:22]
        middles = (ink @ columns) / ink.sum(2)
        assert (middles - 13.5).abs().max() < 1.5 * data.PULL_PIXELS + 1e-3
        assert middles.diff(dim=1).abs().max() < 1
        line = torch.stack((torch.ones(16), rows), 1)
        return (middles.T - line @ torch.linalg.lstsq(line, middles.T).solution).abs().amax(0)

    assert (off_a_straight_line() > 0.2).float().mean() > 0.5
    monkeypatch.setattr(data, "PULL_PIXELS", 0.0)
    assert off_a_straight_line().max() < 1e-3


def test_strokes_grow_and_shrink_about_as_often(drawn):
    images = data.as_floats(drawn).repeat(10, 1, 1, 1)
    gain = data.augment(images, 1, generator()).sum((1, 2, 3)) / images.sum((1, 2, 3))
    assert 0.25 < (gain > 1).float().mean() < 0.75
    assert gain.min() > 0.4
    assert gain.max() < 2


def test_augmented_digits_cost_no_more_nats_than_the_real_ones(real_mnist):
    """The contrast that follows the resampling keeps the mean entropy of a pixel at MNIST's."""
    images = data.as_floats(data.load("train", real_mnist)[0][:2000])

    def entropy(x: torch.Tensor) -> torch.Tensor:
        p = x.double()
        return -(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).sum((1, 2, 3)).mean()

    ratio = entropy(data.augment(images, 1, generator())) / entropy(images)
    assert abs(ratio - 1) < 0.1
