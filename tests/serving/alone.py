"""What an answer's model and PNG take by themselves, in the server and once a request.

In another process, or over and over, it would be another figure: where in the memory the weights
happen to lie, and what has passed through the processor's caches since they were last read, makes
the same computation take up to half as long again.
"""

import time
from collections.abc import Callable

import torch

from vae import render
from vae.ui.server import api, bounds, pictures
from vae.ui.server.service import Service
from vae.ui.tabs import draw

IMAGES = 8


def timer(service: Service) -> Callable[[dict], dict]:
    """A function for a part: {work, index, ink} -> {"seconds": that the work took}."""

    def image(index: int) -> torch.Tensor:
        return torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(index)).round()

    images = [image(index) for index in range(IMAGES)]

    def strip(index: int, ink: str) -> None:
        """The model reads an image; both are put into one PNG, as for the page."""
        draw.wire(service.read(service.models.default, images[index]))

    def pair(index: int, ink: str) -> None:
        """The model reads an image; each is put into a PNG, as for programs."""
        reading = service.read(service.models.default, images[index])
        api.png(reading.image), api.png(reading.reconstruction)

    def whole(index: int, ink: str) -> None:
        """All that the page's function does: the drawing is unpacked and framed as well."""
        draw.wire(service.read(service.models.default, pictures.framed({"ink": ink})))

    def sheet(index: int, ink: str) -> None:
        """64 codes are drawn, decoded and put into one PNG."""
        _, digits = service.sample(service.models.default, 64, index)
        render.data_uri(render.png(render.strip(digits)))

    works = {work.__name__: work for work in (strip, pair, whole, sheet)}

    def alone(request: dict) -> dict:
        work = bounds.choice(request.get("work"), "work", tuple(works))
        index = bounds.whole_number(request.get("index"), "index", 0, IMAGES - 1)
        began = time.perf_counter()
        works[work](index, request.get("ink"))
        return {"seconds": time.perf_counter() - began}

    return alone
