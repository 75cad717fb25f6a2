"""The Interpolate tab: the way from one digit to another through the latent space."""

from vae import framing, render
from vae.ui import pictures
from vae.ui.part import part
from vae.ui.service import Service


class Interpolate:
    """Two ends, each a small pad, and all frames between them at once."""

    def __init__(self, service: Service):
        self.service = service
        part("interpolate", self.end, self.random, self.frames)

    def end(self, request: dict) -> dict:
        """{ink, model} -> {"code": of the drawing}, or {"nothing": a friendly sentence}."""
        try:
            image = framing.frame(pictures.pad_ink(request.get("ink")))
        except framing.NothingDrawn as nothing:
            return {"nothing": str(nothing)}
        return {"code": self.service.read(image, request.get("model")).code}

    def random(self, request: dict) -> dict:
        """{seed, model} -> {"code", "picture"}: one sample from the prior, its digit as a PNG."""
        codes, digits = self.service.sample(1, request.get("seed"), model=request.get("model"))
        return {"code": codes[0], "picture": render.data_uri(render.png(render.digit(digits[0])))}

    def frames(self, request: dict) -> dict:
        """{start, end, steps, path, model} -> {"strip": all frames side by side in one PNG}."""
        arguments = (request.get(key) for key in ("start", "end", "steps", "path", "model"))
        frames = self.service.interpolate(*arguments)
        return {
            "strip": render.data_uri(render.png(render.strip(frames))),
            "notice": self.service.notice,
        }
