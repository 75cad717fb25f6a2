"""The frozen models by name, and everything that may be asked of them.

The page and the API both come through here. Arguments are whatever a caller sent: each is checked
against the bounds before it is used, and BadRequest says what is wrong. Nothing is kept: what
belongs to a visitor stays in the visitor's page.
"""

import copy
import math
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from vae import inference, loss, storage
from vae.model import VAE, Gaussian
from vae.ui.server import bounds, zerogpu

# Preferred names of the model that the page opens with; the first by name where none is there.
DEFAULT_MODELS = ("conv", "mlp")
UNTYPICAL = 99.5  # percentile of the test digits' negative ELBO above which a drawing is untypical

# Many codes are decoded in halves, side by side where there are two cores: a click shows a sheet of
# 64 after 33 ms rather than 39.
HALVES = 2 if (os.cpu_count() or 1) > 1 else 1
MANY = 32
HELPERS = ThreadPoolExecutor(HALVES, thread_name_prefix="decoding")

# Of the questions for many digits, which come in threads, one at a time is computed: threads that
# compute at once take the interpreter's lock from each other at every small step, and all wait
# longer (tests/benchmarks/load.py). Those for one digit come one at a time as it is (vae.ui.part)
# and do not wait for this lock, lest the event loop stand still; but an accelerator is used by one
# alone.
TURN = threading.RLock()

Answer = TypeVar("Answer")


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


@dataclass(frozen=True)
class Exhibit:
    """One model on show: the copy on the CPU, the one that works, and what was measured of it."""

    on_cpu: VAE
    at_work: VAE
    quantiles: tuple[float, ...] | None  # percentiles 0 ... 100 of the test digits' -ELBO, nats
    metrics: dict

    @classmethod
    def of(cls, model: VAE, metrics: dict, device: torch.device) -> "Exhibit":
        at_work = copy.deepcopy(model).to(device) if device.type != "cpu" else model
        return cls(model, at_work, quantiles(metrics), metrics)


def quantiles(metrics: dict) -> tuple[float, ...] | None:
    """The percentiles of the test digits' negative ELBO at the posterior mean, where metrics.json
    holds 101 ascending numbers for them: the file may be absent, old or edited by hand."""
    found = metrics
    for key in ("test", "quantiles", "negative_elbo_at_mean"):
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, list) or len(found) != 101:
        return None
    numbers = all(type(value) in (int, float) and math.isfinite(value) for value in found)
    return tuple(found) if numbers and found == sorted(found) else None


class Service:
    """Answers questions about its models. Safe to call from many threads at once.

    `notice` is None, or one sentence for visitors about how the service runs.
    """

    def __init__(
        self,
        models: Mapping[str, VAE],
        metrics: Mapping[str, dict] | None = None,
        device: torch.device | str = "cpu",
    ):
        """`models` by name, on the CPU, at least one; `metrics` as `storage.load_metrics` reads."""
        device, metrics = torch.device(device), metrics or {}
        self.notice: str | None = None
        self.exhibits = {
            name: Exhibit.of(model, metrics.get(name, {}), device) for name, model in models.items()
        }
        preferred = [name for name in DEFAULT_MODELS if name in self.exhibits]
        self.default = preferred[0] if preferred else next(iter(self.exhibits))

    @property
    def names(self) -> tuple[str, ...]:
        """The models' names, the default first."""
        return (self.default, *(name for name in self.exhibits if name != self.default))

    def read(self, image: Tensor, model: object = None) -> Reading:
        """Encode and reconstruct one image (1, 28, 28) in [0, 1]. Raises BadRequest."""
        name = self.name_of(model)

        def work(vae: VAE) -> tuple[Gaussian, list[float], Tensor]:
            posterior = inference.encode(vae, image.unsqueeze(0))
            code = bounds.rounded(posterior.mean[0].tolist())
            return posterior, code, inference.decode_logits(vae, torch.tensor([code]))

        posterior, code, logits = self.compute(name, work)
        kl = posterior.kl_to_standard_normal()[0]
        pixels = loss.reconstruction_term(logits, image.unsqueeze(0))
        reconstruction_nats, kl_nats = float(pixels), float(kl.sum())
        return Reading(
            code=code,
            standard_deviation=bounds.rounded(posterior.standard_deviation[0].tolist()),
            kl_per_dimension=bounds.rounded(kl.tolist()),
            image=image,
            reconstruction=logits[0].sigmoid(),
            reconstruction_nats=reconstruction_nats,
            kl_nats=kl_nats,
            percentile=self._percentile(name, reconstruction_nats + kl_nats),
        )

    def decode(self, code: object, model: object = None) -> Tensor:
        """The digit (1, 28, 28) of one latent code. Raises BadRequest."""
        name = self.name_of(model)
        codes = torch.tensor([bounds.code(code, "code", self.latent_dim(name))])
        return self.compute(name, lambda vae: inference.decode(vae, codes))[0]

    def draw_from_posterior(
        self, mean: object, deviation: object, seed: object, model: object = None
    ) -> Tensor:
        """POSTERIOR_DRAWS digits (N, 1, 28, 28) of z = mu + sigma * epsilon. Raises BadRequest."""
        name = self.name_of(model)
        dimensions = self.latent_dim(name)
        mu = torch.tensor(bounds.code(mean, "code", dimensions))
        sigma = torch.tensor(bounds.code(deviation, "deviation", dimensions))
        seed = bounds.whole_number(seed, "seed", 0, bounds.LARGEST_SEED)
        posterior = Gaussian(mu, 2 * sigma.abs().clamp_min(1e-6).log())
        codes = Gaussian(*(value.repeat(bounds.POSTERIOR_DRAWS, 1) for value in posterior))
        z = codes.sample(torch.Generator().manual_seed(seed))
        return self.compute(name, lambda vae: inference.decode(vae, z))

    def sample_codes(
        self, count: object, seed: object, temperature: object, source: object, model: object = None
    ) -> list[list[float]]:
        """`count` latent codes drawn from the prior or the aggregate posterior ("posterior").

        One seed gives the same codes always, and its first codes whatever the count. Raises
        BadRequest.
        """
        count = bounds.whole_number(count, "count", 1, bounds.LARGEST_COUNT)
        seed = bounds.whole_number(seed, "seed", 0, bounds.LARGEST_SEED)
        temperature = bounds.number(temperature, "temperature", 0, bounds.LARGEST_TEMPERATURE)
        source = bounds.choice(source, "source", inference.SOURCES)
        # Drawn on the CPU, so that a seed means the same digits on every device.
        vae = self.exhibits[self.name_of(model)].on_cpu
        codes = inference.sample_codes(
            vae, count, seed=seed, temperature=temperature, source=source
        )
        return [bounds.rounded(code) for code in codes.tolist()]

    def sample(
        self,
        count: object,
        seed: object = 0,
        temperature: object = 1.0,
        source: object = "prior",
        model: object = None,
    ) -> tuple[list[list[float]], Tensor]:
        """`sample_codes` and their digits (count, 1, 28, 28). Raises BadRequest."""
        name = self.name_of(model)
        codes = self.sample_codes(count, seed, temperature, source, name)
        return codes, self._decode_sheet(name, torch.tensor(codes))

    def interpolate(
        self, start: object, end: object, steps: object, path: object, model: object = None
    ) -> Tensor:
        """The digits (steps, 1, 28, 28) on the way between two codes. Raises BadRequest.

        The first and the last are exactly what `decode` gives for `start` and `end`.
        """
        name = self.name_of(model)
        steps = bounds.whole_number(steps, "steps", *bounds.STEPS)
        path = bounds.choice(path, "path", inference.PATHS)
        dimensions = self.latent_dim(name)
        a = torch.tensor(bounds.code(start, "start", dimensions))
        b = torch.tensor(bounds.code(end, "end", dimensions))

        def work(vae: VAE) -> Tensor:
            frames = decode_many(vae, inference.interpolate_codes(a, b, steps, path))
            # A batch may differ from a single image in the last bit, which can tip a grey level.
            frames[:1] = inference.decode(vae, a.unsqueeze(0))
            frames[-1:] = inference.decode(vae, b.unsqueeze(0))
            return frames

        return self.compute_many(name, work)

    def traverse(self, code: object, model: object = None) -> tuple[list[int], list[float], Tensor]:
        """Each of a model's most used dimensions in turn set to each of TRAVERSAL_VALUES.

        The dimensions, the values, and the digits (dimensions * values, 1, 28, 28), dimension by
        dimension; the rest of `code` stays as it is. Raises BadRequest.
        """
        name = self.name_of(model)
        start = torch.tensor(bounds.code(code, "code", self.latent_dim(name)))
        dimensions = self.use_of_dimensions(name)[0][: bounds.TRAVERSED_DIMENSIONS]
        values = torch.tensor(bounds.TRAVERSAL_VALUES)

        def work(vae: VAE) -> Tensor:
            return torch.cat([inference.traverse(vae, start, each, values) for each in dimensions])

        return dimensions, values.tolist(), self.compute_many(name, work)

    def manifold(self, name: str) -> Tensor:
        """What the model `name`, of two dimensions, decodes over the prior's quantiles:
        (MAP_SIDE^2, 1, 28, 28), row by row from the top."""
        return self.compute_many(name, lambda vae: inference.manifold(vae, bounds.MAP_SIDE))

    def name_of(self, model: object) -> str:
        """The name of a model on show, the default for None. Raises BadRequest."""
        return self.default if model is None else bounds.choice(model, "model", self.names)

    def use_of_dimensions(self, name: str) -> tuple[list[int], int]:
        """The latent dimensions by how much the test digits use them, and how many are in use.

        Natural order, all in use, where nothing was measured.
        """
        dimensions = self.latent_dim(name)
        test = self.exhibits[name].metrics.get("test")
        kl = test.get("kl_per_dimension") if isinstance(test, dict) else None
        measured = (
            isinstance(kl, list)
            and len(kl) == dimensions
            and all(type(value) in (int, float) and math.isfinite(value) for value in kl)
        )
        if not measured:
            return list(range(dimensions)), dimensions
        order = sorted(range(dimensions), key=lambda dimension: -kl[dimension])
        return order, sum(value > loss.ACTIVE_KL for value in kl)

    def latent_dim(self, name: str) -> int:
        return self.exhibits[name].on_cpu.latent_dim

    def metrics(self, name: str) -> dict:
        """What the metrics.json of a model says; nothing of it is checked."""
        return self.exhibits[name].metrics

    def _decode_sheet(self, name: str, codes: Tensor) -> Tensor:
        if zerogpu.ACTIVE and len(codes) >= zerogpu.LARGE_SHEET:
            try:
                return zerogpu.decode_on_gpu(self.exhibits[name].on_cpu, codes)
            except Exception as error:  # no quota left, no GPU free: whatever it is, go on
                print(f"No GPU was lent ({error}); using the CPU.", flush=True)
        return self.compute_many(name, lambda vae: decode_many(vae, codes))

    def _percentile(self, name: str, negative_elbo: float) -> float | None:
        known = self.exhibits[name].quantiles
        if known is None:
            return None
        return float(np.interp(negative_elbo, known, np.arange(101.0)))

    def compute_many(self, name: str, work: Callable[[VAE], Answer]) -> Answer:
        """`compute` for work on many digits: in turn."""
        with TURN:
            return self.compute(name, work)

    def compute(self, name: str, work: Callable[[VAE], Answer]) -> Answer:
        """`work` on a model; on the CPU if the accelerator fails, from then on for all models."""
        exhibit = self.exhibits[name]
        try:
            if exhibit.at_work.device.type == "cpu":
                return work(exhibit.at_work)
            with TURN:
                return work(exhibit.at_work)
        except RuntimeError as error:  # out of memory, or the device is lost; or a mistake of ours
            if exhibit.at_work.device.type == "cpu":
                raise
            answer = work(exhibit.on_cpu)  # a mistake of ours is raised again here
            print(f"The accelerator failed ({error}); continuing on the CPU.", flush=True)
        self.notice = "The graphics card failed: the models now run on the processor."
        self.exhibits = {
            key: Exhibit(value.on_cpu, value.on_cpu, value.quantiles, value.metrics)
            for key, value in self.exhibits.items()
        }
        return answer


def decode_many(vae: VAE, codes: Tensor) -> Tensor:
    """`inference.decode`, of many codes on a CPU in halves, side by side."""
    if vae.device.type != "cpu" or len(codes) < MANY:
        return inference.decode(vae, codes)
    return torch.cat(
        list(HELPERS.map(lambda half: inference.decode(vae, half), codes.chunk(HALVES)))
    )


class NoModels(RuntimeError):
    """There is nothing to show; the message is one sentence that says what to do."""


def load(root: Path, device: torch.device | str = "cpu") -> tuple[Service, list[str]]:
    """A service of every usable model below `root`, and one sentence for each that is not.

    Raises NoModels.
    """
    models, complaints = {}, []
    for folder in storage.find_models(root):
        try:
            models[folder.name] = storage.load_model(folder)
        except storage.InvalidWeights as error:
            complaints.append(str(error))
    if not models:
        reason = " ".join([*complaints, f"There is no usable model in {root}"])
        raise NoModels(f"{reason}: train one with `python train_model.py`.")
    metrics = {name: storage.load_metrics(root / name) for name in models}
    return Service(models, metrics, device), complaints
