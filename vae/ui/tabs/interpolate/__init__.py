"""The Interpolate tab: the path from one digit to another through the latent space."""

import torch
from torch import Tensor

from vae import render
from vae.inference import PATHS
from vae.ui.part import part
from vae.ui.server import bounds, pictures
from vae.ui.server.service import Service

GIF_SCALE = 6  # pixels of the animation for one of a digit


class Interpolate:
    """Two ends, each a small pad, and every frame between them."""

    label = "Interpolate"

    def __init__(self, service: Service):
        self.service = service
        part("interpolate", self.end, self.random, slow=[self.frames, self.animation])

    def end(self, request: dict) -> dict:
        """{ink, model} -> {"code": of the drawing}."""
        model = self.service.models.named(request.get("model"))
        image = pictures.framed({"ink": request.get("ink")})
        return {"code": self.service.read(model, image).code}

    def random(self, request: dict) -> dict:
        """{seed, model} -> {"code", "picture"}: one sample from the prior, its digit as a PNG."""
        model = self.service.models.named(request.get("model"))
        code = self.service.sample_codes(model, 1, bounds.seed(request.get("seed")))[0]
        digit = self.service.decode(model, code)
        return {"code": code, "picture": render.data_uri(render.png(render.digit(digit)))}

    def frames(self, request: dict) -> dict:
        """{start, end, steps, paths, model} -> {"strip": the frames in one PNG, a row a path}."""
        paths = self._paths(request)
        picture = render.sheet(torch.cat(paths), columns=len(paths[0]))
        return {"strip": render.data_uri(render.png(picture)), "notice": self.service.notice}

    def animation(self, request: dict) -> dict:
        """{start, end, steps, paths, model, milliseconds} -> {"gif": there and back, for ever}.

        The frames of several paths stand side by side; each lasts `milliseconds`.
        """
        milliseconds = bounds.whole_number(
            request.get("milliseconds"), "milliseconds", *bounds.FRAME_MILLISECONDS
        )
        frames = [
            render.sheet(torch.stack(side_by_side), columns=len(side_by_side), scale=GIF_SCALE)
            for side_by_side in zip(*self._paths(request), strict=True)
        ]
        gif = render.animation([*frames, *frames[-2:0:-1]], milliseconds)
        return {"gif": render.data_uri(gif, "image/gif")}

    def _paths(self, request: dict) -> list[Tensor]:
        """The frames (steps, 1, 28, 28) of each path that a request asks for. Raises BadRequest."""
        model = self.service.models.named(request.get("model"))
        start, end = (model.code(request.get(key), key) for key in ("start", "end"))
        steps = bounds.steps(request.get("steps"))
        paths = request.get("paths")
        if not isinstance(paths, list) or not 1 <= len(paths) <= len(PATHS):
            raise bounds.BadRequest(f"paths must be a list of: {', '.join(PATHS)}.")
        paths = [bounds.path(path) for path in paths]
        return [self.service.interpolate(model, start, end, steps, path) for path in paths]
