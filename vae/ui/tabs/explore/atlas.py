"""The map of a model with two latent numbers: what it decodes everywhere, and where digits lie."""

import math

from vae import inference, render
from vae.ui.server.bounds import CODE_DECIMALS, MAP_CODES, MAP_SIDE, BadRequest
from vae.ui.server.service import Service

DIMENSIONS = 2
# Codes along an axis that are known by their place: an odd number a cell, so that each cell's
# middle is among them.
PLACES = 21 * MAP_SIDE


def of(service: Service, name: str) -> dict:
    """The map of the model `name` as the page takes it. Raises BadRequest if it has none.

    picture  PNG data URI: MAP_SIDE by MAP_SIDE digits, one for each pair of the prior's quantiles
    side     MAP_SIDE
    axis     the code's value at PLACES places along an axis, ascending: the prior's quantiles
    codes    null, or {x, y, labels} of test digits: two lists of numbers, a string of classes
    """
    return {
        "picture": render.data_uri(render.png(render.sheet(service.manifold(name), MAP_SIDE))),
        "side": MAP_SIDE,
        "axis": [
            round(value, CODE_DECIMALS)
            for value in inference.standard_normal_quantiles(PLACES).tolist()
        ],
        "codes": shipped_codes(service.metrics(name)),
    }


def name_of(service: Service, model: object) -> str:
    """The name of the model whose map is asked for; None is the first that has one.

    Raises BadRequest.
    """
    if model is None:
        model = next((name for name in service.names if has_map(service, name)), None)
    name = service.name_of(model)
    if not has_map(service, name):
        raise BadRequest(f"There is a map of models with {DIMENSIONS} latent numbers only.")
    return name


def has_map(service: Service, name: str) -> bool:
    """Whether a model's codes are places on a plane."""
    return service.latent_dim(name) == DIMENSIONS


def shipped_codes(metrics: dict) -> dict | None:
    """Codes of test digits {x, y, labels}, where metrics.json ships them as evaluation writes them.

    The file may be absent, old or edited by hand: whatever is not of this form is no codes.
    """
    codes = metrics.get("test_codes")
    if not isinstance(codes, dict) or codes.keys() != {"labels", "x", "y"}:
        return None
    labels, x, y = codes["labels"], codes["x"], codes["y"]
    classes = isinstance(labels, str) and set(labels) <= set("0123456789")
    if not classes or not 0 < len(labels) <= MAP_CODES:
        return None
    for axis in (x, y):
        if not isinstance(axis, list) or len(axis) != len(labels):
            return None
        if not all(type(value) in (int, float) and math.isfinite(value) for value in axis):
            return None
    return codes
