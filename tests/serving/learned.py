"""Weights folders as trainings leave them: with a history, one of a plain autoencoder."""

from pathlib import Path

import torch

from tests.serving.in_process import small_metrics
from tests.synthetic import digits, small_model
from vae import storage
from vae.history import Recorder
from vae.model import VAE

STEPS = (0, 10, 50, 100, 200)  # the moments that are kept; an epoch has STEPS_PER_EPOCH
STEPS_PER_EPOCH = 50
FAR = 3000.0  # how much farther out the codes of the autoencoder lie than a VAE's
# The models by name: latent dimensions, KL weight. "conv" is the default, and has no history.
MODELS = {"conv": (5, 1.0), "mlp": (4, 1.0), "autoencoder": (2, 0.0), "map": (2, 1.0)}


def learned_models(root: Path) -> Path:
    """Small models below `root`, each a network of its own at every step of a training."""
    images = torch.from_numpy(digits(40)[0]).unsqueeze(1) / 255
    labels = torch.from_numpy(digits(40)[1])
    for name, (latent_dim, kl_weight) in MODELS.items():
        recorder = Recorder(root / name, images, labels, STEPS_PER_EPOCH)
        for step in STEPS:
            model = as_trained(latent_dim, kl_weight, step)
            if name != "conv":
                recorder.record(model, step, *terms_at(step))
        storage.save_model(model, root / name)
        metrics = small_metrics(latent_dim) | {
            "settings": {"kl_weight": kl_weight},
            "steps": STEPS[-1],
            "epochs": [epoch(number) for number in range(1, STEPS[-1] // STEPS_PER_EPOCH + 1)],
        }
        if latent_dim == 2:
            x, y = model.encode(images).mean.T.tolist()
            classes = "".join(map(str, labels.tolist()))
            metrics["test_codes"] = {"labels": classes, "x": x, "y": y}
        storage.save_metrics(metrics, root / name)
    return root


def as_trained(latent_dim: int, kl_weight: float, step: int) -> VAE:
    """Another model at every step, whose codes leave the prior without the KL term."""
    model = small_model("mlp", latent_dim, seed=step if kl_weight else 1000 + step)
    if not kl_weight:
        model.encoder.mean.weight.mul_(FAR)
        model.mixture_means.copy_(0.1 * FAR * torch.randn(model.mixture_means.shape))
    return model


def terms_at(step: int) -> tuple[float, float]:
    """Test reconstruction and KL, nats, at a step."""
    return 200.0 - step / 2, step / 20


def epoch(number: int) -> dict:
    """What metrics.json says of an epoch."""
    reconstruction, kl = terms_at(number * STEPS_PER_EPOCH)
    return {
        "test_reconstruction": reconstruction,
        "test_kl": kl,
        "train_reconstruction": reconstruction + 3,
        "train_kl": kl,
    }
