"""Explore's questions to the server: the map, its test digits, a drawing's place, traversals."""

import base64
import inspect
import json
import math
from statistics import NormalDist

import numpy as np
import pytest
import torch

from tests.pictures_of import ONE, drawing, packed, pixels
from tests.serving.in_process import small_service
from tests.serving.learned import STEPS, learned_models
from tests.synthetic import small_model
from vae import inference, render
from vae.ui import page
from vae.ui.server import bounds
from vae.ui.server.bounds import MAP_SIDE, TRAVERSAL_VALUES
from vae.ui.server.models import LoadedModel, Models, load
from vae.ui.server.service import Service
from vae.ui.tabs.explore import learning

CODES = {"labels": "70", "x": [-2.5, 0.99], "y": [0.03, 1]}


def explore_functions(service) -> dict:
    """The server functions of the Explore tab over `service`, less the coroutines around them."""
    blocks = page.build(service).blocks.values()
    part = next(block for block in blocks if getattr(block, "elem_id", None) == "explore")
    names = ("map", "learning", "locate", "digit", "traverse", "steer")
    return {name: inspect.unwrap(getattr(part, name)) for name in names}


@pytest.fixture(scope="module")
def service():
    return small_service()


@pytest.fixture(scope="module")
def ask(service):
    return asking(service)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A service of models with a history, a plain autoencoder among them."""
    models, _ = load(learned_models(tmp_path_factory.mktemp("learned")))
    return Service(models)


def asking(service):
    functions = explore_functions(service)
    return lambda name, request: json.loads(json.dumps(functions[name](request)))


def png(digits: torch.Tensor) -> np.ndarray:
    return np.asarray(render.strip(digits))


def quantiles(count: int) -> list[float]:
    """The middles of `count` equally probable parts of N(0, 1), ascending."""
    return [NormalDist().inv_cdf((index + 0.5) / count) for index in range(count)]


def model(service, name: str):
    return service.models.named(name).vae


def test_the_map_is_the_decoded_manifold_over_the_priors_quantiles(service, ask):
    found = ask("map", {})
    across = quantiles(MAP_SIDE)
    codes = [[x, y] for y in reversed(across) for x in across]  # as on a plot
    digits = inference.decode(model(service, "map"), torch.tensor(codes))
    assert np.array_equal(pixels(found["picture"]), np.asarray(render.sheet(digits, MAP_SIDE)))
    assert found["side"] == MAP_SIDE
    assert found == ask("map", {"model": "map"})


def test_each_cell_of_the_map_lies_on_its_axis(ask):
    assert ask("map", {})["square"] is None
    axis = ask("map", {})["quantiles"]
    assert axis == sorted(axis)
    stride = len(axis) // MAP_SIDE
    middles = axis[stride // 2 :: stride]
    assert middles == pytest.approx(quantiles(MAP_SIDE), abs=1e-4)


def test_the_map_of_codes_that_leave_the_prior_covers_them_and_the_priors_circle(learned):
    ask = asking(learned)
    found = ask("map", {"model": "autoencoder"})
    left, bottom, side = (found["square"][key] for key in ("left", "bottom", "side"))
    for numbers, start in ((found["codes"]["x"], left), (found["codes"]["y"], bottom)):
        assert start <= min(*numbers, -3.03)
        assert max(*numbers, 3.03) <= start + side
    # The top left cell is the code of its middle, decoded.
    corner = [[left + side / MAP_SIDE / 2, bottom + side - side / MAP_SIDE / 2]]
    expected = png(inference.decode(model(learned, "autoencoder"), torch.tensor(corner)))
    difference = pixels(found["picture"])[:28, :28].astype(int) - expected
    assert abs(difference).max() <= 1


def test_without_shipped_codes_the_map_covers_draws_of_the_aggregate_posterior():
    vae = small_model("mlp", 2)
    vae.mixture_means.copy_(50 * torch.randn(5, 2, generator=torch.Generator().manual_seed(0)))
    service = Service(Models({"far": vae}))
    square = asking(service)("map", {})["square"]
    assert square["side"] > 50


def test_the_map_opens_on_a_vae(learned):
    assert asking(learned)("map", {}) == asking(learned)("map", {"model": "map"})


def test_a_history_is_told_moment_by_moment(learned):
    found = asking(learned)("learning", {"model": "map"})
    assert [moment["step"] for moment in found["moments"]] == list(STEPS)
    assert found["stepsPerEpoch"] == 50
    assert len(found["labels"]) == len(found["moments"][0]["codes"]["x"]) == 40
    kept = learned.models.named("map").history.moments
    for moment, known in zip(found["moments"], kept, strict=True):
        for name in ("samples", "reconstructions", "manifold"):
            assert moment[name].startswith("data:image/webp;base64,")
            assert base64.b64decode(moment[name].split(",")[1]) == getattr(known, name)
    # Moments and epochs together, once each; the training's means are the epochs' alone.
    assert found["test"] == [
        [step, 200 - step / 2, step / 20] for step in (0, 10, 50, 100, 150, 200)
    ]
    assert found["train"] == [[step, 203 - step / 2, step / 20] for step in (50, 100, 150, 200)]


def test_a_history_of_more_dimensions_has_no_map(learned):
    found = asking(learned)("learning", {"model": "mlp"})
    assert {moment["manifold"] for moment in found["moments"]} == {None}
    assert found["labels"] == ""


def test_a_model_without_a_history_has_no_moments(learned, ask):
    assert asking(learned)("learning", {"model": "conv"}) == {"moments": []}
    assert ask("learning", {"model": "map"}) == {"moments": []}


@pytest.mark.parametrize("epochs", [None, 7, [None], [{}], [{"test_kl": math.nan}]])
def test_epochs_of_any_other_form_leave_the_moments_curve(epochs):
    assert learning.epochs_of({"epochs": epochs}) == []


def test_a_traversal_goes_as_far_as_the_codes_of_digits_do(learned):
    found = asking(learned)("traverse", {"code": [0.0, 0.0], "model": "autoencoder"})
    spread = learned.models.named("autoencoder").spread
    assert spread > 1
    assert found["values"] == [value * spread for value in TRAVERSAL_VALUES]


def test_a_model_of_more_dimensions_has_no_map(ask):
    assert "2 latent numbers" in ask("map", {"model": "conv"})["error"]


def test_shipped_test_codes_are_read_back_as_they_were_written():
    assert shipped({"test_codes": CODES}) == CODES


def shipped(metrics: dict) -> dict | None:
    return LoadedModel("any", small_model("mlp", 2), metrics).test_codes


MANY = bounds.MAP_CODES + 1


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        "text",
        {},
        {"labels": "70"},
        CODES | {"labels": "7"},
        CODES | {"labels": "7x"},
        CODES | {"labels": ["7", "0"]},
        CODES | {"labels": 70},
        CODES | {"x": [1.0]},
        CODES | {"x": [1.0, math.nan]},
        CODES | {"y": [1.0, math.inf]},
        CODES | {"y": [1.0, "2"]},
        CODES | {"y": [1.0, True]},
        CODES | {"y": 5},
        CODES | {"z": [1, 2]},
        {"labels": "", "x": [], "y": []},
        {"labels": "1" * MANY, "x": [0] * MANY, "y": [0] * MANY},
    ],
    ids=lambda codes: str(codes)[:60],
)
def test_test_codes_of_any_other_form_are_none_and_the_map_is_there(broken):
    assert shipped({"test_codes": broken}) is None
    assert shipped({}) is None


def test_a_drawing_lies_where_the_map_model_encodes_it(service, ask):
    ink = packed(drawing(ONE))
    found = ask("locate", {"ink": ink, "model": "map"})
    assert len(found["code"]) == 2
    assert found["code"] != ask("locate", {"ink": ink, "model": "map", "framed": False})["code"]
    assert "nothing" in ask("locate", {"ink": packed(drawing([(0, 0)], width=0)), "model": "map"})


def test_a_digit_is_its_codes_decoded(service, ask):
    code = [0.5, -1.25]
    expected = png(inference.decode(model(service, "map"), torch.tensor([code])))
    assert np.array_equal(pixels(ask("digit", {"code": code, "model": "map"})["picture"]), expected)


def test_a_traversal_changes_one_number_at_a_time(service, ask):
    code = [0.1, -0.2, 0.3, 0.4]
    found = ask("traverse", {"code": code, "model": "mlp"})
    # Their metrics say that the test digits use the first dimension most, the last least.
    assert found["dimensions"] == [0, 1, 2, 3]
    assert found["values"] == list(TRAVERSAL_VALUES)
    strip = pixels(found["strip"])
    for row, dimension in enumerate(found["dimensions"]):
        for column, value in enumerate(found["values"]):
            changed = [value if each == dimension else code[each] for each in range(4)]
            expected = png(inference.decode(model(service, "mlp"), torch.tensor([changed])))
            left = 28 * (row * len(found["values"]) + column)
            difference = strip[:, left : left + 28].astype(int) - expected
            assert abs(difference).max() <= 1  # a batch may round the last bit otherwise


@pytest.mark.parametrize("name", ["digit", "traverse"])
@pytest.mark.parametrize(
    "code",
    [None, [], [1.0], [0.0] * 6, ["1"] * 5, [None] * 5, [float("nan")] * 5, [1e9] * 5, "00000", {}],
)
def test_a_bad_code_is_refused_in_a_sentence(ask, name, code):
    error = ask(name, {"code": code, "model": "conv"})["error"]
    assert error.endswith(".")
    assert "wrong on the server" not in error


@pytest.mark.parametrize("name", ["map", "learning", "locate", "digit", "traverse"])
@pytest.mark.parametrize("request_", [None, [], "x", {"model": "../map"}, {"model": 7}, {"ink": 1}])
def test_whatever_is_sent_is_answered(ask, name, request_):
    answer = ask(name, request_)
    if request_ == {"ink": 1} and name in ("map", "learning"):
        assert "error" not in answer
    else:
        assert "wrong on the server" not in answer["error"]


AMOUNTS = {"slant": 0.5, "breadth": -1.0, "7": 0.25}


def test_a_row_of_a_direction_changes_one_amount_and_keeps_the_others(service, ask):
    code = [0.5, -1.0, 0.25, 0.0, 1.0]
    found = ask("steer", {"code": code, "amounts": AMOUNTS, "towards": "7", "model": "conv"})
    rows = {row["name"]: row for row in found["rows"]}
    assert [*rows] == ["slant", "width", "breadth", "7"]
    vae, strip = model(service, "conv"), pixels(found["strip"])
    steps = {name: inference.step(vae, torch.tensor(code), name) for name in rows}
    for index, (name, row) in enumerate(rows.items()):
        assert np.allclose(row["step"], steps[name], atol=1e-4)
        fixed = torch.tensor(code) + sum(
            amount * steps[other] for other, amount in AMOUNTS.items() if other != name
        )
        values = torch.tensor(row["values"]).unsqueeze(1)
        expected = png(inference.decode(vae, fixed + values * steps[name]))
        width = expected.shape[1]
        shown = strip[:, index * width : (index + 1) * width].astype(int)
        assert np.abs(shown - expected).max() <= 1


def test_every_row_has_a_place_where_it_changes_nothing(ask):
    found = ask("steer", {"code": [0.0] * 5, "amounts": {}, "towards": "0", "model": "conv"})
    for row in found["rows"]:
        assert 0.0 in row["values"]
        assert row["values"] == sorted(row["values"])


def test_without_a_class_to_go_towards_there_are_only_attributes(ask):
    found = ask("steer", {"code": [0.0] * 5, "model": "conv"})
    assert [row["name"] for row in found["rows"]] == ["slant", "width", "breadth"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"code": [0.0] * 2, "model": "map"}, "no directions"),
        ({"code": [0.0] * 5, "towards": "ten"}, "direction"),
        ({"code": [0.0] * 5, "amounts": {"3": 1}}, "direction"),
        ({"code": [0.0] * 5, "amounts": {"slant": 99}}, "amount"),
        ({"code": [0.0] * 5, "amounts": [1]}, "amounts"),
        ({"code": [0.0]}, "5 numbers"),
    ],
)
def test_what_cannot_be_steered_is_refused_in_a_sentence(ask, request_, words):
    assert words in ask("steer", request_)["error"]
