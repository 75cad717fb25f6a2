"""The Sample tab: digits that nobody has drawn, decoded from random codes."""

from vae import render
from vae.ui.part import part
from vae.ui.server.service import Service


class Sample:
    """A sheet of samples, and the code of any one of them."""

    def __init__(self, service: Service):
        self.service = service
        part("sample", self.code, slow=[self.sheet])

    def sheet(self, request: dict) -> dict:
        """{count, seed, temperature, source, model} -> {"sheet": the digits in one PNG strip}."""
        _, digits = self.service.sample(*self._arguments(request, request.get("count")))
        return {
            "sheet": render.data_uri(render.png(render.strip(digits))),
            "notice": self.service.notice,
        }

    def code(self, request: dict) -> dict:
        """{index, seed, temperature, source, model} -> {"code": that of one digit of the sheet}."""
        index = request.get("index")
        count = index + 1 if type(index) is int else index
        return {"code": self.service.sample_codes(*self._arguments(request, count))[-1]}

    def _arguments(self, request: dict, count: object) -> tuple:
        return (
            count,
            request.get("seed"),
            request.get("temperature"),
            request.get("source", "prior"),
            request.get("model"),
        )
