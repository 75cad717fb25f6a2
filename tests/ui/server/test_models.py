"""The models on show: what their weights and metrics say of them."""

import math

import pytest
import torch

from tests.serving.learned import learned_models
from tests.synthetic import small_model
from vae import storage
from vae.ui.server import bounds
from vae.ui.server.bounds import BadRequest
from vae.ui.server.models import LoadedModel, Models, load


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    models, complaints = load(learned_models(tmp_path_factory.mktemp("learned")))
    assert not complaints
    return models


def with_weight(weight: object) -> LoadedModel:
    return LoadedModel("any", small_model("mlp", 2), {"settings": {"kl_weight": weight}})


@pytest.mark.parametrize(("said", "meant"), [(0, 0.0), (0.0, 0.0), (4, 4.0), (0.5, 0.5), (1, 1.0)])
def test_the_kl_weight_is_that_of_the_training(said, meant):
    assert with_weight(said).kl_weight == meant


@pytest.mark.parametrize("said", [None, "0", -1, math.nan, math.inf, True, [0]])
def test_a_model_of_which_nothing_is_said_is_a_vae(said):
    assert with_weight(said).kl_weight == 1.0
    for metrics in ({}, {"settings": None}, {"settings": {}}):
        assert LoadedModel("any", small_model("mlp", 2), metrics).kl_weight == 1.0


def test_codes_that_keep_to_the_prior_have_the_usual_bound():
    model = LoadedModel("any", small_model("mlp", 3))
    model.vae.mixture_means.normal_(generator=torch.Generator().manual_seed(0))
    assert model.spread == 1.0
    assert model.largest_coordinate == bounds.LARGEST_COORDINATE


def test_the_bound_follows_codes_that_leave_the_prior():
    model = LoadedModel("any", small_model("mlp", 2))
    model.vae.mixture_means.copy_(torch.tensor([60.0, -5.0]).expand(5, 2))
    # The mean square of each number, by hand: the mean's and the variance, which is 1.
    assert model.spread == math.ceil(math.sqrt(60.0**2 + 1))
    assert model.code([600, -600]) == [600.0, -600.0]
    with pytest.raises(BadRequest, match="from -610 to 610"):
        model.code([611, 0])


def test_the_bound_follows_the_test_digits_codes_that_ship():
    codes = {"labels": "70", "x": [-250.5, 0], "y": [0.5, 3]}
    model = LoadedModel("any", small_model("mlp", 2), {"test_codes": codes})
    assert model.largest_coordinate == math.ceil(3 * 250.5)


def test_an_autoencoders_digit_is_not_ranked_by_a_bound_that_it_was_not_trained_for(learned):
    assert learned.named("map").percentile(200.0) is not None
    assert learned.named("autoencoder").percentile(200.0) is None


def test_a_pair_shows_what_the_kl_term_is_for(learned):
    assert [model.name for model in learned.kl_pair] == ["map", "autoencoder"]


def test_without_a_model_of_as_many_dimensions_there_is_no_pair():
    vaes = {"map": small_model("mlp", 2), "plain": small_model("mlp", 3)}
    metrics = {"plain": {"settings": {"kl_weight": 0}}}
    assert Models(vaes, metrics).kl_pair is None
    assert Models({"map": vaes["map"]}).kl_pair is None


def test_models_come_with_the_history_of_their_own_training(learned):
    assert learned.named("conv").history is None
    assert len(learned.named("map").history.moments) == 5


def test_a_damaged_history_is_left_out_and_the_model_is_there(tmp_path):
    root = learned_models(tmp_path)
    index = root / "map" / "history" / "history.json"
    index.write_bytes(index.read_bytes()[:100])
    models, complaints = load(root)
    assert complaints == []
    assert models.named("map").history is None
    assert models.named("mlp").history is not None
    assert storage.load_metrics(root / "map")
