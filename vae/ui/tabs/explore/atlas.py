"""The map of a model with two latent numbers: what it decodes everywhere, and where digits lie."""

import base64

import numpy as np

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
    codes = shipped_codes(service.metrics(name))
    return {
        "picture": render.data_uri(render.png(render.sheet(service.manifold(name), MAP_SIDE))),
        "side": MAP_SIDE,
        "axis": [
            round(value, CODE_DECIMALS)
            for value in inference.standard_normal_quantiles(PLACES).tolist()
        ],
        "codes": codes and {"x": codes[0], "y": codes[1], "labels": codes[2]},
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


def shipped_codes(metrics: dict) -> tuple[list[float], list[float], str] | None:
    """Codes of test digits (x, y, labels), where metrics.json ships them.

    "test_codes" holds {"labels": a character from 0 to 9 for each digit, "hundredths": base64 of as
    many pairs of little-endian 16-bit integers, the code times 100}. The file may be absent, old or
    edited by hand: whatever is not of this form is no codes.
    """
    try:
        labels, packed = (metrics["test_codes"][key] for key in ("labels", "hundredths"))
        pairs = np.frombuffer(base64.b64decode(packed, validate=True), "<i2").reshape(-1, 2)
        classes = isinstance(labels, str) and set(labels) <= set("0123456789")
        if not classes or not 0 < len(labels) == len(pairs) <= MAP_CODES:
            return None
    except (KeyError, TypeError, ValueError):
        return None
    x, y = (pairs.T / 100).tolist()
    return x, y, labels
