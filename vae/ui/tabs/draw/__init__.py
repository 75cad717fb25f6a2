"""The Draw tab: what a visitor draws, what the model sees of it, and what it makes of that."""

import torch

from vae import framing, render
from vae.ui.part import part
from vae.ui.server import pictures
from vae.ui.server.bounds import PAD_SIDE, BadRequest
from vae.ui.server.service import Reading, Service


class Draw:
    """The pad and its reconstruction."""

    def __init__(self, service: Service):
        self.service = service
        part("draw", self.read, self.draws, slow=[self.photo])

    def read(self, request: dict) -> dict:
        """{ink, model, framed = True} -> the reading of the pad's drawing, as `wire` gives it."""
        reading = self.service.read(pictures.framed(request), request.get("model"))
        return {**wire(reading), "notice": self.service.notice}

    def draws(self, request: dict) -> dict:
        """{code, deviation, seed, model} -> {"strip": draws from that posterior in one PNG}."""
        arguments = (request.get(key) for key in ("code", "deviation", "seed", "model"))
        digits = self.service.draw_from_posterior(*arguments)
        return {"strip": render.data_uri(render.png(render.strip(digits)))}

    def photo(self, request: dict) -> dict:
        """{image: data URI} -> {"ink": the picture as bright ink on the pad's square, a PNG}."""
        try:
            ink = pictures.drawing(request.get("image"))
            framing.frame(ink)  # refused now rather than when it lies on the pad
        except framing.NothingDrawn:
            raise BadRequest(
                "No digit was found in this picture: use one of a dark digit on light paper, or of "
                "a light one on dark."
            ) from None
        return {"ink": render.data_uri(render.png(pictures.fitted(ink, PAD_SIDE)))}


def wire(reading: Reading) -> dict:
    """A reading as the page takes it: pictures in one PNG strip (image, reconstruction), numbers
    in nats to two decimals."""
    strip = render.strip(torch.stack((reading.image, reading.reconstruction)))
    percentile = reading.percentile
    return {
        "strip": render.data_uri(render.png(strip)),
        "code": reading.code,
        "deviation": reading.standard_deviation,
        "reconstruction": round(reading.reconstruction_nats, 2),
        "kl": round(reading.kl_nats, 2),
        "percentile": None if percentile is None else round(percentile, 1),
        "untypical": reading.untypical,
    }
