"""The map of a model with two latent numbers: what it decodes everywhere, and where digits lie."""

import torch

from vae import history, inference, render
from vae.ui.server.bounds import CODE_DECIMALS, MAP_SIDE, BadRequest
from vae.ui.server.executor import Executor
from vae.ui.server.models import LoadedModel, Models

DIMENSIONS = 2
# Places along an axis whose codes the page knows: an odd number a cell, so that each cell's middle
# is among them.
PLACES = 21 * MAP_SIDE


def of(model: LoadedModel, executor: Executor) -> dict:
    """The map of a model of two dimensions as the page takes it.

    picture    PNG data URI: MAP_SIDE by MAP_SIDE digits
    side       MAP_SIDE
    square     null: the map's axes are the prior's quantiles; or {left, bottom, side} of the square
               of codes that it covers, where the test digits' codes have left the prior
    quantiles  the code's value at PLACES places along an axis of quantiles, ascending
    codes      null, or {x, y, labels} of test digits: two lists of numbers, a string of classes
    """
    codes = model.test_codes
    square = history.square_of(known_codes(model))
    plane = history.plane(square, MAP_SIDE)
    digits = executor.run_in_turn(model, lambda vae: inference.decode(vae, plane))
    quantiles, _ = history.axes(None, PLACES)
    return {
        "picture": render.data_uri(render.png(render.sheet(digits, MAP_SIDE))),
        "side": MAP_SIDE,
        "square": square and square._asdict(),
        "quantiles": [round(value, CODE_DECIMALS) for value in quantiles.tolist()],
        "codes": codes,
    }


def known_codes(model: LoadedModel) -> torch.Tensor:
    """Codes of digits (N, 2): those that ship, or else draws of the aggregate posterior."""
    if model.test_codes is None:
        return inference.sample_codes(model.vae, history.PLACED, source="posterior")
    return torch.tensor([model.test_codes["x"], model.test_codes["y"]]).T


def mapped(models: Models, name: object) -> LoadedModel:
    """The model whose map a caller names; for None the first that has one, a VAE if there is one.

    Raises BadRequest.
    """
    flat = [each for each in models if each.latent_dim == DIMENSIONS]
    first = min(flat, key=lambda each: each.kl_weight == 0, default=None)
    model = first if name is None else models.named(name)
    if model is None or model.latent_dim != DIMENSIONS:
        raise BadRequest(f"Only models with {DIMENSIONS} latent numbers have a map.")
    return model
