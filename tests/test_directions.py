"""Directions in latent space, against images and codes whose attributes are known."""

import numpy as np
import pytest
import torch

from vae import directions, inference
from vae.model import ATTRIBUTES, VAE, Gaussian

ROWS, COLUMNS = np.mgrid[:28, :28]


def blobs(slants: torch.Tensor, breadths: torch.Tensor) -> torch.Tensor:
    """Logits (B, 1, 28, 28) of upright Gaussian blobs, sheared: x is moved by slant times y."""
    y, x = (torch.from_numpy(grid - 13.5).float() for grid in (ROWS, COLUMNS))
    across = x - slants.view(-1, 1, 1) * y
    squares = (across / breadths.view(-1, 1, 1)).square() + (y / 5).square()
    return (6 - 4 * squares).unsqueeze(1)


class Blobs(VAE):
    """Decodes z to a blob: slant 0.1 z1, breadth 3 + 0.3 z2; the other numbers do nothing."""

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        return blobs(0.1 * codes[:, 0], (3 + 0.3 * codes[:, 1]).clamp(1, 6))


def training_set(model: VAE, count: int = 600) -> tuple[Gaussian, torch.Tensor, torch.Tensor]:
    """Codes of a blob model, the images that it decodes them to, and labels at random."""
    generator = torch.Generator().manual_seed(0)
    codes = torch.randn(count, model.latent_dim, generator=generator)
    images = (model.decode(codes).sigmoid() * 255).byte()
    labels = torch.randint(2, (count,), generator=generator)
    return Gaussian(codes, torch.full_like(codes, -4)), images, labels


def blob_model() -> Blobs:
    return Blobs("mlp", 4, 2, mixture_components=2, mixture_classes=2, directions=True)


def moments(image: np.ndarray) -> tuple[float, float, float]:
    """mu20, mu11 and mu02 of one image, by their definition."""
    ink = image.astype(float) / image.sum()
    right, down = COLUMNS - (ink * COLUMNS).sum(), ROWS - (ink * ROWS).sum()
    return (ink * right**2).sum(), (ink * right * down).sum(), (ink * down**2).sum()


def test_slant_and_breadth_are_those_of_the_moments(drawn):
    found = directions.attributes(drawn / 255)
    for values, image in zip(found, drawn[:, 0].numpy(), strict=True):
        mu20, mu11, mu02 = moments(image)
        assert values[0].item() == pytest.approx(mu11 / mu02)
        assert values[2].item() == pytest.approx((mu20 - mu11**2 / mu02) ** 0.5)


def test_a_shear_changes_the_slant_and_nothing_else():
    upright, sheared = directions.attributes(
        blobs(torch.tensor([0.0, 0.3]), torch.tensor([2.5, 2.5])).sigmoid()
    )
    assert (sheared - upright)[0].item() == pytest.approx(0.3, abs=0.01)
    assert sheared[2].item() == pytest.approx(upright[2].item(), rel=0.01)


def test_the_width_of_a_bar_is_its_width():
    image = torch.zeros(1, 1, 28, 28)
    image[..., 4:24, 12:15] = 1
    # Twice the area over the outline: of a bar of 3 by 20 that is 120 / 46.
    assert directions.attributes(image)[0, 1].item() == pytest.approx(120 / 46, rel=0.05)


def test_an_image_without_ink_has_no_attributes():
    assert not directions.attributes(torch.zeros(2, 1, 28, 28)).any()


def test_one_step_changes_the_decoded_attribute_by_its_deviation_within_classes():
    model = blob_model()
    posteriors, images, labels = training_set(model)
    directions.fit(model, posteriors, images, labels)
    values = directions.attributes(images / 255)
    within = torch.stack([values[labels == label].var(0) for label in range(2)]).mean(0).sqrt()
    steps = torch.stack(
        [
            torch.stack([inference.step(model, code, name) for name in ATTRIBUTES])
            for code in posteriors.mean
        ]
    )
    before = directions.attributes(model.decode(posteriors.mean).sigmoid())
    for index, name in enumerate(ATTRIBUTES):
        if name == "width":  # a blob's follows from its breadth
            continue
        after = directions.attributes(model.decode(posteriors.mean + steps[:, index]).sigmoid())
        moved = (after - before).mean(0) / within
        assert moved[index].item() == pytest.approx(1, abs=0.1)


def test_a_direction_is_found_for_each_component():
    """Codes that are a linear function of the attributes, another one in each component."""
    generator = torch.Generator().manual_seed(1)
    values = torch.randn(4000, 3, generator=generator).double()
    slopes = torch.randn(2, 3, 5, generator=generator).double()
    component = torch.arange(4000) % 2
    centres = torch.tensor([[-40.0], [40.0]]).double()
    codes = torch.einsum("na,nad->nd", values, slopes[component]) + centres[component]
    model = VAE("mlp", 5, 2, mixture_components=2, directions=True)
    model.mixture_means.copy_(centres.expand(2, 5))
    model.mixture_cholesky.mul_(3)
    found = directions.regression(model, codes.float(), values)
    # Each takes a little from all the codes, for the sake of components that hold few.
    assert torch.allclose(found, slopes, atol=0.1)
    assert not torch.allclose(slopes[0], slopes[1], atol=0.5)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda codes, images: (codes, images.zero_()), id="blank images"),
        pytest.param(lambda codes, images: (codes, images[:1].expand_as(images)), id="one image"),
        pytest.param(lambda codes, images: (codes.zero_(), images), id="one code"),
        pytest.param(lambda codes, images: (codes * 1e30, images), id="diverged codes"),
        pytest.param(lambda codes, images: (codes[:3], images[:3]), id="three images"),
    ],
)
def test_nothing_to_be_found_is_no_trouble(spoil):
    model = blob_model()
    posteriors, images, labels = training_set(model, 50)
    codes, images = spoil(posteriors.mean, images)
    posteriors = Gaussian(codes, torch.full_like(codes, -4))
    directions.fit(model, posteriors, images, labels[: len(images)])
    assert model.directions.isfinite().all()


def test_a_component_without_codes_gets_the_direction_of_all():
    model = blob_model()
    posteriors, images, labels = training_set(model)
    model.mixture_means[1] = 1000
    directions.fit(model, posteriors, images, labels)
    assert torch.allclose(model.directions[1], model.directions[0], rtol=0.2, atol=0.02)


def test_directions_travel_with_the_weights(tmp_path):
    model = VAE("mlp", 4, 2, mixture_components=2, mixture_classes=2, directions=True)
    model.directions.copy_(torch.randn(2, 3, 4))
    model.save_pretrained(tmp_path)
    assert torch.equal(VAE.from_pretrained(tmp_path).directions, model.directions)
