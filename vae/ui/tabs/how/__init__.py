"""The How it works tab: the computation of the visitor's drawing, step by step, in its numbers."""

from decimal import Decimal

import torch

from vae import render
from vae.ui.part import part
from vae.ui.server import bounds, pictures
from vae.ui.server.service import Service
from vae.ui.tabs.how.steps import NAMED, Steps, steps

SAMPLES = 16  # of the prior, from either model


class How:
    """From the image to the negative ELBO. The page formats; every number is computed here."""

    label = "How it works"

    def __init__(self, service: Service):
        self.service = service
        part("how", self.steps, slow=[self.samples])

    def steps(self, request: dict) -> dict:
        """{ink, seed, model, framed = True} -> the steps, as `wire` gives them.

        A seed of null is no noise at all.
        """
        image = pictures.framed(request)
        seed = request.get("seed")
        seed = None if seed is None else bounds.seed(seed)
        model = self.service.models.named(request.get("model"))
        found = self.service.executor.run(model, lambda vae: steps(vae, image, seed))
        return {**wire(found), "notice": self.service.notice}

    def samples(self, request: dict) -> dict:
        """{} -> {"sheets": {"with", "without"}}, samples of the prior in one PNG each, decoded from
        the same codes by models that were trained with the KL term and without it.

        Null where there are no two such models.
        """
        pair = self.service.models.kl_pair
        if pair is None:
            return {"sheets": None}
        sheets = [self.service.sample(model, SAMPLES)[1] for model in pair]
        return {
            "sheets": {
                kind: render.data_uri(render.png(render.sheet(digits)))
                for kind, digits in zip(("with", "without"), sheets, strict=True)
            }
        }


def wire(steps: Steps) -> dict:
    """The steps as the page takes them: numbers as they are to be shown, in strings; the pixels'
    as numbers; image, decoded digit and misfit side by side in one PNG strip."""
    strip = render.strip(torch.stack((steps.image, steps.decoded, steps.misfit)))
    return {
        "strip": render.data_uri(render.png(strip)),
        "pixels": steps.pixels._asdict(),
        "dimensions": [
            {key: plain(value) for key, value in dimension._asdict().items()}
            for dimension in steps.dimensions
        ],
        "named": min(NAMED, len(steps.dimensions)),
        "otherKl": plain(steps.other_kl),
        "kl": plain(steps.kl),
        "reconstruction": plain(steps.reconstruction),
        "total": plain(steps.total),
    }


def plain(value: Decimal | int) -> str | int:
    """A number as it is shown, with a minus sign for a hyphen; a count stays a number."""
    return value if isinstance(value, int) else f"{value:f}".replace("-", "\N{MINUS SIGN}")
