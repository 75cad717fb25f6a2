"""The Draw tab: what a visitor draws, what the model sees of it, and what it makes of that."""

import torch
from torch import Tensor

from vae import framing, inference, render
from vae.model import PIXELS, Gaussian
from vae.ui.part import part
from vae.ui.server import bounds, pictures
from vae.ui.server.bounds import PAD_SIDE, POSTERIOR_DRAWS, BadRequest
from vae.ui.server.service import Reading, Service

COMPLETIONS = POSTERIOR_DRAWS + 1  # one to redraw the drawing, the others what else it could be
SMALLEST_DEVIATION = 1e-6  # whose logarithm is finite; codes are sent with four decimals


class Draw:
    """The pad and its reconstruction."""

    label = "Draw"

    def __init__(self, service: Service):
        self.service = service
        part("draw", self.read, self.draws, slow=[self.photo, self.complete])

    def read(self, request: dict) -> dict:
        """{ink, model, framed = True} -> the reading of the pad's drawing, as `wire` gives it."""
        model = self.service.models.named(request.get("model"))
        reading = self.service.read(model, pictures.framed(request))
        note = pictures.note(pictures.pad_ink(request.get("ink")))
        return {**wire(reading), "note": note, "notice": self.service.notice}

    def draws(self, request: dict) -> dict:
        """{code, deviation, seed, model} -> {"strip": draws from that posterior in one PNG}."""
        model = self.service.models.named(request.get("model"))
        mean = model.code(request.get("code"))
        deviation = model.code(request.get("deviation"), "deviation")
        codes = posterior_draws(mean, deviation, bounds.seed(request.get("seed")))
        digits = self.service.executor.run(model, lambda vae: inference.decode(vae, codes))
        return {"strip": render.data_uri(render.png(render.strip(digits)))}

    def complete(self, request: dict) -> dict:
        """{ink, visible, seed, refined, model, framed = True} -> completions of the pad's drawing.

        `visible` is a text of 784 zeros and ones. Not `refined`, they come at once.

        strip    COMPLETIONS digits in one PNG, the visible pixels as they are in the drawing
        code     of the first of them
        """
        model = self.service.models.named(request.get("model"))
        visible = bounds.visible(as_list(request.get("visible")))
        seed = bounds.seed(request.get("seed"))
        steps = 0 if request.get("refined") is False else inference.STEPS
        codes, digits = self.service.complete(
            model, pictures.framed(request), visible, COMPLETIONS, seed, steps
        )
        return {
            "strip": render.data_uri(render.png(render.strip(digits))),
            "code": codes[0],
            "notice": self.service.notice,
        }

    def photo(self, request: dict) -> dict:
        """{image: data URI} -> {"ink": the picture as bright ink on the pad's square, a PNG;
        "packed": the same as the pad sends it}."""
        try:
            ink = pictures.drawing(request.get("image"))
            framing.frame(ink)  # refused now rather than when it lies on the pad
        except framing.NothingDrawn:
            raise BadRequest(str(framing.NoDigitFound())) from None
        fitted = pictures.fitted(ink, PAD_SIDE)
        return {"ink": render.data_uri(render.png(fitted)), "packed": pictures.packed(fitted)}


def as_list(visible: object) -> object:
    """A text of 784 zeros and ones as a list of numbers; anything else as it is."""
    packed = isinstance(visible, str) and len(visible) == PIXELS and set(visible) <= {"0", "1"}
    return [int(each) for each in str(visible)] if packed else visible


def posterior_draws(mean: list[float], deviation: list[float], seed: int) -> Tensor:
    """POSTERIOR_DRAWS codes (N, D), z = mu + sigma * epsilon; the sign of sigma is ignored."""
    mu, sigma = torch.tensor(mean), torch.tensor(deviation).abs().clamp_min(SMALLEST_DEVIATION)
    rows = (value.repeat(POSTERIOR_DRAWS, 1) for value in (mu, 2 * sigma.log()))
    return Gaussian(*rows).sample(torch.Generator().manual_seed(seed))


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
