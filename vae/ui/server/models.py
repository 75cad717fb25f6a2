"""The models on show: their weights, and what metrics.json says of them. No device, no request."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from vae import history, inference, loss, storage
from vae.history import History
from vae.model import VAE
from vae.ui.server import bounds
from vae.ui.server.environment import Unavailable

# Preferred names of the model that the page opens with; the first by name where none is there.
DEFAULT_MODELS = ("conv", "mlp")
LEFT_THE_PRIOR = 2  # standard deviations of the prior: codes as far from zero as that have left it


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """One model on show. Its metrics may be absent, old or edited by hand."""

    name: str
    vae: VAE  # frozen, on the CPU
    metrics: dict = field(default_factory=dict)
    history: History | None = None

    @property
    def latent_dim(self) -> int:
        return self.vae.latent_dim

    @cached_property
    def kl_weight(self) -> float:
        """The weight of the KL term in training: beta of a beta-VAE, 0 for a plain autoencoder.

        1, as for any VAE, where nothing is said of it.
        """
        settings = self.metrics.get("settings")
        weight: Any = settings.get("kl_weight") if isinstance(settings, dict) else None
        return float(weight) if finite_numbers([weight], 1) and weight >= 0 else 1.0

    @cached_property
    def spread(self) -> float:
        """How much farther from zero the codes of training digits lie than those of the prior.

        1 where they keep to the prior, as those of a VAE do.
        """
        vae = self.vae
        squares = vae.mixture_means.square() + vae.mixture_cholesky.square().sum(2)
        distance = float((vae.mixture_weights.unsqueeze(1) * squares).sum(0).max().sqrt())
        return 1.0 if distance < LEFT_THE_PRIOR else float(math.ceil(distance))

    @cached_property
    def test_codes(self) -> dict | None:
        """Codes of test digits {x, y, labels} as evaluation writes them; None without."""
        codes = self.metrics.get("test_codes")
        if not isinstance(codes, dict) or codes.keys() != {"labels", "x", "y"}:
            return None
        labels, x, y = codes["labels"], codes["x"], codes["y"]
        classes = isinstance(labels, str) and set(labels) <= set("0123456789")
        if not classes or not 0 < len(labels) <= bounds.MAP_CODES:
            return None
        return codes if finite_numbers(x, len(labels)) and finite_numbers(y, len(labels)) else None

    @cached_property
    def largest_coordinate(self) -> float:
        """The bound of a code's numbers, either sign: wide enough for any digit and all the map."""
        codes = self.test_codes or {"x": [], "y": []}
        farthest = max(map(abs, [*codes["x"], *codes["y"]]), default=0.0)
        return max(bounds.LARGEST_COORDINATE, 10 * self.spread, float(math.ceil(3 * farthest)))

    def code(self, value: object, name: str = "code") -> list[float]:
        """`value` as a latent code of this model. Raises BadRequest."""
        return bounds.code(value, name, self.latent_dim, self.largest_coordinate)

    @cached_property
    def digits(self) -> range:
        """The classes that samples of this model can be asked for."""
        return inference.classes_of(self.vae)

    @cached_property
    def directions(self) -> tuple[str, ...]:
        """The names of the directions along which a code of this model can be steered."""
        return inference.directions_of(self.vae)

    def percentile(self, negative_elbo: float) -> float | None:
        """The share (%) of test digits with a lower negative ELBO (nats).

        None if it was not measured, or if training had no such bound in view.
        """
        if self._quantiles is None or not self.kl_weight:
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

    def __init__(
        self,
        models: Mapping[str, VAE],
        metrics: Mapping[str, dict] | None = None,
        histories: Mapping[str, History | None] | None = None,
    ):
        """`models` are frozen and on the CPU; `metrics` as `storage.load_metrics` reads them, and
        `histories` as `history.load`."""
        metrics, histories = metrics or {}, histories or {}
        preferred = [name for name in DEFAULT_MODELS if name in models]
        names = dict.fromkeys([*preferred[:1], *models])
        self._loaded = {
            name: LoadedModel(name, models[name], metrics.get(name, {}), histories.get(name))
            for name in names
        }

    def __iter__(self) -> Iterator[LoadedModel]:
        return iter(self._loaded.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._loaded)

    @property
    def default(self) -> LoadedModel:
        return next(iter(self))

    @cached_property
    def kl_pair(self) -> tuple[LoadedModel, LoadedModel] | None:
        """Two models of as many latent dimensions: one trained with the KL term, one without.

        Of two dimensions where there are such, whose codes can be seen; None without such a pair.
        """
        pairs = [
            (trained_with, without)
            for without in self
            for trained_with in self
            if trained_with.kl_weight > without.kl_weight == 0
            and trained_with.latent_dim == without.latent_dim
        ]

        def unlikeness(pair: tuple[LoadedModel, LoadedModel]) -> tuple[bool, bool, bool]:
            one, other = pair
            architectures = one.vae.architecture, other.vae.architecture
            return one.latent_dim != 2, one.kl_weight != 1, len(set(architectures)) > 1

        return min(pairs, key=unlikeness, default=None)

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
    metrics = {name: storage.load_metrics(root / name) for name in models}
    histories = {name: history.load(root / name, vae.latent_dim) for name, vae in models.items()}
    return Models(models, metrics, histories), complaints


def finite_numbers(values: object, count: int) -> bool:
    """Whether `values` is a list of `count` finite numbers."""
    return (
        isinstance(values, list)
        and len(values) == count
        and all(type(value) in (int, float) and math.isfinite(value) for value in values)
    )
