"""The named endpoints: the page's questions, for programs and assistants (README.md beside this).

Unqueued and stateless. Pictures are base64 data URIs, so that the server never fetches anything;
codes are lists of D numbers; a call that cannot be answered gets one sentence.
"""

import functools
from collections.abc import Callable

import gradio as gr
import torch
from starlette.concurrency import run_in_threadpool

from vae import framing, render
from vae.ui.server import bounds, pictures
from vae.ui.server.bounds import BadRequest
from vae.ui.server.service import Service


def publish(service: Service) -> None:
    """Add the endpoints to the gr.Blocks in whose context this is called."""
    for endpoint in (*about_a_picture(service), *of_a_code(service)):
        add(endpoint, slow=False)
    for endpoint in (*of_many_codes(service), *of_a_changed_picture(service)):
        add(endpoint, slow=True)


def add(endpoint: Callable, slow: bool) -> None:
    """Publish an endpoint under its name, described by its docstring."""
    # All of the docstring: left alone, Gradio's page of the API stops before "Args".
    description = " ".join((endpoint.__doc__ or "").split())
    gr.api(
        polite(endpoint, slow),
        api_name=endpoint.__name__,
        api_description=description,
        queue=False,
    )


def about_a_picture(service: Service) -> tuple[Callable, ...]:
    """What a model makes of one picture."""
    models, default = service.models, service.models.default.name

    def reconstruct(image: str, model: str = default) -> dict:
        """Encode a picture of a digit and decode its latent code (the posterior mean).

        Args:
            image: The picture as a base64 data URI (PNG, JPEG, WebP, BMP, GIF), any size up to
                4 megapixels; dark on light or light on dark.
            model: Name of a weights folder.

        Returns:
            seen: what the model was shown, 28x28, a PNG data URI
            reconstruction: what it made of that, 28x28, a PNG data URI
            reconstruction_nats, kl_nats: the two terms of the negative ELBO
            percentile: share (%) of the test digits that are described better; null if unknown
            note: null, or a sentence: that the picture looks like several digits
        """
        ink = pictures.drawing(image)
        reading = service.read(models.named(model), framing.frame(ink))
        return {
            "seen": png(reading.image),
            "reconstruction": png(reading.reconstruction),
            "reconstruction_nats": reading.reconstruction_nats,
            "kl_nats": reading.kl_nats,
            "percentile": reading.percentile,
            "note": pictures.note(ink),
        }

    def encode(image: str, model: str = default) -> dict:
        """Encode a picture of a digit: the posterior q(z|x) of its latent code.

        Args:
            image: The picture as a base64 data URI (PNG, JPEG, WebP, BMP, GIF).
            model: Name of a weights folder.

        Returns:
            mean: D numbers, the code that stands for the picture
            standard_deviation: D numbers
            kl_nats: D numbers, how many nats each dimension carries
            note: null, or a sentence: that the picture looks like several digits
        """
        ink = pictures.drawing(image)
        reading = service.read(models.named(model), framing.frame(ink))
        return {
            "mean": reading.code,
            "standard_deviation": reading.standard_deviation,
            "kl_nats": reading.kl_per_dimension,
            "note": pictures.note(ink),
        }

    return reconstruct, encode


def of_a_code(service: Service) -> tuple[Callable, ...]:
    """What a model makes of one latent code."""
    models, default = service.models, service.models.default.name

    def decode(code: list[float], model: str = default) -> str:
        """Decode a latent code.

        Args:
            code: D numbers from -100 to 100, D being the model's number of latent dimensions;
                farther for a model whose codes lie farther from zero.
            model: Name of a weights folder.

        Returns:
            The digit, 28x28, a PNG data URI.
        """
        chosen = models.named(model)
        return png(service.decode(chosen, chosen.code(code)))

    return (decode,)


def of_many_codes(service: Service) -> tuple[Callable, ...]:
    """What takes a model longer: many codes."""
    models, default = service.models, service.models.default.name

    def sample(
        count: int = 64,
        seed: int = 0,
        temperature: float = 1.0,
        source: str = "prior",
        model: str = default,
        digit: int | None = None,
    ) -> dict:
        """Draw random latent codes and decode them. The same seed gives the same digits.

        Args:
            count: How many digits, 1 to 400.
            seed: 0 to 2147483647.
            temperature: Scales the standard deviation of the draws, 0 to 2.
            source: "prior" (N(0, I)) or "posterior" (the aggregate posterior of the training set).
            model: Name of a weights folder.
            digit: 0 to 9 for codes of that digit alone; left out, or null, for any. Only with
                source "posterior".

        Returns:
            sheet: all digits in rows, about square, 28x28 each, a PNG data URI
            codes: count lists of D numbers, row by row
        """
        chosen, source = models.named(model), bounds.source(source)
        codes, digits = service.sample(
            chosen,
            bounds.count(count),
            bounds.seed(seed),
            bounds.temperature(temperature),
            source,
            bounds.digit(digit, chosen.digits, source),
        )
        return {"sheet": render.data_uri(render.png(render.sheet(digits))), "codes": codes}

    def interpolate(
        start: str, end: str, steps: int = 11, path: str = "linear", model: str = default
    ) -> list[str]:
        """Walk from one picture of a digit to another through the latent space.

        Args:
            start: The first picture as a base64 data URI.
            end: The last picture as a base64 data URI.
            steps: How many frames, both ends included, 2 to 121.
            path: "linear" or "spherical".
            model: Name of a weights folder.

        Returns:
            The frames, 28x28 each, PNG data URIs; the first and last are exactly the two pictures'
            reconstructions.
        """
        chosen, steps, path = models.named(model), bounds.steps(steps), bounds.path(path)
        images = (framing.frame(pictures.drawing(each)) for each in (start, end))
        a, b = (service.read(chosen, image).code for image in images)
        return [png(frame) for frame in service.interpolate(chosen, a, b, steps, path)]

    return sample, interpolate


def of_a_changed_picture(service: Service) -> tuple[Callable, ...]:
    """What a model makes of a picture that is partly hidden, or steered along a direction."""
    models, default = service.models, service.models.default.name

    def complete(
        image: str,
        visible: list[int] | str = "upper",
        count: int = 8,
        seed: int = 0,
        model: str = default,
    ) -> dict:
        """Hide a part of a picture of a digit and fill it in: draws from p(hidden | visible).

        Args:
            image: The picture as a base64 data URI (PNG, JPEG, WebP, BMP, GIF).
            visible: The half that stays, "upper", "lower", "left" or "right", or 784 zeros and
                ones, one for each pixel of the picture as the model sees it, row by row; 1 stays.
            count: How many completions, 1 to 64.
            seed: 0 to 2147483647.
            model: Name of a weights folder.

        Returns:
            seen: what the model was shown, the hidden pixels black, 28x28, a PNG data URI
            completions: count PNG data URIs, 28x28 each; the visible pixels are as in seen
            codes: count lists of D numbers, the latent codes behind them
        """
        chosen, mask = models.named(model), bounds.visible(visible)
        count = bounds.whole_number(count, "count", 1, bounds.LARGEST_COMPLETIONS)
        seed, digit = bounds.seed(seed), framing.frame(pictures.drawing(image))
        codes, completions = service.complete(chosen, digit, mask, count, seed)
        return {
            "seen": png(digit * mask),
            "completions": [png(each) for each in completions],
            "codes": codes,
        }

    def steer(
        image: str, direction: str = "slant", amount: float = 1.0, model: str = default
    ) -> dict:
        """Change one thing about a picture of a digit: its latent code moves along a direction.

        Args:
            image: The picture as a base64 data URI (PNG, JPEG, WebP, BMP, GIF).
            direction: "slant", "width" (of the stroke) or "breadth", or "0" to "9" to go towards
                that digit.
            amount: How many steps, -3 to 3. One step changes slant, width or breadth by one
                standard deviation of the training set's; towards a digit it is the whole way from
                the middle of the picture's own class to the middle of that one. A positive slant
                leans to the left.
            model: Name of a weights folder.

        Returns:
            reconstruction: the picture's code decoded as it is, 28x28, a PNG data URI
            steered: the same after the steps, 28x28, a PNG data URI
            code: D numbers, the code that steered was decoded from
        """
        chosen = models.named(model)
        name, amount = bounds.direction(direction, chosen.directions), bounds.amount(amount)
        reading = service.read(chosen, framing.frame(pictures.drawing(image)))
        codes, digits = service.steer(chosen, reading.code, name, [amount])
        return {
            "reconstruction": png(reading.reconstruction),
            "steered": png(digits[0]),
            "code": codes[0],
        }

    return complete, steer


def png(digit: torch.Tensor) -> str:
    """A digit (1, 28, 28) as a PNG data URI."""
    return render.data_uri(render.png(render.digit(digit)))


def polite(endpoint: Callable, slow: bool) -> Callable:
    """`endpoint`, with what is wrong with a call as a sentence instead of a traceback.

    Runs on the event loop (vae.ui.part says why), unless it is `slow` or a picture is large.
    """

    @functools.wraps(endpoint)
    async def answer(*arguments: object) -> object:
        try:
            if slow or any(map(pictures.is_large, arguments)):
                return await run_in_threadpool(endpoint, *arguments)
            return endpoint(*arguments)
        except (BadRequest, framing.NothingDrawn) as error:
            raise gr.Error(str(error), print_exception=False) from None

    return answer
