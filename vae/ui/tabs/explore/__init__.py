"""The Explore tab: the map of two-number codes, and one digit's code taken apart by dimension."""

import threading

from vae import render
from vae.ui.part import part
from vae.ui.server import pictures
from vae.ui.server.service import Service
from vae.ui.tabs.explore import atlas


class Explore:
    """The map, where the visitor's drawing lies on it, and traversals of a code's dimensions."""

    def __init__(self, service: Service):
        self.service = service
        self._maps: dict[str, dict] = {}  # by model: they never change
        self._drawing_maps = threading.Lock()
        part("explore", self.locate, self.digit, slow=[self.map, self.traverse])

    def map(self, request: dict) -> dict:
        """{model} -> the map of a model with two latent numbers, as `atlas.of` gives it.

        Without a model: that of the first which has one.
        """
        name = atlas.name_of(self.service, request.get("model"))
        with self._drawing_maps:
            if name not in self._maps:
                self._maps[name] = atlas.of(self.service, name)
        return self._maps[name]

    def locate(self, request: dict) -> dict:
        """{ink, model, framed = True} -> {"code": of the pad's drawing}."""
        return {"code": self.service.read(pictures.framed(request), request.get("model")).code}

    def digit(self, request: dict) -> dict:
        """{code, model} -> {"picture": the code's digit as a PNG}."""
        digit = self.service.decode(request.get("code"), request.get("model"))
        return {
            "picture": render.data_uri(render.png(render.digit(digit))),
            "notice": self.service.notice,
        }

    def traverse(self, request: dict) -> dict:
        """{code, model} -> the traversals of the model's most used dimensions.

        dimensions  which, the most used first
        values      what each is set to in turn, in standard deviations of the prior
        strip       their digits in one PNG strip, dimension by dimension
        """
        dimensions, values, digits = self.service.traverse(
            request.get("code"), request.get("model")
        )
        return {
            "dimensions": dimensions,
            "values": values,
            "strip": render.data_uri(render.png(render.strip(digits))),
            "notice": self.service.notice,
        }
