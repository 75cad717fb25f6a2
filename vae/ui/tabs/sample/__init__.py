"""The Sample tab: digits that nobody has drawn, decoded from random codes."""

from vae import render
from vae.ui.part import part
from vae.ui.server import bounds
from vae.ui.server.models import LoadedModel
from vae.ui.server.service import Service


class Sample:
    """A sheet of samples, and the code of any one of them."""

    label = "Sample"

    def __init__(self, service: Service):
        self.service = service
        part("sample", self.code, slow=[self.sheet])

    def sheet(self, request: dict) -> dict:
        """{count, seed, temperature, source, digit, model} -> {"sheet": digits in a PNG strip}."""
        model = self.service.models.named(request.get("model"))
        count = bounds.count(request.get("count"))
        _, digits = self.service.sample(model, count, **drawn_from(request, model))
        return {
            "sheet": render.data_uri(render.png(render.strip(digits))),
            "notice": self.service.notice,
        }

    def code(self, request: dict) -> dict:
        """{index, seed, temperature, source, digit, model} -> {"code": of one of the digits}."""
        model = self.service.models.named(request.get("model"))
        index = bounds.whole_number(request.get("index"), "index", 0, bounds.LARGEST_COUNT - 1)
        return {
            "code": self.service.sample_codes(model, index + 1, **drawn_from(request, model))[-1]
        }


def drawn_from(request: dict, model: LoadedModel) -> dict:
    """How a request wants its codes drawn, as keyword arguments. Raises BadRequest."""
    source = bounds.source(request.get("source", "prior"))
    return {
        "seed": bounds.seed(request.get("seed")),
        "temperature": bounds.temperature(request.get("temperature")),
        "source": source,
        "digit": bounds.digit(request.get("digit"), model.digits, source),
    }
