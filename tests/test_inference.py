"""The laws of encoding, decoding, sampling and walking between codes."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal

from tests.synthetic import small_model
from vae import data, inference, mixture
from vae.model import VAE, Gaussian


def codes_of(*values: float) -> torch.Tensor:
    return torch.tensor(values)


def random_codes(count: int, dimensions: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed))


# ------------------------------------------------------------------------------ encode and decode


def test_encoding_draws_nothing(model, drawn):
    images = data.as_floats(drawn)
    one = inference.encode(model, images)
    torch.rand(5)
    other = inference.encode(model, images)
    assert torch.equal(one.mean, other.mean)
    assert torch.equal(one.log_variance, other.log_variance)
    assert torch.equal(one.mean, model.encode(images).mean)


def test_decoding_gives_the_probabilities_of_the_logits(model):
    codes = random_codes(4, 3)
    found, logits = inference.decode(model, codes), inference.decode_logits(model, codes)
    assert torch.equal(logits, model.decode(codes))
    assert np.allclose(found.numpy(), 1 / (1 + np.exp(-logits.double().numpy())), atol=1e-6)


def test_a_reconstruction_is_the_decoded_mean(model, drawn):
    images = data.as_floats(drawn)
    expected = model.decode(model.encode(images).mean).sigmoid()
    assert torch.equal(inference.reconstruct(model, images), expected)
    assert torch.equal(inference.reconstruct(model, images.flatten(1)), expected)


def test_what_comes_out_is_on_the_cpu_and_needs_no_gradient(drawn):
    model = small_model("mlp").requires_grad_(True)
    images = data.as_floats(drawn[:2])
    posterior = inference.encode(model, images)
    results = [
        *posterior,
        inference.decode(model, posterior.mean),
        inference.reconstruct(model, images),
        inference.sample_codes(model, 3, source="posterior"),
        inference.sample(model, 3),
        inference.interpolate(model, *posterior.mean, steps=3),
        inference.traverse(model, posterior.mean[0], 0, torch.linspace(-1, 1, 3)),
    ]
    assert all(result.device.type == "cpu" and not result.requires_grad for result in results)


# --------------------------------------------------------------------------------------- sampling


@pytest.mark.parametrize("source", inference.SOURCES)
def test_the_same_seed_draws_the_same_digits_and_another_seed_others(model, source):
    one, same, other = (inference.sample(model, 4, seed=s, source=source) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("source", inference.SOURCES)
@pytest.mark.parametrize("latent_dim", [1, 2, 3, 15, 16, 20, 32])
def test_the_first_codes_of_a_seed_do_not_depend_on_the_count(source, latent_dim):
    model = fitted_model(latent_dim)
    many = inference.sample_codes(model, 100, seed=7, source=source)
    for count in (0, 1, 2, 5, 16, 17, 64, 99):
        few = inference.sample_codes(model, count, seed=7, source=source)
        assert few.shape == (count, latent_dim)
        assert torch.equal(few, many[:count])


def fitted_model(latent_dim: int = 3):
    """A small model whose mixture is fitted to two heaps of codes."""
    model = small_model("mlp", latent_dim)
    means = random_codes(200, latent_dim) * 0.4
    means[:60] += 3
    labels = torch.zeros(200, dtype=torch.long)
    mixture.fit(model, Gaussian(means, torch.full_like(means, -2.0)), labels)
    return model


def model_of_classes() -> VAE:
    """A small model that draws its codes of class c, 0 to 2, about (10 c, 0, 0)."""
    model = VAE("mlp", 3, 4, mixture_components=6, mixture_classes=3)
    model.mixture_weights.copy_(torch.tensor([0.3, 0.1, 0.0, 0.4, 0.1, 0.1]))
    model.mixture_means[:, 0] = torch.tensor([0.0, 0.0, 10.0, 10.0, 20.0, 20.0])
    return model.eval().requires_grad_(False)


@pytest.mark.parametrize("digit", [0, 1, 2])
def test_codes_of_a_digit_are_of_its_components(digit):
    model = model_of_classes()
    codes = inference.sample_codes(model, 500, seed=1, source="posterior", digit=digit)
    assert (codes - torch.tensor([10.0 * digit, 0, 0])).abs().max() < 5
    shares = mixture.responsibilities(mixture.of(model), codes).view(-1, 3, 2).sum(2)
    assert (shares.argmax(1) == digit).all()


def test_components_of_a_digit_are_drawn_as_often_as_they_weigh():
    model = model_of_classes()
    model.mixture_means[:, 1] = torch.arange(6.0)
    codes = inference.sample_codes(model, 8000, temperature=0, source="posterior", digit=0)
    found = (codes[:, 1] == 0).double().mean().item()
    assert found == pytest.approx(0.75, abs=5 * (0.75 * 0.25 / 8000) ** 0.5)


def test_a_digit_is_drawn_as_repeatably_as_any():
    model = model_of_classes()
    ask = {"seed": 5, "source": "posterior", "digit": 1}
    few, many = (inference.sample_codes(model, count, **ask) for count in (3, 40))
    assert torch.equal(few, many[:3])
    sheet = inference.sample(model, 3, **ask)
    assert torch.equal(sheet, inference.decode(model, few))


@pytest.mark.parametrize(
    ("digit", "source"), [(3, "posterior"), (-1, "posterior"), ("one", "posterior"), (1, "prior")]
)
def test_a_digit_that_cannot_be_had_is_refused(digit, source):
    with pytest.raises(ValueError, match="digit"):
        inference.sample_codes(model_of_classes(), 4, source=source, digit=digit)


def test_a_mixture_without_classes_knows_no_digit():
    with pytest.raises(ValueError, match="digit"):
        inference.sample_codes(fitted_model(), 4, source="posterior", digit=1)


def test_codes_of_the_prior_are_standard_normal():
    codes = inference.sample_codes(small_model("mlp", 4), 20_000, seed=1)
    assert codes.mean(0).abs().max() < 5 / 20_000**0.5
    difference = torch.cov(codes.T) - torch.eye(4)
    assert difference.abs().max() < 5 * (2 / 20_000) ** 0.5
    inside = (codes.abs() < 1).double().mean().item()
    assert inside == pytest.approx(2 * Normal(0.0, 1.0).cdf(torch.tensor(1.0)).item() - 1, abs=0.01)


def test_codes_of_the_posterior_have_the_mixtures_moments():
    model, count = fitted_model(), 40_000
    weights, means = model.mixture_weights.double(), model.mixture_means.double()
    factors = model.mixture_cholesky.double()
    mean = (weights[:, None] * means).sum(0)
    second = torch.einsum("k,kij->ij", weights, factors @ factors.transpose(1, 2))
    second = second + torch.einsum("k,ki,kj->ij", weights, means, means)
    covariance = second - torch.outer(mean, mean)
    codes = inference.sample_codes(model, count, seed=3, source="posterior").double()
    error = covariance.diagonal().sqrt() / count**0.5
    assert ((codes.mean(0) - mean).abs() < 5 * error).all()
    scale = covariance.diagonal().max()
    assert (torch.cov(codes.T) - covariance).abs().max() < 10 * scale / count**0.5


def test_components_are_drawn_as_often_as_they_weigh():
    model = small_model("mlp")
    weights = torch.tensor([0.5, 0.0, 0.1, 0.3, 0.1])
    model.mixture_weights.copy_(weights)
    model.mixture_means.copy_(torch.arange(5.0)[:, None].expand(5, 3))
    codes = inference.sample_codes(model, 20_000, temperature=0, source="posterior")
    found = torch.bincount(codes[:, 0].long(), minlength=5) / 20_000
    assert found[1] == 0
    assert ((found - weights).abs() <= 5 * (weights * (1 - weights) / 20_000).sqrt()).all()


def test_without_heat_there_are_only_means():
    model = fitted_model()
    assert not inference.sample_codes(model, 9, temperature=0).any()
    codes = inference.sample_codes(model, 200, temperature=0, source="posterior")
    means = model.mixture_means
    assert all((code == means).all(1).any() for code in codes)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_temperature_scales_the_distance_from_the_mean(temperature):
    model = fitted_model()
    for source in inference.SOURCES:
        cold, plain, hot = (
            inference.sample_codes(model, 50, temperature=t, source=source)
            for t in (0, 1, temperature)
        )
        assert torch.allclose(hot - cold, temperature * (plain - cold), atol=1e-5)


def test_both_sources_of_one_seed_share_their_noise():
    model = fitted_model()
    noise = inference.sample_codes(model, 20, seed=4)
    codes = inference.sample_codes(model, 20, seed=4, source="posterior")
    centres = inference.sample_codes(model, 20, seed=4, source="posterior", temperature=0)
    for code, centre, epsilon in zip(codes, centres, noise, strict=True):
        component = (model.mixture_means == centre).all(1).nonzero()[0, 0]
        expected = centre + model.mixture_cholesky[component] @ epsilon
        assert torch.allclose(code, expected, atol=1e-5)


def test_an_unknown_source_is_refused(model):
    with pytest.raises(ValueError, match="source must be one of"):
        inference.sample_codes(model, 1, source="nowhere")


def test_a_sample_is_its_decoded_codes(model):
    codes = inference.sample_codes(model, 5, seed=2, temperature=0.7, source="posterior")
    expected = inference.decode(model, codes)
    found = inference.sample(model, 5, seed=2, temperature=0.7, source="posterior")
    assert torch.equal(found, expected)


# ---------------------------------------------------------------------------------- interpolation

PAIRS = {
    "any": (random_codes(1, 6)[0], random_codes(1, 6, seed=1)[0]),
    "zero to any": (torch.zeros(4), random_codes(1, 4)[0]),
    "any to zero": (random_codes(1, 4)[0], torch.zeros(4)),
    "zero to zero": (torch.zeros(3), torch.zeros(3)),
    "opposite": (codes_of(1.0, 2.0, -3.0), codes_of(-1.0, -2.0, 3.0)),
    "opposite, longer": (codes_of(0.0, 1.0), codes_of(0.0, -5.0)),
    "nearly opposite": (codes_of(1.0, 0.0, 0.0), codes_of(-1.0, 1e-7, 0.0)),
    "equal": (codes_of(0.3, 0.4), codes_of(0.3, 0.4)),
    "same direction": (codes_of(1.0, 1.0), codes_of(3.0, 3.0)),
    "one dimension": (codes_of(2.0), codes_of(5.0)),
    "one dimension, opposite": (codes_of(2.0), codes_of(-2.0)),
    "tiny": (codes_of(1e-30, 0.0), codes_of(0.0, 1e-30)),
    "huge": (codes_of(1e30, 0.0), codes_of(0.0, -1e30)),
}


@pytest.mark.parametrize("path", inference.PATHS)
@pytest.mark.parametrize("name", PAIRS)
def test_interpolation_ends_are_exact_and_all_between_is_finite(path, name):
    start, end = PAIRS[name]
    for steps in (2, 3, 8):
        codes = inference.interpolate_codes(start, end, steps, path)
        assert codes.shape == (steps, len(start))
        assert codes.dtype == start.dtype
        assert torch.equal(codes[0], start)
        assert torch.equal(codes[-1], end)
        assert codes.isfinite().all()


@pytest.mark.parametrize("path", inference.PATHS)
@pytest.mark.parametrize("name", PAIRS)
def test_interpolation_has_no_jumps(path, name):
    """No step is longer than an even share of the longest way there is: half a turn, and back."""
    start, end = (code.double() for code in PAIRS[name])
    steps = 200
    codes = inference.interpolate_codes(start, end, steps, path)
    longest = max(start.norm(), end.norm()) * (math.pi + 2) / (steps - 1)
    jumps = (codes[1:] - codes[:-1]).norm(dim=1)
    assert (jumps <= longest * 1.01 + 1e-7 * max(start.norm(), end.norm())).all()


def test_the_linear_path_is_the_formula():
    start, end = PAIRS["any"]
    codes = inference.interpolate_codes(start, end, 5)
    for k in range(5):
        expected = [(1 - k / 4) * a + k / 4 * b for a, b in zip(start, end, strict=True)]
        assert torch.allclose(codes[k], torch.stack(expected))


def test_the_spherical_path_is_shoemakes_formula():
    start, end = PAIRS["any"]
    end = end * start.norm() / end.norm()
    codes = inference.interpolate_codes(start, end, 7, "spherical")
    a, b = start.double().numpy(), end.double().numpy()
    angle = math.acos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    for k in range(7):
        t = k / 6
        expected = (math.sin((1 - t) * angle) * a + math.sin(t * angle) * b) / math.sin(angle)
        assert np.allclose(codes[k].numpy(), expected, atol=1e-5)


finite = st.floats(-4, 4, width=32)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(finite, finite), min_size=2, max_size=6), st.integers(2, 9))
def test_the_spherical_path_changes_length_evenly(pairs, steps):
    start, end = (torch.tensor(values, dtype=torch.float64) for values in zip(*pairs, strict=True))
    if min(start.norm(), end.norm()) < 1e-3:
        return  # a straight line there: there is no direction to keep
    codes = inference.interpolate_codes(start, end, steps, "spherical")
    lengths = torch.linspace(start.norm(), end.norm(), steps, dtype=torch.float64)
    assert torch.allclose(codes.norm(dim=1), lengths, atol=1e-5)


def test_the_spherical_path_of_opposite_codes_keeps_their_length_and_is_always_the_same():
    start, end = PAIRS["opposite"]
    codes = inference.interpolate_codes(start, end, 9, "spherical")
    assert torch.allclose(codes.norm(dim=1), start.norm().expand(9), rtol=1e-5)
    assert abs(codes[4] @ start) < 1e-4  # half-way it is at right angles to both
    assert torch.equal(codes, inference.interpolate_codes(start, end, 9, "spherical"))


def test_the_spherical_path_turns_at_an_even_pace():
    start, end = PAIRS["any"]
    codes = inference.interpolate_codes(start, end, 9, "spherical").double()
    unit = codes / codes.norm(dim=1, keepdim=True)
    angles = (unit[1:] * unit[:-1]).sum(1).clamp(-1, 1).acos()
    assert torch.allclose(angles, angles[:1].expand(8), rtol=1e-3)


def test_a_path_back_is_the_path_there_reversed():
    start, end = PAIRS["any"]
    for path in inference.PATHS:
        there = inference.interpolate_codes(start, end, 6, path)
        back = inference.interpolate_codes(end, start, 6, path)
        assert torch.allclose(there, back.flip(0), atol=1e-5)


@pytest.mark.parametrize(("steps", "path"), [(1, "linear"), (0, "linear"), (-3, "spherical")])
def test_fewer_than_two_steps_are_refused(steps, path):
    with pytest.raises(ValueError, match="steps must be at least 2"):
        inference.interpolate_codes(*PAIRS["any"], steps, path)


def test_an_unknown_path_is_refused():
    with pytest.raises(ValueError, match="path must be one of"):
        inference.interpolate_codes(*PAIRS["any"], 3, "crooked")


@pytest.mark.parametrize("path", inference.PATHS)
def test_an_interpolation_shows_its_ends_own_pictures(model, path):
    start, end = random_codes(2, 3)
    frames = inference.interpolate(model, start, end, 5, path)
    ends = inference.decode(model, torch.stack((start, end)))
    assert torch.allclose(frames[[0, -1]], ends, atol=1e-6)


# -------------------------------------------------------------------------------- maps of a space


def test_a_traversal_changes_one_dimension_only(model):
    code, values = random_codes(1, 3)[0], torch.linspace(-2, 2, 5)
    found = inference.traverse(model, code, 1, values)
    expected = [codes_of(code[0].item(), value.item(), code[2].item()) for value in values]
    assert torch.equal(found, inference.decode(model, torch.stack(expected)))


# --------------------------------------------------------------------------------------- steering


def steerable_model() -> VAE:
    """`model_of_classes` with directions: slant along z1, width along z2, breadth along z3."""
    model = VAE("mlp", 3, 4, mixture_components=6, mixture_classes=3, directions=True)
    model.load_state_dict(model_of_classes().state_dict(), strict=False)
    model.directions.copy_(torch.eye(3) * torch.tensor([1.0, 2.0, 3.0]))
    return model.eval().requires_grad_(False)


@pytest.mark.parametrize("direction", inference.directions_of(steerable_model()))
def test_no_step_is_the_code_itself_and_steps_lie_on_a_line(direction):
    model, code = steerable_model(), torch.tensor([0.5, -1.0, 0.2])
    codes = inference.steer_codes(model, code, direction, torch.tensor([0.0, 1.0, -2.0]))
    assert torch.equal(codes[0], code)
    assert torch.allclose(codes[2] - code, -2 * (codes[1] - code), atol=1e-5)
    frames = inference.steer(model, code, direction, torch.tensor([0.0, 1.0, -2.0]))
    assert torch.allclose(frames, inference.decode(model, codes))


def test_an_attribute_is_changed_along_its_direction():
    model, code = steerable_model(), torch.zeros(3)
    for index, name in enumerate(("slant", "width", "breadth")):
        expected = torch.zeros(3)
        expected[index] = index + 1
        assert torch.allclose(inference.step(model, code, name), expected)


def test_the_directions_of_the_component_that_holds_a_code_count():
    model = steerable_model()
    model.directions[:, 0] = torch.arange(6.0).unsqueeze(1)
    model.mixture_means[:, 1] = torch.tensor([0.0, 50, 0, 50, 0, 50])  # none overlap
    for component, mean in enumerate(model.mixture_means):
        if model.mixture_weights[component]:
            step = inference.step(model, mean, "slant")
            assert torch.allclose(step, torch.full((3,), float(component)), atol=1e-4)


def test_one_step_towards_a_class_leads_from_the_mean_of_its_own_to_that_classs():
    model = steerable_model()
    own, target = torch.tensor([10.0, 0, 0]), torch.tensor([20.0, 0, 0])
    code = own + torch.tensor([0.1, 0.2, -0.3])
    assert torch.allclose(inference.step(model, code, "2"), target - own, atol=1e-3)
    assert torch.allclose(inference.step(model, code, "1"), torch.zeros(3), atol=1e-3)


def test_directions_that_a_model_lacks_are_refused():
    assert inference.directions_of(fitted_model()) == ()
    assert inference.directions_of(model_of_classes()) == ("0", "1", "2")
    for model, direction in (
        (fitted_model(), "slant"),
        (model_of_classes(), "slant"),
        (steerable_model(), "3"),
        (steerable_model(), "sideways"),
    ):
        with pytest.raises(ValueError, match="direction"):
            inference.steer(model, torch.zeros(3), direction, torch.zeros(1))
