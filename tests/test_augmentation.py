"""The laws of augmentation."""

import pytest
import torch

from vae import augmentation, data


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_share_of_none_leaves_the_images_alone(drawn):
    images = data.as_floats(drawn)
    assert torch.equal(augmentation.augment(images, 0, generator()), images)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.8, 1.0])
def test_that_share_of_a_batch_is_changed(drawn, share):
    images = data.as_floats(drawn)
    changed = (augmentation.augment(images, share, generator()) != images).flatten(1).any(1)
    assert changed.sum().item() == round(share * len(images))


def test_augmented_digits_are_images(drawn):
    images = data.as_floats(drawn)
    augmented = augmentation.augment(images, 1, generator())
    assert augmented.shape == images.shape
    assert augmented.dtype == images.dtype
    assert augmented.min() >= 0
    assert augmented.max() <= 1


def test_augmentation_leaves_its_argument_alone(drawn):
    images = data.as_floats(drawn)
    before = images.clone()
    augmentation.augment(images, 1, generator())
    assert torch.equal(images, before)


def test_augmentation_is_the_generators(drawn):
    images = data.as_floats(drawn)
    one, same, other = (augmentation.augment(images, 0.5, generator(s)) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_an_augmented_digit_stays_about_where_it_was(drawn):
    """Shift, rotation about the middle, shear, scale and pulls move a centred digit by little."""
    images = data.as_floats(drawn)
    for seed in range(5):
        moved = centres(augmentation.augment(images, 1, generator(seed))) - centres(images)
        bound = augmentation.SHIFT_PIXELS * 2**0.5 + augmentation.ELASTIC_PIXELS / 2 + 0.5
        assert moved.norm(dim=1).max() < bound


@pytest.mark.parametrize("share", [0, 0.1, 0.25, 1.0])
def test_the_last_share_of_a_batch_is_binarised_and_the_rest_left(drawn, share):
    images = data.as_floats(drawn)
    count = round(share * len(images))
    binary = augmentation.binarise(images, share, generator())
    assert torch.equal(binary[: len(images) - count], images[: len(images) - count])
    assert binary[len(images) - count :].unique().tolist() in ([], [0, 1])
    assert binary.shape == images.shape


def test_a_grey_level_is_the_probability_of_white_and_is_drawn_anew():
    images = torch.tensor([0.0, 0.2, 0.5, 1.0]).repeat(1000, 7, 1).view(1000, 1, 7, 4)
    drawer = generator()
    binary = augmentation.binarise(images, 1, drawer)
    assert binary.mean((0, 1, 2)).tolist() == pytest.approx([0, 0.2, 0.5, 1], abs=0.02)
    assert not torch.equal(binary, augmentation.binarise(images, 1, drawer))


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
        monkeypatch.setattr(augmentation, name, 0.0)
    stroke = torch.zeros(64, 1, 28, 28)
    stroke[:, :, 4:24, 13:15] = 1
    rows, columns = torch.arange(6.0, 22), torch.arange(28.0)

    def off_a_straight_line() -> torch.Tensor:
        ink = augmentation.augment(stroke, 1, generator())[:, 0, 6:22]
        middles = (ink @ columns) / ink.sum(2)
        assert (middles - 13.5).abs().max() < 1.5 * augmentation.ELASTIC_PIXELS + 1e-3
        assert middles.diff(dim=1).abs().max() < 1
        line = torch.stack((torch.ones(16), rows), 1)
        return (middles.T - line @ torch.linalg.lstsq(line, middles.T).solution).abs().amax(0)

    assert (off_a_straight_line() > 0.2).float().mean() > 0.5
    monkeypatch.setattr(augmentation, "ELASTIC_PIXELS", 0.0)
    assert off_a_straight_line().max() < 1e-3


def test_strokes_grow_and_shrink_about_as_often(drawn):
    images = data.as_floats(drawn).repeat(10, 1, 1, 1)
    gain = augmentation.augment(images, 1, generator()).sum((1, 2, 3)) / images.sum((1, 2, 3))
    assert 0.25 < (gain > 1).float().mean() < 0.75
    assert gain.min() > 0.4
    assert gain.max() < 2


def test_augmented_digits_cost_no_more_nats_than_the_real_ones(real_mnist):
    """The contrast that follows the resampling keeps the mean entropy of a pixel at MNIST's."""
    images = data.as_floats(data.load("train", real_mnist)[0][:2000])

    def entropy(x: torch.Tensor) -> torch.Tensor:
        p = x.double()
        return -(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).sum((1, 2, 3)).mean()

    ratio = entropy(augmentation.augment(images, 1, generator())) / entropy(images)
    assert abs(ratio - 1) < 0.1
