"""A good call of every function of the page and of every endpoint, and its right answer."""

import base64
import inspect
import io
import json
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from tests.serving.process import Connection, Function, Server

PAD_SIDE = 112


def digit(index: int, side: int = PAD_SIDE) -> Image.Image:
    """A number drawn in bright ink on black: each is another picture, wherever it is framed."""
    canvas = Image.new("L", (side, side))
    font = ImageFont.load_default(size=int(side * 0.45))
    place = (side / 2, side / 2)
    ImageDraw.Draw(canvas).text(place, f"{index:03d}", fill=255, font=font, anchor="mm")
    return canvas


def ink(index: int) -> str:
    """`digit` as the page's drawing pad packs it."""
    return base64.b64encode(zlib.compress(np.asarray(digit(index)).tobytes())).decode()


def photo(index: int) -> str:
    """`digit` as a PNG data URI."""
    file = io.BytesIO()
    digit(index).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def of_the_page(index: int, dimensions: int) -> dict[str, dict]:
    """A request that each function of the page answers, by label; `index` makes them differ."""
    a, b = codes(index, dimensions), codes(index + 1, dimensions)
    walk = {"start": a, "end": b}
    sheet = {"count": 9, "seed": index, "temperature": 1.0, "source": "prior"}
    return {
        "masthead.digit": {"code": a},
        "draw.read": {"ink": ink(index), "framed": True},
        "draw.photo": {"image": photo(index)},
        "draw.draws": {"code": a, "deviation": [0.5] * dimensions, "seed": index},
        "draw.complete": {"ink": ink(index), "visible": "10" * 392, "seed": index, "refined": True},
        "sample.sheet": sheet,
        "sample.code": {**sheet, "index": 4},
        "explore.map": {"model": "map"},
        "explore.learning": {"model": "map"},
        "explore.locate": {"ink": ink(index), "model": "map"},
        "explore.digit": {"code": codes(index, 2), "model": "map"},
        "explore.traverse": {"code": a},
        "explore.steer": {"code": a, "amounts": {"slant": 0.5, "3": 1.0}, "towards": "3"},
        "how.steps": {"ink": ink(index), "seed": index},
        "how.samples": {},
        "interpolate.end": {"ink": ink(index)},
        "interpolate.random": {"seed": index},
        "interpolate.frames": {**walk, "steps": 5, "paths": ["linear"]},
        "interpolate.animation": {**walk, "steps": 3, "paths": ["spherical"], "milliseconds": 50},
    }


def of_the_endpoints(index: int, dimensions: int) -> dict[str, list]:
    """The arguments of a call that each endpoint answers, by name."""
    return {
        "reconstruct": [photo(index), "conv"],
        "encode": [photo(index), "conv"],
        "decode": [codes(index, dimensions), "conv"],
        "sample": [4, index, 1.0, "posterior", "conv", 3],
        "interpolate": [photo(index), photo(index + 1), 5, "spherical", "conv"],
        "complete": [photo(index), "left", 3, index, "conv"],
        "steer": [photo(index), "width", 1.5, "conv"],
    }


def codes(index: int, dimensions: int) -> list[float]:
    return np.random.default_rng(index).normal(size=dimensions).round(3).tolist()


class Reference:
    """The page built in this process, over the same weights: what the server must answer."""

    def __init__(self, weights: Path):
        from vae.ui import page
        from vae.ui.server import models
        from vae.ui.server.service import Service

        torch.set_num_threads(1)
        self.models, _ = models.load(weights)
        self.demo = page.build(Service(self.models))
        self.default = self.models.default.name
        self.dimensions = self.models.default.latent_dim

    def ask(self, function: Function, request: dict) -> object:
        # By name: Gradio numbers components by how many its process has made before.
        blocks = self.demo.blocks.values()
        part = next(each for each in blocks if getattr(each, "elem_id", None) == function.part)
        # Without the coroutine around it that Gradio's event loop takes.
        return _through_json(inspect.unwrap(getattr(part, function.name))(request))

    def call(self, endpoint: str, *data: object) -> object:
        found = next(each for each in self.demo.fns.values() if each.api_name == endpoint)
        return _through_json(inspect.unwrap(found.fn)(*data))


def _through_json(value: object) -> object:
    return json.loads(json.dumps(value))


class GoodCalls:
    """Asks a server everything that has a good call, and compares with the reference."""

    def __init__(self, server: Server, reference: Reference):
        self.reference = reference
        self.functions = {function.label: function for function in server.functions()}
        self.endpoints = server.endpoints()

    def unknown(self) -> list[str]:
        """What the app offers and no good call is known of: add one above."""
        known = {*of_the_page(0, 1), *of_the_endpoints(0, 1)}
        return sorted({*self.functions, *self.endpoints} - known)

    def wrong(self, connection: Connection, index: int) -> list[str]:
        """One sentence for each answer that is not the right one."""
        return [
            *self._wrong_functions(connection, index),
            *self._wrong_endpoints(connection, index),
        ]

    def _wrong_functions(self, connection: Connection, index: int) -> list[str]:
        found = []
        for label, request in of_the_page(index, self.reference.dimensions).items():
            if label in self.functions:
                function = self.functions[label]
                answer = connection.ask(function, request)
                if answer != self.reference.ask(function, request) or "error" in answer:
                    found.append(f"{label} of {index} answered {answer!r:.200}")
        return found

    def _wrong_endpoints(self, connection: Connection, index: int) -> list[str]:
        found = []
        for name, data in of_the_endpoints(index, self.reference.dimensions).items():
            if name in self.endpoints:
                answer = connection.call(name, *data)
                if answer != self.reference.call(name, *data):
                    found.append(f"{name} of {index} answered {answer!r:.200}")
        return found
