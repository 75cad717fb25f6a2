"""The steps that How it works shows: right, and adding up as they are shown."""

import json
import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
import torch
from PIL import Image
from torch.distributions import Normal, kl_divergence

from tests.pictures_of import drawing, packed, pixels
from tests.serving.in_process import small_service
from tests.serving.learned import learned_models
from tests.synthetic import small_model
from vae import framing, inference, render
from vae.ui.part import answering
from vae.ui.server import pictures
from vae.ui.server.bounds import LARGEST_SEED
from vae.ui.server.models import load
from vae.ui.server.service import Service
from vae.ui.tabs.how import How, wire
from vae.ui.tabs.how.steps import steps

INK = packed(drawing())


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    return framing.frame(pictures.pad_ink(INK))


@pytest.fixture(scope="module")
def ask():
    how = How(small_service())
    return answering(how.steps)


def test_samples_of_the_prior_are_the_same_codes_with_and_without_the_kl_term(tmp_path):
    models, _ = load(learned_models(tmp_path))
    how = How(Service(models))
    sheets = answering(how.samples)({})["sheets"]
    codes = inference.sample_codes(models.named("map").vae, 16)
    for kind, name in (("with", "map"), ("without", "autoencoder")):
        digits = inference.decode(models.named(name).vae, codes)
        expected = np.asarray(render.sheet(digits, columns=4)).astype(int)
        assert abs(pixels(sheets[kind]) - expected).max() <= 1  # codes are sent with four decimals


def test_without_two_such_models_there_are_no_samples():
    assert answering(How(small_service()).samples)({}) == {"sheets": None}


def number(text: str) -> Decimal:
    return Decimal(text.replace("\N{MINUS SIGN}", "-"))


def like(value: Decimal, shown: str) -> Decimal:
    """`value` with as many decimals as what is shown."""
    return value.quantize(number(shown), ROUND_HALF_UP)


@pytest.mark.parametrize("seed", [None, 0, 1, 2, LARGEST_SEED])
@pytest.mark.parametrize("latent_dim", [1, 2, 3, 12])
def test_what_is_shown_adds_up_as_it_is_shown(image, latent_dim, seed):
    shown = wire(steps(small_model("mlp", latent_dim), image, seed))
    for row in shown["dimensions"]:
        mean, deviation, noise = (number(row[key]) for key in ("mean", "deviation", "noise"))
        assert number(row["code"]) == like(mean + deviation * noise, row["code"])
        assert number(row["mean_squared"]) == like(mean**2, row["mean_squared"])
        assert number(row["variance"]) == like(deviation**2, row["variance"])
        assert number(row["log_variance"]) == like((deviation**2).ln(), row["log_variance"])
        terms = number(row["variance"]) + number(row["mean_squared"]) - number(row["log_variance"])
        assert number(row["kl"]) == like((terms - 1) / 2, row["kl"])
    named = [number(row["kl"]) for row in shown["dimensions"][: shown["named"]]]
    assert sum(named) + number(shown["otherKl"]) == number(shown["kl"])
    assert number(shown["reconstruction"]) + number(shown["kl"]) == number(shown["total"])


def test_the_steps_are_those_of_the_model(model, image):
    shown = steps(model, image, seed=4)
    posterior = inference.encode(model, image[None])
    order = [dimension.number - 1 for dimension in shown.dimensions]
    assert sorted(order) == list(range(model.latent_dim))
    mean, deviation = (value[0, order] for value in (posterior.mean, posterior.standard_deviation))
    assert [float(d.mean) for d in shown.dimensions] == pytest.approx(mean.tolist(), abs=6e-4)
    assert [float(d.deviation) for d in shown.dimensions] == pytest.approx(
        deviation.tolist(), abs=6e-4
    )
    kl = kl_divergence(Normal(mean, deviation), Normal(0.0, 1.0))
    assert float(shown.kl) == pytest.approx(float(kl.sum()), abs=0.02)
    assert [float(d.kl) for d in shown.dimensions] == pytest.approx(kl.tolist(), abs=0.01)
    assert [d.kl for d in shown.dimensions] == sorted(
        (d.kl for d in shown.dimensions), reverse=True
    )


def test_the_decoded_digit_and_its_cost_are_those_of_the_code_that_is_shown(model, image):
    shown = steps(model, image, seed=5)
    code = torch.zeros(1, model.latent_dim)
    for dimension in shown.dimensions:
        code[0, dimension.number - 1] = float(dimension.code)
    p = inference.decode(model, code)[0]
    assert torch.equal(shown.decoded, p)
    x, p = image.double(), p.double()
    cost = -(torch.xlogy(x, p) + torch.xlogy(1 - x, 1 - p))
    assert float(shown.reconstruction) == pytest.approx(float(cost.sum()), abs=0.01)
    assert shown.pixels.x == pytest.approx(x.flatten().tolist(), abs=6e-4)
    assert shown.pixels.p == pytest.approx(p.flatten().tolist(), rel=6e-3)
    assert shown.pixels.nats == pytest.approx(cost.flatten().tolist(), abs=0.02)
    assert torch.allclose(shown.misfit.double(), cost / cost.max(), atol=1e-4)


def test_a_pixels_cost_follows_from_what_is_shown_of_it(model, image):
    x, p, not_p, nats = steps(model, image, seed=6).pixels
    for each in zip(x, p, not_p, nats, strict=True):
        expected = -each[0] * math.log(each[1]) - (1 - each[0]) * math.log(each[2])
        assert each[3] == pytest.approx(expected, abs=0.00501)


def test_a_seed_is_one_noise_and_none_is_the_middle_of_the_cloud(model, image):
    def noise(seed):
        return [dimension.noise for dimension in steps(model, image, seed).dimensions]

    assert noise(7) == noise(7) != noise(8)
    for dimension in steps(model, image, None).dimensions:
        assert dimension.noise == 0
        assert dimension.code == dimension.mean


@pytest.mark.parametrize("bias", [-1e4, 1e4])
def test_a_decoder_that_is_sure_of_itself_still_gives_finite_numbers(image, bias):
    model = small_model("mlp")
    with torch.no_grad():
        list(model.decoder.parameters())[-1].fill_(bias)
    shown = wire(steps(model, image, 0))
    json.dumps(shown, allow_nan=False)  # raises for what is not finite


def test_the_page_is_answered_with_pictures_and_numbers(ask):
    answer = ask({"ink": INK, "seed": 1, "model": "map"})
    assert len(answer["dimensions"]) == 2
    assert answer["strip"].startswith("data:image/png;base64,")
    assert [len(values) for values in answer["pixels"].values()] == [784] * 4
    assert len(json.dumps(answer)) < 60_000
    unframed = ask({"ink": INK, "seed": 1, "model": "map", "framed": False})
    assert unframed["strip"] != answer["strip"]


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1, 1.5, "1", math.nan, True, [1], {}])
def test_a_bad_seed_is_refused_in_a_sentence(ask, seed):
    assert "seed must be a whole number" in ask({"ink": INK, "seed": seed})["error"]


@pytest.mark.parametrize(
    "change", [{"ink": None}, {"ink": "x"}, {"ink": 3}, {"model": "none"}, {"model": 1}]
)
def test_other_bad_requests_are_refused_in_a_sentence(ask, change):
    assert ask({"ink": INK, "seed": 0, **change})["error"].endswith(".")


def test_nothing_drawn_is_no_error(ask):
    assert "error" not in ask({"ink": packed(Image.new("L", (112, 112))), "seed": 0})
