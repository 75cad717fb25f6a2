"""The models on show: their weights, and what metrics.json says of them. No device, no request."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from vae import inference, loss, storage
from vae.model import VAE
from vae.ui.server import bounds
from vae.ui.server.environment import Unavailable

# Preferred names of the model that the page opens with; the first by name where none is there.
DEFAULT_MODELS = ("conv", "mlp")


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """One model on show. Its metrics may be absent, old or edited by hand."""

    name: str
    vae: VAE  # frozen, on the CPU
    metrics: dict = field(default_factory=dict)

    @property
    def latent_dim(self) -> int:
        return self.vae.latent_dim

    @cached_property
    def digits(self) -> range:
        """The classes that samples of this model can be asked for."""
        return inference.classes_of(self.vae)

    @cached_property
    def directions(self) -> tuple[str, ...]:
        """The names of the directions along which a code of this model can be steered."""
        return inference.directions_of(self.vae)

    def percentile(self, negative_elbo: float) -> float | None:
        """The share (%) of test digits with a lower negative ELBO (nats); None if not measured."""
        if self._quantiles is None:
            return None
        return float(np.interp(negative_elbo, self._quantiles, np.arange(101.0)))

    @cached_property
    def _quantiles(self) -> list[float] | None:
        """Percentiles 0 to 100 of the test digits' negative ELBO at the posterior mean, nats."""
        found: Any = self.metrics
        for key in ("test", "quantiles", "negative_elbo_at_mean"):
            found = found.get(key) if isinstance(found, dict) else None
        return found if finite_numbers(found, 101) and found == sorted(found) else None

    @cached_property
    def use_of_dimensions(self) -> tuple[list[int], int]:
        """The latent dimensions, the largest KL on the test digits first, and how many are active.

        Natural order, all active, where nothing was measured.
        """
        test = self.metrics.get("test")
        kl: Any = test.get("kl_per_dimension") if isinstance(test, dict) else None
        if not finite_numbers(kl, self.latent_dim):
            return list(range(self.latent_dim)), self.latent_dim
        order = sorted(range(self.latent_dim), key=lambda dimension: -kl[dimension])
        return order, sum(value > loss.ACTIVE_KL for value in kl)


class Models:
    """The models on show by name, the default first. At least one."""

    def __init__(self, models: Mapping[str, VAE], metrics: Mapping[str, dict] | None = None):
        """`models` are frozen and on the CPU; `metrics` as `storage.load_metrics` reads them."""
        metrics = metrics or {}
        preferred = [name for name in DEFAULT_MODELS if name in models]
        names = dict.fromkeys([*preferred[:1], *models])
        self._loaded = {
            name: LoadedModel(name, models[name], metrics.get(name, {})) for name in names
        }

    def __iter__(self) -> Iterator[LoadedModel]:
        return iter(self._loaded.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._loaded)

    @property
    def default(self) -> LoadedModel:
        return next(iter(self))

    def named(self, name: object) -> LoadedModel:
        """The model that a caller names; the default for None. Raises BadRequest."""
        if name is None:
            return self.default
        return self._loaded[bounds.choice(name, "model", self.names)]


def load(root: Path) -> tuple[Models, list[str]]:
    """Every usable model below `root`, and a sentence for each that is not. Raises Unavailable."""
    models, complaints = {}, []
    for folder in storage.find_models(root):
        try:
            folder.name.encode()  # the page is told by its name
            models[folder.name] = storage.load_model(folder)
        except UnicodeEncodeError:
            complaints.append(f"{folder} has a name that is not valid UTF-8: rename it.")
        except storage.InvalidWeights as error:
            complaints.append(str(error))
    if not models:
        reason = " ".join([*complaints, f"There is no usable model in {root}"])
        raise Unavailable(f"{reason}: train one with `python train_model.py`.")
    return Models(models, {name: storage.load_metrics(root / name) for name in models}), complaints


def finite_numbers(values: object, count: int) -> bool:
    """Whether `values` is a list of `count` finite numbers."""
    return (
        isinstance(values, list)
        and len(values) == count
        and all(type(value) in (int, float) and math.isfinite(value) for value in values)
    )
