"""What is measured, against exact quadrature, plain loops and enumeration; and the command line."""

import json
import math
import shutil

import click
import numpy as np
import pytest
import torch
from torch import nn

from tests.synthetic import small_model
from vae import data, evaluation, storage
from vae.model import VAE, Gaussian


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Toy(nn.Module):
    """A VAE whose likelihood can be integrated: one latent number, six of the pixels informative.

    Its posterior is a constant, wider than the true one and off its middle.
    """

    latent_dim = 1
    device = torch.device("cpu")

    def __init__(self):
        super().__init__()
        random = generator(4)
        slope = torch.zeros(784)
        slope[100:106] = 2 * torch.randn(6, generator=random)
        self.slope, self.bias = slope, torch.full((784,), -6.0)
        self.bias[100:106] = torch.randn(6, generator=random)

    def encode(self, images):
        return Gaussian(torch.full((len(images), 1), 0.3), torch.full((len(images), 1), -0.2))

    def decode(self, codes):
        return (codes * self.slope + self.bias).view(-1, 1, 28, 28)


def by_quadrature(model, image: torch.Tensor) -> float:
    """log of the integral over z of N(z; 0, 1) p(x|z), on a fine grid, in NumPy."""
    z = np.linspace(-9, 9, 4001)
    with torch.no_grad():
        logits = model.decode(torch.from_numpy(z).float().unsqueeze(1)).flatten(1).double().numpy()
    x = image.flatten().numpy()
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(1)
    log_joint = log_likelihood - 0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    top = log_joint.max()
    return top + math.log(np.exp(log_joint - top).sum() * (z[1] - z[0]))


def toy_images(count: int = 6) -> torch.Tensor:
    images = torch.zeros(count, 784)
    images[:, 100:106] = torch.bernoulli(torch.full((count, 6), 0.5), generator=generator(1))
    return images.view(-1, 1, 28, 28)


def test_the_likelihood_is_the_integral_over_codes():
    model, images = Toy(), toy_images()
    exact = torch.tensor([by_quadrature(model, image) for image in images])
    estimates = torch.stack(
        [evaluation.log_likelihood(model, images, 400, generator(seed)) for seed in range(20)]
    )
    error = estimates.std(0) / math.sqrt(len(estimates))
    # The estimate is low by about half its variance, on average.
    bias = estimates.var(0) / 2
    assert ((estimates.mean(0) - exact).abs() < 5 * error + bias).all()
    assert (error < 0.05).all()  # or the comparison would say little


def test_the_likelihood_of_a_real_vae_with_one_latent_dimension():
    model = small_model("mlp", latent_dim=1)
    images = torch.bernoulli(torch.full((3, 1, 28, 28), 0.5), generator=generator())
    exact = torch.tensor([by_quadrature(model, image) for image in images])
    estimates = torch.stack(
        [evaluation.log_likelihood(model, images, 300, generator(seed)) for seed in range(10)]
    )
    slack = 5 * estimates.std(0) / math.sqrt(10) + estimates.var(0) / 2 + 1e-3
    assert ((estimates.mean(0) - exact).abs() < slack).all()


def test_more_samples_come_closer_and_from_below():
    model, images = Toy(), toy_images()
    exact = torch.tensor([by_quadrature(model, image) for image in images])
    gaps = []
    for samples in (1, 10, 100):
        estimates = [
            evaluation.log_likelihood(model, images, samples, generator(seed)) for seed in range(30)
        ]
        gaps.append((exact - torch.stack(estimates).mean(0)).mean().item())
    assert gaps[0] > gaps[1] > gaps[2] > -0.05


def test_the_chunk_size_does_not_matter(monkeypatch):
    """Noise is drawn code by code, so the same seed draws the same codes in chunks of any size."""
    model, images = Toy(), toy_images()
    found = []
    for chunk in (2000, 64, 16):
        monkeypatch.setattr(evaluation, "IMPORTANCE_CHUNK", chunk)
        found.append(evaluation.log_likelihood(model, images, 192, generator()))
    assert found[0].dtype == torch.float64
    assert torch.allclose(found[0], found[1], atol=1e-5)
    assert torch.allclose(found[0], found[2], atol=1e-5)


def test_a_last_chunk_that_is_not_full_counts_what_it_holds(monkeypatch):
    model, images = Toy(), toy_images()
    monkeypatch.setattr(evaluation, "IMPORTANCE_CHUNK", 150)
    exact = torch.tensor([by_quadrature(model, image) for image in images])
    found = evaluation.log_likelihood(model, images, 1501, generator())
    assert ((found - exact).abs() < 0.25).all()


def test_the_elbo_is_below_the_likelihood():
    model, images = Toy(), toy_images()
    repeated = (images * 255).byte().repeat(200, 1, 1, 1)
    elbo = -evaluation.elbo_terms(model, repeated).total.view(200, -1).mean(0)
    exact = torch.tensor([by_quadrature(model, image) for image in images])
    assert (elbo < exact).all()


def test_both_terms_are_those_of_a_loop_over_the_images(model, drawn, monkeypatch):
    monkeypatch.setattr(evaluation, "BATCH", 16)
    found = evaluation.elbo_terms(model, drawn, seed=5)
    random = generator(5)
    for batch in range(0, 40, 16):
        images = drawn[batch : batch + 16].float() / 255
        posterior = model.encode(images)
        codes = posterior.sample(random)
        for i in range(len(images)):
            p = model.decode(codes[i : i + 1]).double().sigmoid()[0]
            x = images[i].double()
            cost = -(torch.xlogy(x, p) + torch.xlogy(1 - x, 1 - p)).sum()
            kl = sum(
                0.5 * (lv.exp() + m**2 - lv - 1)
                for m, lv in zip(posterior.mean[i], posterior.log_variance[i], strict=True)
            )
            assert torch.isclose(found.reconstruction[batch + i].double(), cost, rtol=1e-5)
            assert torch.isclose(found.kl[batch + i], kl, rtol=1e-4, atol=1e-5)


def test_at_the_mean_nothing_is_drawn(model, drawn):
    one, other = (evaluation.elbo_terms(model, drawn, seed, at_mean=True) for seed in (0, 1))
    assert torch.equal(one.total, other.total)
    images = data.as_floats(drawn)
    expected = nn.functional.binary_cross_entropy_with_logits(
        model.decode(model.encode(images).mean), images, reduction="none"
    )
    assert torch.allclose(one.reconstruction, expected.sum((1, 2, 3)), rtol=1e-5)


def test_the_same_seed_draws_the_same_codes_and_another_seed_others(model, drawn):
    one, same, other = (evaluation.elbo_terms(model, drawn, seed) for seed in (1, 1, 2))
    assert torch.equal(one.total, same.total)
    assert not torch.equal(one.total, other.total)


def test_posteriors_are_the_encoders(model, drawn, monkeypatch):
    monkeypatch.setattr(evaluation, "BATCH", 16)
    found, expected = evaluation.posteriors(model, drawn), model.encode(data.as_floats(drawn))
    assert torch.allclose(found.mean, expected.mean, atol=1e-6)
    assert torch.allclose(found.log_variance, expected.log_variance, atol=1e-6)


def test_the_density_of_codes_is_the_standard_normals():
    codes = torch.randn(5, 3, generator=generator())
    prior = torch.distributions.MultivariateNormal(torch.zeros(3), torch.eye(3))
    found = evaluation.standard_normal_log_density(codes)
    assert torch.allclose(found, prior.log_prob(codes), atol=1e-6)


def test_binarised_images_are_draws_of_their_grey_levels():
    levels = torch.tensor([0, 64, 255], dtype=torch.uint8)
    images = levels.view(3, 1, 1, 1).expand(3, 1, 28, 28).repeat(30, 1, 1, 1)
    binary = evaluation.binarise(images)
    assert set(binary.unique().tolist()) == {0.0, 1.0}
    share = binary.view(30, 3, -1).mean((0, 2))
    error = math.sqrt(0.25 * 0.75 / (30 * 784))
    assert share[0] == 0
    assert share[2] == 1
    assert abs(share[1] - 64 / 255) < 5 * error
    assert torch.equal(binary, evaluation.binarise(images))
    assert not torch.equal(binary, evaluation.binarise(images, seed=1))


def test_the_summary_says_what_the_terms_say(model, drawn):
    summary = evaluation.summary(model, drawn)
    terms = evaluation.elbo_terms(model, drawn)
    assert summary["images"] == 40
    assert summary["negative_elbo"] == pytest.approx(terms.total.mean().item())
    assert summary["negative_elbo"] == pytest.approx(summary["reconstruction"] + summary["kl"])
    assert sum(summary["kl_per_dimension"]) == pytest.approx(summary["kl"], rel=1e-5)
    kl = summary["kl_per_dimension"]
    assert summary["active_dimensions"] == sum(value > evaluation.ACTIVE_KL for value in kl)
    assert len(kl) == model.latent_dim
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_the_bound_of_binarised_images_is_that_of_images_without_grey(model, drawn):
    binary = ((drawn > 127) * 255).byte()
    summary = evaluation.summary(model, binary)
    assert summary["negative_elbo_binarised"] == pytest.approx(summary["negative_elbo"])
    grey = drawn.clamp(60, 200)
    binarised = evaluation.elbo_terms(model, (evaluation.binarise(grey) * 255).byte()).total.mean()
    found = evaluation.summary(model, grey)
    assert found["negative_elbo_binarised"] == pytest.approx(binarised.item())


def test_quantiles_ascend_from_the_least_to_the_most(model, drawn):
    quantiles = evaluation.summary(model, drawn)["quantiles"]
    for name, at_mean in (("negative_elbo", False), ("negative_elbo_at_mean", True)):
        values = quantiles[name]
        total = evaluation.elbo_terms(model, drawn, at_mean=at_mean).total.numpy()
        assert values == sorted(values)
        assert np.allclose(values, np.quantile(total, np.linspace(0, 1, 101)), rtol=1e-5)


def test_a_dimension_that_ignores_the_image_is_not_active(drawn):
    model = small_model("mlp")
    for head in (model.encoder.mean, model.encoder.log_variance):
        head.weight[1] = 0
        head.bias[1] = 0
    model.encoder.mean.weight[0] = 5
    summary = evaluation.summary(model, drawn)
    assert summary["kl_per_dimension"][1] == 0
    assert summary["active_dimensions"] <= 2


def test_the_likelihoods_standard_error_is_that_of_a_mean_over_images(drawn):
    model = small_model("mlp", latent_dim=1)
    summary = evaluation.likelihood_summary(model, drawn[:12], samples=50)
    values = -evaluation.log_likelihood(model, evaluation.binarise(drawn[:12]), 50, generator())
    assert summary["negative_log_likelihood"] == pytest.approx(values.mean().item())
    assert summary["negative_log_likelihood_standard_error"] == pytest.approx(
        np.std(values.numpy(), ddof=1) / math.sqrt(12)
    )
    assert summary["importance_samples"] == 50


# ------------------------------------------------------------------------------ the command line


@pytest.fixture
def weights(tmp_path):
    folder = tmp_path / "weights" / "small"
    storage.save_model(small_model("mlp"), folder)
    return folder


def call(*arguments) -> None:
    evaluation.main.main([str(argument) for argument in arguments], standalone_mode=False)


def test_the_command_adds_its_figures_and_keeps_the_others(weights, tiny_mnist, capsys):
    before = {
        "settings": {"dataset": "mnist"},
        "epochs": [{"epoch": 1}],
        "test": {"frechet": 3.0, "kl": -1.0},
    }
    storage.save_metrics(before, weights)
    call(weights, "--data-dir", tiny_mnist, "--importance-samples", 20)
    metrics = storage.load_metrics(weights)
    assert metrics["epochs"] == before["epochs"]
    assert metrics["test"]["frechet"] == 3.0
    images, _ = data.load("test", tiny_mnist)
    model = VAE.from_pretrained(weights)
    expected = evaluation.summary(model, images)
    assert {name: metrics["test"][name] for name in expected} == expected
    nll = metrics["test"]["negative_log_likelihood"]
    assert nll == evaluation.likelihood_summary(model, images, 20)["negative_log_likelihood"]
    printed = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert float(printed["negative_elbo"]) == pytest.approx(expected["negative_elbo"], abs=1e-3)
    assert float(printed["negative_log_likelihood"]) == pytest.approx(nll, abs=1e-3)


def test_the_command_needs_no_earlier_metrics(weights, tiny_mnist):
    call(weights, "--data-dir", tiny_mnist)
    assert storage.load_metrics(weights).keys() == {"test"}


@pytest.mark.parametrize("text", ["[]", "{", '{"test": 3}', '{"test": {"kl": 1}, "epochs": []}'])
def test_the_command_survives_any_metrics(weights, tiny_mnist, text):
    (weights / "metrics.json").write_text(text)
    call(weights, "--data-dir", tiny_mnist)
    assert storage.load_metrics(weights)["test"]["images"] == 60


def refused(*arguments) -> tuple[int, str]:
    """Exit code and sentence with which the command stops."""
    with pytest.raises(click.ClickException) as caught:
        call(*arguments)
    return caught.value.exit_code, caught.value.format_message()


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["--importance-samples", "-1"], "-1"),
        (["--importance-samples", "many"], "many"),
        (["--importance-samples", "1.5"], "1.5"),
        (["--device", "abacus"], "abacus"),
        (["--surprise"], "--surprise"),
    ],
)
def test_bad_flags_are_refused_in_one_sentence(weights, capsys, flags, word):
    code, message = refused(weights, *flags)
    assert code == 2
    assert word in message


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has that device")
def test_a_device_that_is_not_there_is_refused(weights, capsys):
    code, message = refused(weights, "--device", "cuda")
    assert code == 1
    assert "--device cuda" in message


def test_a_folder_that_is_none_is_refused(tmp_path, capsys):
    code, message = refused(tmp_path / "none")
    assert code == 2
    assert str(tmp_path / "none") in message


def test_unusable_weights_are_refused_in_one_sentence(weights, tiny_mnist, capsys):
    (weights / "model.safetensors").write_bytes(b"nonsense")
    code, message = refused(weights, "--data-dir", tiny_mnist)
    assert code == 1
    assert str(weights / "model.safetensors") in message
    assert "\n" not in message


def test_missing_data_is_refused_in_one_sentence(weights, tmp_path, capsys):
    code, message = refused(weights, "--data-dir", tmp_path / "nothing")
    assert code == 1
    assert str(tmp_path / "nothing") in message
    assert "\n" not in message


@pytest.mark.parametrize("dataset", ["imagenet", 3, [], None])
def test_an_unknown_data_set_is_refused_in_one_sentence(weights, tiny_mnist, capsys, dataset):
    storage.save_metrics({"settings": {"dataset": dataset}}, weights)
    code, message = refused(weights, "--data-dir", tiny_mnist)
    assert code == 1
    assert "unknown data set" in message


def test_figures_that_cannot_be_written_leave_the_old_ones(
    weights, tiny_mnist, capsys, monkeypatch
):
    storage.save_metrics({"test": {"kl": 1.0}}, weights)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    code, message = refused(weights, "--data-dir", tiny_mnist)
    assert code == 1
    assert "No space left on device" in message
    assert storage.load_metrics(weights) == {"test": {"kl": 1.0}}


def test_figures_that_are_no_numbers_are_not_written(weights, tiny_mnist, capsys):
    shutil.rmtree(weights)
    model = small_model("mlp")
    model.decoder.logits[2].weight.fill_(3e38)  # finite, and overflows when it is used
    storage.save_model(model, weights)
    code, message = refused(weights, "--data-dir", tiny_mnist)
    assert code == 1
    assert "\n" not in message
    assert not (weights / "metrics.json").exists()


def test_the_codes_of_a_map_are_the_posterior_means_of_its_first_images(drawn):
    model, labels = small_model("mlp", 2), torch.arange(40) % 10
    found = evaluation.code_sample(model, drawn, labels, count=30)
    assert found["labels"] == "0123456789" * 3
    codes = torch.tensor([found["x"], found["y"]]).T
    alone = [model.encode(image.unsqueeze(0) / 255).mean for image in drawn[:30]]
    assert torch.allclose(codes, torch.cat(alone), atol=0.0051)
    assert not torch.allclose(codes, codes[0], atol=0.1)
    assert all(value == round(value, 2) for axis in "xy" for value in found[axis])
