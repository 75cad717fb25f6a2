"""The page, served on loopback for a test: on small models, with the settings of the real app."""

import contextlib
from collections.abc import Iterator

import gradio as gr

from tests.serving.process import free_port
from tests.synthetic import fitted_model, small_model
from vae.ui import page
from vae.ui.server.models import Models
from vae.ui.server.service import Service

# Percentiles of a test set that does not exist. To the small models a digit is some 300 nats, and
# an image with more ink is more: they hold every pixel for paper.
QUANTILES = [100.0 + 3.5 * percent for percent in range(101)]
PAPER = -2.0  # the logit of a pixel with 12 % ink, which is MNIST's mean


def small_metrics(latent_dim: int) -> dict:
    """What metrics.json would say of a small model."""
    kl = [2.0, *[0.5] * (latent_dim - 2), 0.001]
    quantiles = {"negative_elbo": QUANTILES, "negative_elbo_at_mean": QUANTILES}
    return {"test": {"kl_per_dimension": kl, "quantiles": quantiles}}


def small_service() -> Service:
    """Three small models with random weights, named as the shipped ones; the mixture of "map"
    knows no classes."""
    dimensions = {"conv": 5, "mlp": 4, "map": 2}
    models = {
        "conv": fitted_model("conv", dimensions["conv"], 0),
        "mlp": fitted_model("mlp", dimensions["mlp"], 1),
        "map": small_model("conv", dimensions["map"], 2),
    }
    for model in models.values():
        last = [layer for layer in model.decoder.modules() if hasattr(layer, "bias")][-1]
        last.bias.fill_(PAPER)
    metrics = {name: small_metrics(dimension) for name, dimension in dimensions.items()}
    return Service(Models(models, metrics))


@contextlib.contextmanager
def served(service: Service, **options: object) -> Iterator[gr.Blocks]:
    """The page over `service` while the context lasts: `.local_url` is its address."""
    # Gradio looks for a free port, which another worker may take before it is bound.
    options.setdefault("server_port", free_port())
    demo = page.launch(service, prevent_thread_lock=True, quiet=True, **options)
    try:
        yield demo
    finally:
        demo.close(verbose=False)
