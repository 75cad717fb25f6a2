"""The Explore tab: the map of two-number codes, and traversals of one code's dimensions."""

import threading

import torch
from torch import Tensor

from vae import inference, render
from vae.model import VAE
from vae.ui.part import part
from vae.ui.server import bounds, pictures
from vae.ui.server.service import Service
from vae.ui.tabs.explore import atlas, directions, learning


class Explore:
    """The map, where the visitor's drawing lies on it, and traversals of a code's dimensions."""

    label = "Explore"

    def __init__(self, service: Service):
        self.service = service
        self._maps: dict[str, dict] = {}  # by model: they never change
        self._drawing_maps = threading.Lock()
        slow = [self.map, self.learning, self.traverse, self.steer]
        part("explore", self.locate, self.digit, slow=slow)

    def map(self, request: dict) -> dict:
        """{model} -> the map of a model with two latent numbers, as `atlas.of` gives it.

        Without a model: that of the first which has one.
        """
        model = atlas.mapped(self.service.models, request.get("model"))
        with self._drawing_maps:
            if model.name not in self._maps:
                self._maps[model.name] = atlas.of(model, self.service.executor)
        return self._maps[model.name]

    def learning(self, request: dict) -> dict:
        """{model} -> what the model's training kept of itself, as `learning.of` gives it."""
        return learning.of(self.service.models.named(request.get("model")))

    def locate(self, request: dict) -> dict:
        """{ink, model, framed = True} -> {"code": of the pad's drawing}."""
        model = self.service.models.named(request.get("model"))
        return {"code": self.service.read(model, pictures.framed(request)).code}

    def digit(self, request: dict) -> dict:
        """{code, model} -> {"picture": the code's digit as a PNG}."""
        model = self.service.models.named(request.get("model"))
        code = model.code(request.get("code"))
        return {
            "picture": render.data_uri(render.png(render.digit(self.service.decode(model, code)))),
            "notice": self.service.notice,
        }

    def traverse(self, request: dict) -> dict:
        """{code, model} -> the traversals of the model's most used dimensions.

        dimensions  which, the most used first
        values      what each is set to in turn: as far as the codes of digits spread
        strip       their digits in one PNG strip, dimension by dimension
        """
        model = self.service.models.named(request.get("model"))
        code = torch.tensor(model.code(request.get("code")))
        dimensions = model.use_of_dimensions[0][: bounds.TRAVERSED_DIMENSIONS]
        values = torch.tensor(bounds.TRAVERSAL_VALUES) * model.spread

        def work(vae: VAE) -> Tensor:
            return torch.cat([inference.traverse(vae, code, each, values) for each in dimensions])

        digits = self.service.executor.run_in_turn(model, work)
        return {
            "dimensions": dimensions,
            "values": values.tolist(),
            "strip": render.data_uri(render.png(render.strip(digits))),
            "notice": self.service.notice,
        }

    def steer(self, request: dict) -> dict:
        """{code, amounts, towards, model} -> the directions with a name, around a code.

        `amounts` are steps by direction, `towards` is the class that the last one leads to.

        rows   {name, values, step}: steps along each direction, and one of them as D numbers
        strip  the digits along all of them in one PNG strip, direction by direction
        """
        model = self.service.models.named(request.get("model"))
        code = model.code(request.get("code"))
        names = directions.names_of(model, request.get("towards"))
        amounts = directions.amounts_of(request.get("amounts", {}), names)
        rows, digits = directions.frames(model, self.service.executor, code, names, amounts)
        return {
            "rows": [{**row._asdict(), "step": bounds.rounded(row.step)} for row in rows],
            "strip": render.data_uri(render.png(render.strip(digits))),
            "notice": self.service.notice,
        }
