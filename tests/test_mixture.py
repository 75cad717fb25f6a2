"""The mixture that models the aggregate posterior, against moments, known clusters and a loop."""

import itertools
import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from vae import inference, mixture
from vae.model import VAE, Gaussian


def new_model(components: int, latent_dim: int = 2, classes: int = 0) -> VAE:
    return VAE(
        "mlp", latent_dim, hidden_dim=2, mixture_components=components, mixture_classes=classes
    )


def fit(model: VAE, posteriors: Gaussian, seed: int = 0) -> None:
    """`mixture.fit` of images that are all of one class."""
    mixture.fit(model, posteriors, torch.zeros(len(posteriors.mean), dtype=torch.long), seed)


def some_posteriors(count: int = 200, latent_dim: int = 2, seed: int = 0) -> Gaussian:
    """Correlated means, far from centred, and variances that differ from dimension to dimension."""
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(latent_dim, latent_dim, generator=generator)
    means = torch.randn(count, latent_dim, generator=generator) @ mix + 1
    return Gaussian(means, torch.randn(count, latent_dim, generator=generator) - 2)


def fitted(model: VAE) -> mixture.Mixture:
    return mixture.Mixture(model.mixture_weights, model.mixture_means, model.mixture_cholesky)


def covariances(found: mixture.Mixture) -> torch.Tensor:
    """(K, D, D)"""
    return found.scale_tril @ found.scale_tril.mT


def moments(posteriors: Gaussian) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and covariance of the average of the posteriors: the law of total covariance."""
    means = posteriors.mean.double()
    spread = torch.cov(means.T, correction=0).reshape(means.shape[1], -1)
    return means.mean(0), spread + posteriors.log_variance.double().exp().mean(0).diag()


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_one_component_has_the_moments_of_the_aggregate_posterior(latent_dim):
    model, posteriors = new_model(1, latent_dim), some_posteriors(latent_dim=latent_dim)
    fit(model, posteriors)
    mean, covariance = moments(posteriors)
    found = fitted(model)
    assert torch.allclose(found.weights, torch.ones(1))
    assert torch.allclose(found.means[0].double(), mean, atol=1e-4)
    floor = mixture.SMALLEST_VARIANCE * covariance.diagonal().diag()
    assert torch.allclose(covariances(found)[0].double(), covariance + floor, atol=1e-4)


def test_any_mixture_keeps_the_mean_of_the_aggregate_posterior():
    """A property of every step of expectation-maximisation."""
    model, posteriors = new_model(4), some_posteriors()
    fit(model, posteriors)
    found = fitted(model)
    mean = (found.weights.unsqueeze(1) * found.means).sum(0)
    assert found.weights.sum().item() == pytest.approx(1, abs=1e-5)
    assert torch.allclose(mean.double(), moments(posteriors)[0], atol=1e-3)


def test_clusters_far_apart_are_found():
    generator = torch.Generator().manual_seed(1)
    centres = torch.tensor([[-6.0, 0.0], [6.0, 0.0], [0.0, 7.0]])
    shares = [0.5, 0.3, 0.2]
    counts = [int(share * 1000) for share in shares]
    means = torch.cat(
        [
            c + 0.5 * torch.randn(n, 2, generator=generator)
            for c, n in zip(centres, counts, strict=True)
        ]
    )
    posteriors = Gaussian(means, torch.full_like(means, -4.0))
    # With a few components to spare, every cluster gets its own whatever the seed.
    model = new_model(8)
    fit(model, posteriors)
    found = fitted(model)
    nearest = torch.cdist(found.means, centres)
    held = nearest.argmin(1)
    for cluster, share in enumerate(shares):
        mine = held == cluster
        assert found.weights[mine].sum().item() == pytest.approx(share, abs=0.02)
        middle = (found.weights[mine, None] * found.means[mine]).sum(0) / found.weights[mine].sum()
        assert (middle - centres[cluster]).norm() < 0.2
    assert (nearest.min(1).values[found.weights > 0.01] < 2).all()


def bound(current: mixture.Mixture, means: torch.Tensor, variances: torch.Tensor) -> float:
    """What expectation-maximisation climbs: sum_n log sum_k w_k exp E_q_n[log N(z; k)]."""
    scores = []
    for weight, centre, factor in zip(*current, strict=True):
        density = MultivariateNormal(centre, scale_tril=factor)
        precision = torch.linalg.inv(factor @ factor.T)
        expected = density.log_prob(means) - 0.5 * (precision.diagonal() * variances).sum(1)
        scores.append(weight.log() + expected)
    return torch.stack(scores, 1).logsumexp(1).sum().item()


def test_no_step_lowers_the_likelihood(monkeypatch):
    monkeypatch.setattr(mixture, "SMALLEST_VARIANCE", 0.0)
    posteriors = some_posteriors(150, 3)
    means, variances = posteriors.mean.double(), posteriors.log_variance.double().exp()
    generator = torch.Generator().manual_seed(2)
    current = mixture.Mixture(
        *(v.double() for v in mixture.initial(means, variances, 4, generator))
    )
    values = [bound(current, means, variances)]
    for _ in range(15):
        current = mixture.iterate(current, means, variances)
        values.append(bound(current, means, variances))
    assert all(after >= before - 1e-8 for before, after in itertools.pairwise(values))
    assert values[-1] > values[0] + 1


def test_a_component_answers_for_the_codes_near_it():
    """Against the expected log density, found by Monte Carlo."""
    current = mixture.Mixture(
        torch.tensor([0.3, 0.7]),
        torch.tensor([[0.0, 0.0], [1.0, -1.0]]),
        torch.tensor([[[1.0, 0.0], [0.6, 0.4]], [[0.8, 0.0], [-0.3, 1.2]]]),
    )
    means = torch.tensor([[0.5, -0.2], [2.0, 1.0], [-1.0, 0.0]])
    variances = torch.tensor([[1.5, 0.1], [0.2, 0.2], [0.05, 0.8]])
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(100_000, 1, 2, generator=generator)
    codes = means + variances.sqrt() * noise
    scores = [
        w.log() + MultivariateNormal(c, scale_tril=s).log_prob(codes).mean(0)
        for w, c, s in zip(*current, strict=True)
    ]
    expected = torch.stack(scores, 1).softmax(1)
    found = mixture.responsibilities(current, means, variances)
    assert torch.allclose(found.sum(1), torch.ones(3))
    assert torch.allclose(found, expected, atol=0.01)


def test_fitting_brings_the_mixture_closer_than_the_prior():
    posteriors = some_posteriors(seed=3)
    model = new_model(6)
    fit(model, posteriors)
    prior = mixture.Mixture(torch.ones(1), torch.zeros(1, 2), torch.eye(2).unsqueeze(0))
    terms = posteriors.mean, posteriors.log_variance.exp()
    assert bound(fitted(model), *terms) > bound(prior, *terms)


def test_until_it_is_fitted_the_mixture_is_the_prior():
    model = new_model(5, latent_dim=3)
    found = fitted(model)
    for mean, covariance in zip(found.means, covariances(found), strict=True):
        assert kl_divergence(
            MultivariateNormal(mean, covariance), MultivariateNormal(torch.zeros(3), torch.eye(3))
        ) == pytest.approx(0, abs=1e-6)
    assert found.weights.sum().item() == pytest.approx(1)
    prior, posterior = (
        inference.sample_codes(model, 6, seed=1, source=source) for source in inference.SOURCES
    )
    assert torch.equal(prior, posterior)


@pytest.mark.parametrize("images", [1, 2, 5])
def test_more_components_than_images_are_no_trouble(images):
    model, posteriors = new_model(16, 3), some_posteriors(images, 3)
    fit(model, posteriors)
    assert all(value.isfinite().all() for value in fitted(model))
    codes = inference.sample_codes(model, 500, source="posterior")
    distance = torch.cdist(codes, posteriors.mean).min(1).values
    assert distance.max() < 10 * posteriors.log_variance.exp().max().sqrt() + 1


def test_images_with_one_and_the_same_posterior_are_no_trouble():
    posterior = Gaussian(torch.full((50, 2), 3.0), torch.full((50, 2), -14.0))
    model = new_model(4)
    fit(model, posterior)
    codes = inference.sample_codes(model, 400, source="posterior")
    assert codes.isfinite().all()
    assert (codes - 3).abs().max() < 0.1


def test_far_and_narrow_posteriors_are_no_trouble():
    """Means of large size and next to no variance: where float32 loses a difference of squares."""
    generator = torch.Generator().manual_seed(0)
    means = 30 + torch.randn(300, 8, generator=generator)
    model = new_model(8, 8)
    fit(model, Gaussian(means, torch.full_like(means, -14.0)))
    assert all(value.isfinite().all() for value in fitted(model))


def test_the_same_seed_fits_the_same_mixture():
    posteriors, found = some_posteriors(), []
    for seed in (1, 1, 2):
        model = new_model(4)
        fit(model, posteriors, seed)
        found.append(model.mixture_means.clone())
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_the_mixture_travels_with_the_weights(tmp_path):
    model = new_model(4)
    fit(model, some_posteriors())
    model.save_pretrained(tmp_path)
    loaded = VAE.from_pretrained(tmp_path)
    for one, other in zip(fitted(model), fitted(loaded), strict=True):
        assert torch.equal(one, other)


def test_wide_posteriors_widen_their_component():
    """Each posterior counts as a distribution, not as a point."""
    means = torch.zeros(100, 1)
    model = new_model(1, 1)
    fit(model, Gaussian(means, torch.full((100, 1), 0.0)))
    component = Normal(model.mixture_means[0], model.mixture_cholesky[0, 0])
    assert component.scale.item() == pytest.approx(1, abs=1e-3)


def classes_apart(counts: list[int], latent_dim: int = 3) -> tuple[Gaussian, torch.Tensor]:
    """Posteriors of images of several classes, `counts` of each, and their labels, shuffled.

    Class c is centred at (4 c, 0, ...), each class with a spread of its own.
    """
    generator = torch.Generator().manual_seed(4)
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=generator)]
    means = torch.randn(len(labels), latent_dim, generator=generator)
    means *= (1 + labels.unsqueeze(1)) / len(counts)
    means[:, 0] += 4 * labels
    return Gaussian(means, torch.full_like(means, -3.0)), labels


def test_the_components_of_a_class_have_the_moments_of_its_posteriors():
    posteriors, labels = classes_apart([100, 200, 300])
    model = new_model(3, 3, classes=3)
    mixture.fit(model, posteriors, labels)
    for label in range(3):
        mine = Gaussian(*(value[labels == label] for value in posteriors))
        mean, covariance = moments(mine)
        found = fitted(model)
        assert found.weights[label].item() == pytest.approx((1 + label) / 6, abs=1e-5)
        assert torch.allclose(found.means[label].double(), mean, atol=1e-4)
        assert torch.allclose(covariances(found)[label].double(), covariance, rtol=1e-2, atol=1e-3)


def test_components_stand_class_by_class():
    """Number k is of class k // (K // C): the weights of a class sum to its share of the images."""
    posteriors, labels = classes_apart([60, 90, 150])
    model = new_model(12, 3, classes=3)
    mixture.fit(model, posteriors, labels)
    weights, means = model.mixture_weights.view(3, 4), model.mixture_means.view(3, 4, 3)
    assert torch.allclose(weights.sum(1), torch.tensor([0.2, 0.3, 0.5]), atol=1e-5)
    centres = (weights.unsqueeze(2) * means).sum(1) / weights.sum(1, keepdim=True)
    for label, centre in enumerate(centres):
        expected = posteriors.mean[labels == label].mean(0)
        assert torch.allclose(centre, expected, atol=1e-3)


@pytest.mark.parametrize("counts", [[50, 0, 50], [0, 0, 1], [1, 2, 100]])
def test_a_class_of_few_images_or_of_none_is_no_trouble(counts):
    posteriors, labels = classes_apart(counts)
    model = new_model(6, 3, classes=3)
    mixture.fit(model, posteriors, labels)
    shares = model.mixture_weights.view(3, 2).sum(1)
    assert torch.allclose(shares, torch.tensor(counts) / sum(counts), atol=1e-5)
    for label, count in enumerate(counts):
        codes = inference.sample_codes(model, 200, source="posterior", digit=label)
        assert codes.isfinite().all()
        if count:
            expected = posteriors.mean[labels == label]
            assert torch.cdist(codes, expected).min(1).values.max() < 4


@pytest.mark.parametrize("size", [1e-20, 1e10, 1e30])
def test_the_codes_of_a_diverged_model_are_no_trouble(size):
    """Finite codes of any size, one of which outgrows all others."""
    posteriors, labels = classes_apart([40, 60], 8)
    means = posteriors.mean * size
    means[0] *= 1e6
    model = new_model(6, 8, classes=2)
    mixture.fit(model, Gaussian(means, posteriors.log_variance), labels)
    assert all(value.isfinite().all() for value in model.state_dict().values())
    assert model.mixture_weights.sum().item() == pytest.approx(1, abs=1e-5)


def test_the_mixture_is_no_wider_for_being_fitted_to_codes_of_another_scale():
    """Codes a thousand times as large have a mixture that is a thousand times as large."""
    posteriors, labels = classes_apart([100, 100])
    small, large = new_model(4, 3, classes=2), new_model(4, 3, classes=2)
    mixture.fit(small, posteriors, labels)
    mixture.fit(
        large,
        Gaussian(posteriors.mean * 1000, posteriors.log_variance + 2 * math.log(1000)),
        labels,
    )
    assert torch.allclose(small.mixture_means * 1000, large.mixture_means, rtol=1e-3, atol=1e-2)
    assert torch.allclose(
        small.mixture_cholesky * 1000, large.mixture_cholesky, rtol=1e-3, atol=1e-2
    )


def test_labels_that_the_mixture_does_not_know_are_refused():
    posteriors, labels = classes_apart([10, 10, 10])
    with pytest.raises(ValueError, match="labels"):
        mixture.fit(new_model(4, 3, classes=2), posteriors, labels)


def test_responsibilities_are_the_posterior_over_components():
    """Against Bayes' rule on torch.distributions."""
    posteriors, labels = classes_apart([60, 90, 150])
    model = new_model(6, 3, classes=3)
    mixture.fit(model, posteriors, labels)
    codes = posteriors.mean[:20].double()
    joint = torch.stack(
        [
            weight.log() + MultivariateNormal(mean, scale_tril=factor).log_prob(codes)
            for weight, mean, factor in zip(
                model.mixture_weights.double(),
                model.mixture_means.double(),
                model.mixture_cholesky.double(),
                strict=True,
            )
        ],
        1,
    )
    shares = mixture.responsibilities(mixture.of(model), codes)
    assert torch.allclose(shares, joint.softmax(1), atol=1e-9)
