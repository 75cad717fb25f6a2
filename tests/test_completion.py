"""Completions of images that are partly hidden, against conditionals that can be enumerated."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal

from tests.synthetic import small_model
from vae import inference
from vae.inference import completion
from vae.model import VAE

HALF = torch.zeros(28, 28)
HALF[:14] = 1


def enumerable_model() -> VAE:
    """A model of two dimensions whose decoder is far from constant."""
    model = small_model("mlp", latent_dim=2)
    for parameter in model.decoder.parameters():
        parameter.mul_(3)
    return model


def grid(side: int) -> torch.Tensor:
    """Codes (side^2, 2) that stand for equal shares of N(0, I)."""
    axis = Normal(0, 1).icdf((torch.arange(side) + 0.5) / side)
    return torch.cartesian_prod(axis, axis)


def few_visible(seed: int = 0) -> torch.Tensor:
    """A mask (784,) of twelve pixels: few enough that no single code explains them all."""
    generator = torch.Generator().manual_seed(seed)
    visible = torch.zeros(784)
    visible[torch.randperm(784, generator=generator)[:12]] = 1
    return visible


def exact_conditional(model: VAE, codes: torch.Tensor, image: torch.Tensor, visible: torch.Tensor):
    """p(z | visible pixels) of equally likely codes, by Bayes' rule on torch.distributions."""
    pixels = Bernoulli(inference.decode(model, codes).flatten(1).double())
    likelihoods = (pixels.log_prob(image.double()) * visible.double()).sum(1)
    return likelihoods.softmax(0)


def binary_image(seed: int = 1) -> torch.Tensor:
    return torch.rand(784, generator=torch.Generator().manual_seed(seed)).round()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_resampling_draws_from_the_exact_conditional():
    model, codes, image, visible = enumerable_model(), grid(6), binary_image(), few_visible()
    expected = exact_conditional(model, codes, image, visible)
    assert 0.05 < expected.max() < 0.5  # neither flat nor a single code
    count = 40_000
    bank = completion.bank_of(model, codes)
    drawn = completion.resample(bank, image[None], visible[None] != 0, count, generator())[0]
    index = torch.cdist(drawn, codes).argmin(1)
    found = torch.bincount(index, minlength=len(codes)).double() / count
    deviation = (expected * (1 - expected) / count).sqrt()
    assert ((found - expected).abs() <= 5 * deviation + 1e-9).all()


def test_the_bank_comes_close_to_the_conditional_on_a_fine_grid():
    """Importance sampling: draws from the prior instead of a grid, the same expected pixels."""
    model, image, visible = enumerable_model(), binary_image(), few_visible()
    codes = grid(80)
    shares = exact_conditional(model, codes, image, visible)
    expected = shares @ inference.decode(model, codes).flatten(1).double()
    found = inference.complete_codes(model, image[None], visible, 4000, generator(), steps=0)[0]
    pixels = inference.decode(model, found).flatten(1).double().mean(0)
    before = inference.decode(model, codes).flatten(1).double().mean(0)
    assert (expected - before).abs().max() > 0.2  # what is visible tells something
    assert (pixels - expected).abs().max() < 0.05


def test_a_step_encodes_what_is_filled_in_and_draws_a_code(drawn):
    model, images = small_model("mlp"), drawn[:3] / 255
    first = inference.complete_codes(model, images, HALF, 2, generator(4), steps=0)
    source = generator(4)
    completion.resample(  # draws as many numbers as before
        inference.prepare(model),
        images.flatten(1),
        HALF.expand(3, 28, 28).flatten(1) != 0,
        2,
        source,
    )
    expected = []
    for image, codes in zip(images, first, strict=True):
        for code in codes:
            filled = image.clone()
            filled[:, 14:] = inference.decode(model, code[None])[0, :, 14:]
            expected.append(inference.encode(model, filled[None]))
    mean = torch.cat([posterior.mean for posterior in expected])
    deviation = torch.cat([posterior.standard_deviation for posterior in expected])
    codes = mean + deviation * torch.randn(mean.shape, generator=source)
    found = inference.complete_codes(model, images, HALF, 2, generator(4), steps=1)
    assert torch.allclose(found.flatten(0, 1), codes, atol=1e-5)


def test_visible_pixels_stay_and_hidden_ones_are_the_decoded_codes(model, drawn):
    images = drawn[:4] / 255
    found = inference.complete(model, images, HALF, 3, generator())
    assert found.shape == (4, 3, 1, 28, 28)
    assert torch.equal(found[..., :14, :], images[:, None, :, :14].expand(4, 3, 1, 14, 28))
    codes = inference.complete_codes(model, images, HALF, 3, generator())
    decoded = inference.decode(model, codes.flatten(0, 1)).unflatten(0, (4, 3))
    assert torch.allclose(found[..., 14:, :], decoded[..., 14:, :], atol=1e-6)


def test_each_image_may_show_other_pixels(model, drawn):
    images, other = drawn[:2] / 255, 1 - HALF
    found = inference.complete(model, images, torch.stack((HALF, other)), 2, generator())
    for image, visible, completions in zip(images, (HALF, other), found, strict=True):
        for each in completions:
            assert torch.equal(each[0][visible != 0], image[0][visible != 0])
            assert not torch.equal(each[0][visible == 0], image[0][visible == 0])


def test_completions_of_one_image_differ_and_one_seed_draws_the_same(model, drawn):
    image = drawn[:1] / 255
    once, again, others = (
        inference.complete(model, image, HALF, 8, generator(seed))[0] for seed in (1, 1, 2)
    )
    assert torch.equal(once, again)
    assert not torch.equal(once, others)
    assert len({tuple(each.flatten().tolist()) for each in once}) == 8


def test_an_image_of_which_all_is_visible_comes_back(model, drawn):
    images = drawn[:2] / 255
    found = inference.complete(model, images, torch.ones(784), 2, generator())
    assert torch.equal(found, images.unsqueeze(1).expand(2, 2, 1, 28, 28))


def test_where_nothing_is_visible_every_code_of_the_bank_is_as_likely(drawn):
    model = small_model("mlp")
    codes = inference.prepare(model).codes
    found = inference.complete_codes(
        model, drawn[:1] / 255, torch.zeros(784), 20_000, generator(), steps=0
    )[0]
    error = codes.std(0) / 20_000**0.5
    assert ((found.mean(0) - codes.mean(0)).abs() < 5 * error).all()


def test_a_model_has_one_bank_of_its_own():
    one, other = small_model("mlp", seed=0), small_model("mlp", seed=1)
    assert inference.prepare(one) is inference.prepare(one)
    assert not torch.equal(inference.prepare(one).pixels, inference.prepare(other).pixels)


@pytest.mark.parametrize("visible", [torch.ones(10), torch.ones(3, 784), torch.ones(0)])
def test_a_mask_of_another_shape_is_refused(visible, drawn):
    with pytest.raises(ValueError, match="visible"):
        inference.complete(small_model("mlp"), drawn[:2] / 255, visible, 1, generator())
