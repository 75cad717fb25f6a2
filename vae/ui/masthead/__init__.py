"""The masthead: the model picker, the tabs, and the links that bring back a page as it was."""

from vae import render
from vae.ui.part import part
from vae.ui.server.service import Service


class Masthead:
    """What stands above every panel."""

    def __init__(self, service: Service):
        self.service = service
        part("masthead", self.digit, panel=False)

    def digit(self, request: dict) -> dict:
        """{code, model} -> {"picture": the digit of a code that a link brought, a PNG}."""
        model = self.service.models.named(request.get("model"))
        code = model.code(request.get("code"))
        digit = self.service.decode(model, code)
        return {"picture": render.data_uri(render.png(render.digit(digit)))}
