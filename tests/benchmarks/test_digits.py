"""The figures of tests/benchmarks/digits.py, each against its definition computed another way."""

import math
import random

import numpy as np
import pytest
import torch

from tests import drawings
from tests.benchmarks import classifier, digits
from tests.benchmarks.classifier import Reading
from tests.synthetic import fitted_model, small_model
from vae import data, directions, framing, inference, storage


def features(count: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    """Correlated features (count, 6), float64."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(6, 6))
    return torch.from_numpy(rng.normal(size=(count, 6)) @ mixing + shift)


def reading(probabilities: list[list[float]]) -> Reading:
    return Reading(torch.zeros(len(probabilities), 1).double(), torch.tensor(probabilities))


def certain(digit: int, confidence: float) -> list[float]:
    """Probabilities that give one digit this confidence, and the others the rest."""
    rest = (1 - confidence) / 9
    return [confidence if each == digit else rest for each in range(10)]


def test_the_frechet_distance_is_its_formula():
    a, b = features(500, seed=1), features(400, seed=2, shift=0.5)
    m, n = a.numpy().mean(0), b.numpy().mean(0)
    covariance_a, covariance_b = np.cov(a.numpy().T), np.cov(b.numpy().T)
    roots = np.sqrt(np.linalg.eigvals(covariance_a @ covariance_b)).real.sum()
    expected = ((m - n) ** 2).sum() + np.trace(covariance_a + covariance_b) - 2 * roots
    assert digits.frechet(a, b) == pytest.approx(expected, rel=1e-6)
    assert digits.frechet(b, a) == pytest.approx(expected, rel=1e-6)


def test_the_frechet_distance_of_features_that_are_never_used_is_their_shift():
    """A unit that is always 0 makes the covariance singular."""
    a = features(500, seed=1)
    a[:, 2] = 0
    assert digits.frechet(a, a) == pytest.approx(0, abs=1e-6)
    assert digits.frechet(a, a + 2) == pytest.approx(6 * 2**2)


def test_recognisable_is_the_confidence_that_19_of_20_real_digits_reach():
    confidences = [0.2 + 0.007 * rank for rank in range(101)]
    random.Random(0).shuffle(confidences)
    real = reading([certain(3, confidence) for confidence in confidences])
    line = sorted(confidences)[5]  # 5 of 101 lie below
    assert digits.threshold(real) == pytest.approx(line)
    samples = reading([certain(8, line + 0.01), certain(8, line - 0.01), certain(1, 0.99)])
    assert digits.recognisable(samples, real) == pytest.approx(2 / 3)


def test_the_entropy_of_classes():
    every = reading([certain(digit, 0.9) for digit in range(10)] * 3)
    assert digits.class_entropy(every) == pytest.approx(math.log(10))
    assert digits.class_entropy(reading([certain(4, 0.9)] * 5)) == 0
    uneven = reading([certain(digit, 0.9) for digit in (1, 1, 1, 7)])
    expected = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert digits.class_entropy(uneven) == pytest.approx(expected)


def test_kept_counts_the_reconstructions_that_are_read_as_what_went_in():
    read = reading([certain(1, 0.3), certain(2, 0.9), certain(3, 0.9), certain(4, 0.9)])
    assert digits.kept(read, torch.tensor([1, 2, 3, 5])) == 0.75


def test_the_drawings_are_sixty_of_each_digit_on_canvases():
    canvases, labels = drawings.canvases()
    assert np.bincount(labels).tolist() == [60] * 10
    for canvas in canvases:
        assert canvas.shape == (280, 280)
        assert canvas.dtype == np.uint8
        inked = np.argwhere(canvas > 127)
        longer = np.ptp(inked, axis=0).max() + 1
        assert 0.35 * 280 <= longer <= 0.9 * 280 + 26 + 1  # the digit, and the brush's width
        edge = np.concatenate((canvas[0], canvas[-1], canvas[:, 0], canvas[:, -1]))
        assert edge.max() == 0  # no ink was cut off


@pytest.fixture
def few_drawings(monkeypatch):
    """Every twentieth of the drawings, since framing all of them takes seconds."""
    chosen = drawings.strokes()[::20]
    monkeypatch.setattr(drawings, "strokes", lambda: chosen)


def test_a_stroke_is_drawn_where_its_points_are():
    """An upright line: as wide as the brush, as long as the digit and a brush."""
    canvas = drawings.on_canvas([[[5, 0], [5, 100]]], random.Random(1))
    rows, columns = np.nonzero(canvas > 127)
    expected = random.Random(1)
    longer, brush = 280 * expected.uniform(0.35, 0.9), expected.choice(drawings.BRUSHES)
    assert np.ptp(columns) + 1 == pytest.approx(brush, abs=1.5)
    assert np.ptp(rows) + 1 == pytest.approx(longer + brush, abs=1.5)


def test_drawings_are_framed_as_the_page_frames_them(few_drawings):
    images, labels = digits.framed_drawings()
    canvases, expected = drawings.canvases()  # the same each time
    assert images.shape == (30, 1, 28, 28)
    assert labels.tolist() == expected == [digit for digit in range(10) for _ in range(3)]
    for index in (0, 17, 29):
        assert torch.equal(images[index], framing.frame(canvases[index]))


def test_as_asked_counts_each_digit_by_itself(monkeypatch):
    """A model that gives a blank image for 3, and a classifier that reads those as 5."""
    model = small_model("mlp")
    model.mixture_classes = 10

    def sampled(model, count, source, digit):
        assert source == "posterior"
        return torch.full((count, 1, 28, 28), digit / 10)

    def read(judge, images):
        shown = (images[:, 0, 0, 0] * 10).round().long()
        confused = torch.where(shown == 3, 5, shown)
        return Reading(torch.zeros(len(images), 1), torch.eye(10)[confused])

    monkeypatch.setattr(digits, "sampled", sampled)
    monkeypatch.setattr(classifier, "read", read)
    assert digits.as_asked(model, None, 4) == [1, 1, 1, 0, 1, 1, 1, 1, 1, 1]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


once = pytest.mark.xdist_group("classifier")  # which is trained once


@once
def test_the_classifier_learns_to_read_and_is_trained_once(tiny_mnist, cache, monkeypatch):
    images, labels = data.load("train", tiny_mnist)
    monkeypatch.setattr(classifier, "EPOCHS", 20)
    judge = classifier.load_or_train(images, labels, cache)
    test_images, test_labels = data.load("test", tiny_mnist)
    read = classifier.read(judge, data.as_floats(test_images))
    assert digits.kept(read, test_labels) > 0.9
    assert torch.allclose(read.probabilities.sum(1), torch.ones(len(test_labels)))

    def again(*_):
        raise AssertionError("trained twice")

    monkeypatch.setattr(classifier, "trained", again)
    cached = classifier.load_or_train(images, labels, cache)
    assert torch.equal(classifier.read(cached, data.as_floats(test_images)).features, read.features)
    with pytest.raises(AssertionError, match="trained twice"):  # other data, another classifier
        classifier.load_or_train(images, labels.roll(1), cache)


@once
def test_the_command_prints_the_figures_of_every_folder(
    tiny_mnist, cache, tmp_path, few_drawings, monkeypatch, capsys
):
    monkeypatch.setattr(classifier, "EPOCHS", 20)
    for name, dataset in (("mine", "mnist"), ("other", "kmnist")):
        storage.save_model(small_model("mlp"), tmp_path / name)
        storage.save_metrics({"settings": {"dataset": dataset}}, tmp_path / name)
    folders = [str(tmp_path / "mine"), str(tmp_path / "other")]
    options = ["--data-dir", str(tiny_mnist), "--samples", "40", "--cache", str(cache)]
    digits.main([*folders, *options])
    printed = capsys.readouterr().out
    assert "40 samples of the prior" in printed
    assert "40 samples of the aggregate posterior" in printed
    assert "of the drawings" in printed
    assert "other: trained on kmnist, which the classifier cannot read." in printed


def test_what_is_visible_costs_its_negative_log_likelihood_and_is_kept():
    model, images = fitted_model("mlp", 3), torch.rand(4, 1, 28, 28)
    visible = digits.hidden_parts()["lower"]
    completions, nats = digits.completed(model, images, visible)
    codes = inference.complete_codes(model, images, visible, 8, torch.Generator().manual_seed(0))
    pixels = torch.distributions.Bernoulli(logits=model.decode(codes.flatten(0, 1)))
    originals = torch.stack([image for image in images for _ in range(8)])
    pixels._validate_args = False
    expected = -pixels.log_prob(originals)[:, :, :14].flatten(1).sum(1).mean()
    assert nats == pytest.approx(expected.item(), rel=1e-4)
    assert torch.equal(completions[:, :, :14], originals[:, :, :14])


def test_steps_are_measured_in_standard_deviations_within_classes():
    model, images = fitted_model("mlp", 3), torch.rand(20, 1, 28, 28)
    labels = torch.arange(20) % 2
    moved, (down, up) = digits.stepped(model, images, labels, "slant")
    codes = inference.encode(model, images).mean
    slants = directions.attributes(torch.cat((moved, inference.decode(model, codes))))[:, 0]
    real = directions.attributes(images)[:, 0].numpy()
    unit = np.sqrt(np.mean([real[::2].var(), real[1::2].var()]))
    before, after, middle = slants.view(3, 20).mean(1).tolist()
    assert (down, up) == pytest.approx(
        ((middle - before) / unit, (after - middle) / unit), rel=1e-3
    )
