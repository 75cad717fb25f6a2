"""The questions that the page and the endpoints share. Takes valid values, keeps nothing.

Whoever takes a value from a caller checks it against `bounds` first. What only one tab asks is in
that tab's folder, and runs on `Service.executor`.
"""

import threading
from typing import NamedTuple

import torch
from torch import Tensor

from vae import inference, loss
from vae.model import VAE, Gaussian
from vae.ui.server import bounds
from vae.ui.server.executor import Executor, decode_many
from vae.ui.server.models import LoadedModel, Models

UNTYPICAL = 99.5  # percentile of the test digits' negative ELBO above which a drawing is untypical


class Reading(NamedTuple):
    """What a model makes of one image (1, 28, 28)."""

    code: list[float]  # D: the posterior mean, as it leaves the server
    standard_deviation: list[float]  # D
    kl_per_dimension: list[float]  # D, nats
    image: Tensor  # (1, 28, 28): what was encoded
    reconstruction: Tensor  # (1, 28, 28) in [0, 1], decoded from `code`
    reconstruction_nats: float
    kl_nats: float
    percentile: float | None  # share (%) of the test digits with a lower negative ELBO; if known

    @property
    def untypical(self) -> bool:
        """Whether hardly any test digit is described as badly as this image."""
        return self.percentile is not None and self.percentile > UNTYPICAL


class Service:
    """Answers questions about the models on show. Safe to call from many threads at once."""

    def __init__(self, models: Models, device: torch.device | str = "cpu"):
        self.models = models
        self.executor = Executor(models, device)

    @property
    def notice(self) -> str | None:
        """None, or one sentence for visitors about how the models run."""
        return self.executor.notice

    def read(self, model: LoadedModel, image: Tensor) -> Reading:
        """Encode and reconstruct one image (1, 28, 28) in [0, 1]."""

        def work(vae: VAE) -> tuple[Gaussian, list[float], Tensor]:
            posterior = inference.encode(vae, image.unsqueeze(0))
            code = bounds.rounded(posterior.mean[0].tolist())
            return posterior, code, inference.decode_logits(vae, torch.tensor([code]))

        posterior, code, logits = self.executor.run(model, work)
        kl = posterior.kl_to_standard_normal()[0]
        reconstruction_nats = float(loss.reconstruction_term(logits, image.unsqueeze(0)))
        kl_nats = float(kl.sum())
        return Reading(
            code=code,
            standard_deviation=bounds.rounded(posterior.standard_deviation[0].tolist()),
            kl_per_dimension=bounds.rounded(kl.tolist()),
            image=image,
            reconstruction=logits[0].sigmoid(),
            reconstruction_nats=reconstruction_nats,
            kl_nats=kl_nats,
            percentile=model.percentile(reconstruction_nats + kl_nats),
        )

    def decode(self, model: LoadedModel, code: list[float]) -> Tensor:
        """The digit (1, 28, 28) of one latent code."""
        codes = torch.tensor([code])
        return self.executor.run(model, lambda vae: inference.decode(vae, codes))[0]

    def sample_codes(
        self,
        model: LoadedModel,
        count: int,
        seed: int = 0,
        temperature: float = 1.0,
        source: str = "prior",
        digit: int | None = None,
    ) -> list[list[float]]:
        """`count` latent codes drawn from the prior or the aggregate posterior ("posterior").

        One seed always gives the same codes, and its first ones do not depend on `count`.
        """
        codes = inference.sample_codes(
            model.vae, count, seed=seed, temperature=temperature, source=source, digit=digit
        )
        return [bounds.rounded(code) for code in codes.tolist()]

    def sample(
        self,
        model: LoadedModel,
        count: int,
        seed: int = 0,
        temperature: float = 1.0,
        source: str = "prior",
        digit: int | None = None,
    ) -> tuple[list[list[float]], Tensor]:
        """`sample_codes` and their digits (count, 1, 28, 28)."""
        codes = self.sample_codes(model, count, seed, temperature, source, digit)
        return codes, self.executor.decode(model, torch.tensor(codes))

    def interpolate(
        self, model: LoadedModel, start: list[float], end: list[float], steps: int, path: str
    ) -> Tensor:
        """The digits (steps, 1, 28, 28) on the path between two codes.

        The first and the last are exactly what `decode` gives for `start` and `end`.
        """
        a, b = torch.tensor(start), torch.tensor(end)

        def work(vae: VAE) -> Tensor:
            frames = decode_many(vae, inference.interpolate_codes(a, b, steps, path))
            # A batch may differ from a single image in the last bit, which can tip a grey level.
            frames[:1] = inference.decode(vae, a.unsqueeze(0))
            frames[-1:] = inference.decode(vae, b.unsqueeze(0))
            return frames

        return self.executor.run_in_turn(model, work)

    def prepare(self) -> None:
        """Make what completions of every model need, once: seconds of work.

        Leaves off after a model when the program ends.
        """
        for model in self.models:
            if threading.main_thread().is_alive():
                self.executor.run(model, inference.prepare)

    def complete(
        self,
        model: LoadedModel,
        image: Tensor,
        visible: Tensor,
        count: int,
        seed: int = 0,
        steps: int = inference.STEPS,
    ) -> tuple[list[list[float]], Tensor]:
        """The codes of `count` completions of an image (1, 28, 28), and these (count, 1, 28, 28).

        `visible` is (1, 28, 28); fewer `steps` are faster and worse.
        """

        def work(vae: VAE) -> tuple[list[list[float]], Tensor]:
            generator = torch.Generator().manual_seed(seed)
            drawn = inference.complete_codes(vae, image, visible, count, generator, steps)[0]
            codes = [bounds.rounded(code) for code in drawn.tolist()]
            return codes, torch.where(visible, image, inference.decode(vae, torch.tensor(codes)))

        self.executor.run(model, inference.prepare)  # on a CPU outside the turn: nobody waits
        return self.executor.run_in_turn(model, work)

    def steer(
        self, model: LoadedModel, code: list[float], direction: str, amounts: list[float]
    ) -> tuple[list[list[float]], Tensor]:
        """The codes so many steps along a direction, and their digits (N, 1, 28, 28)."""

        def work(vae: VAE) -> tuple[list[list[float]], Tensor]:
            steered = inference.steer_codes(
                vae, torch.tensor(code), direction, torch.tensor(amounts)
            )
            codes = [bounds.rounded(each) for each in steered.tolist()]
            return codes, decode_many(vae, torch.tensor(codes))

        return self.executor.run_in_turn(model, work)
