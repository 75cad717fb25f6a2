"""Measures a VAE on test images: the ELBO, its terms, and the importance-weighted likelihood.

    python -m vae.evaluation weights/conv [--data-dir data] [--importance-samples 500]

prints the figures and writes them into the folder's metrics.json. Everything is in nats per image.
"""

import math
from pathlib import Path

import click
import torch
from torch import Tensor
from tqdm import tqdm

from vae import data, device, storage
from vae.loss import ACTIVE_KL, NegativeELBO, negative_elbo, reconstruction_term
from vae.model import VAE, Gaussian

BATCH = 500
CODES_SHIPPED = 1000  # of the test digits, with a model whose codes can be shown on a plane
# Codes decoded at a time: bounds the memory at any number of samples.
IMPORTANCE_CHUNK = 500


@torch.inference_mode()
def elbo_terms(model: VAE, images: Tensor, seed: int = 0, at_mean: bool = False) -> NegativeELBO:
    """Both terms for each of the uint8 images (N, 1, 28, 28): tensors (N,) on the CPU, nats.

    One code per image is drawn from the posterior; `at_mean` takes the posterior's mean instead,
    which is what the page shows for a drawing.
    """
    generator = torch.Generator().manual_seed(seed)
    terms = []
    for batch in images.split(BATCH):
        floats = data.as_floats(batch.to(model.device))
        posterior = model.encode(floats)
        codes = posterior.mean if at_mean else posterior.sample(generator)
        found = negative_elbo(model.decode(codes), floats, posterior)
        terms.append((found.reconstruction.cpu(), found.kl.cpu()))
    reconstruction, kl = zip(*terms, strict=True)
    return NegativeELBO(torch.cat(reconstruction), torch.cat(kl))


def mean_image_cost(images: Tensor) -> float:
    """The reconstruction term, nats an image, of a model that draws the mean of uint8 images
    (N, 1, 28, 28) for each of them. One that learns anything does better."""
    mean = data.mean_image(images).double()
    return (torch.special.entr(mean) + torch.special.entr(1 - mean)).sum().item()


@torch.inference_mode()
def posteriors(model: VAE, images: Tensor) -> Gaussian:
    """The posteriors of uint8 images (N, 1, 28, 28), on the CPU."""
    found = [model.encode(data.as_floats(batch.to(model.device))) for batch in images.split(BATCH)]
    return Gaussian(
        torch.cat([posterior.mean.cpu() for posterior in found]),
        torch.cat([posterior.log_variance.cpu() for posterior in found]),
    )


@torch.inference_mode()
def log_likelihood(model: VAE, images: Tensor, samples: int, generator: torch.Generator) -> Tensor:
    """An estimate of log p(x) for binary images (N, 1, 28, 28) in {0., 1.}: (N,) float64, nats.

    Importance sampling with q(z|x) as the proposal (Rezende et al., 2014, appendix E; Burda et al.,
    2016): log 1/k sum_i p(x|z_i) p(z_i) / q(z_i|x), a lower bound in expectation that tightens as
    k = `samples` grows. Memory does not depend on k.
    """
    results = []
    for image in images.split(1):
        posterior = model.encode(image.to(model.device))
        results.append(_log_likelihood_of_one(model, image, posterior, samples, generator))
    return torch.stack(results)


def _log_likelihood_of_one(
    model: VAE, image: Tensor, posterior: Gaussian, samples: int, generator: torch.Generator
) -> Tensor:
    image = image.to(model.device)
    total = torch.tensor(-math.inf, dtype=torch.float64)
    for start in range(0, samples, IMPORTANCE_CHUNK):
        count = min(IMPORTANCE_CHUNK, samples - start)
        chunk = Gaussian(*(value.expand(count, -1) for value in posterior))
        codes = chunk.sample(generator)
        log_joint = standard_normal_log_density(codes) - reconstruction_term(
            model.decode(codes), image.expand(count, -1, -1, -1)
        )
        epsilon = (codes - chunk.mean) / chunk.standard_deviation
        log_proposal = standard_normal_log_density(epsilon) - 0.5 * chunk.log_variance.sum(1)
        log_weights = (log_joint - log_proposal).cpu().double()
        total = torch.logaddexp(total, log_weights.logsumexp(0))
    return total - math.log(samples)


def standard_normal_log_density(values: Tensor) -> Tensor:
    """log N(v; 0, I) of the rows of (B, D): (B,), nats."""
    return -0.5 * (values.square().sum(1) + values.shape[1] * math.log(2 * math.pi))


def binarise(images: Tensor, seed: int = 0) -> Tensor:
    """b ~ Bernoulli(x), one draw per uint8 image (N, 1, 28, 28): floats in {0, 1}."""
    generator = torch.Generator().manual_seed(seed)
    return torch.bernoulli(data.as_floats(images.cpu()), generator=generator)


def summary(model: VAE, images: Tensor) -> dict:
    """The figures of metrics.json for uint8 test images (N, 1, 28, 28); plain numbers and lists."""
    terms = elbo_terms(model, images)
    at_mean = elbo_terms(model, images, at_mean=True)
    binarised = elbo_terms(model, (binarise(images) * 255).byte())
    kl = posteriors(model, images).kl_to_standard_normal().mean(0)
    percents = torch.linspace(0, 1, 101)
    return {
        "images": len(images),
        "negative_elbo": terms.total.mean().item(),
        "reconstruction": terms.reconstruction.mean().item(),
        "kl": terms.kl.mean().item(),
        # The bound that the literature gives for dynamically binarised MNIST: the encoder sees b.
        "negative_elbo_binarised": binarised.total.mean().item(),
        "active_dimensions": int((kl > ACTIVE_KL).sum()),
        "kl_per_dimension": kl.tolist(),
        "quantiles": {
            "negative_elbo": terms.total.quantile(percents).tolist(),
            "negative_elbo_at_mean": at_mean.total.quantile(percents).tolist(),
        },
    }


def code_sample(model: VAE, images: Tensor, labels: Tensor, count: int = CODES_SHIPPED) -> dict:
    """The posterior means of the first `count` of uint8 test images, for the map of a 2-D model.

    {"labels": a character from 0 to 9 for each, "x", "y": its code, to two decimals}: a few
    kilobytes, and no images.
    """
    x, y = (
        [round(value, 2) for value in axis]
        for axis in posteriors(model, images[:count]).mean.T.tolist()
    )
    return {"labels": "".join(str(label) for label in labels[:count].tolist()), "x": x, "y": y}


def likelihood_summary(model: VAE, images: Tensor, samples: int, count: int | None = None) -> dict:
    """The importance-weighted negative log-likelihood of binarised images, with a progress bar.

    `count` of the uint8 images (N, 1, 28, 28) are drawn at random, always the same ones; all of
    them where it is None.
    """
    generator = torch.Generator().manual_seed(0)
    binary = binarise(images)
    if count is not None:
        binary = binary[torch.randperm(len(binary), generator=generator)[:count]]
    found = [
        log_likelihood(model, batch, samples, generator)
        for batch in tqdm(binary.split(10), desc="likelihood", unit_scale=10, unit=" images")
    ]
    nll = -torch.cat(found)
    return {
        "negative_log_likelihood": nll.mean().item(),
        "negative_log_likelihood_standard_error": (nll.std() / math.sqrt(len(nll))).item(),
        "importance_samples": samples,
        "likelihood_images": len(nll),
        "proposal": "q(z|b)",
    }


@click.command(help=__doc__)
@click.argument("weights", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    default="data",
    metavar="DIR",
    help="Where the data lies or is downloaded to (default: data).",
)
@click.option(
    "--importance-samples",
    type=click.IntRange(0),
    default=0,
    metavar="K",
    help="Also estimate the likelihood with K samples an image (slow; 5000 in the literature).",
)
@click.option(
    "--images",
    type=click.IntRange(1),
    metavar="N",
    help="Estimate the likelihood on N test images drawn at random (default: all).",
)
@click.option("--device", "place", type=click.Choice(device.NAMES), default="cpu")
def main(
    weights: Path, data_dir: Path, importance_samples: int, images: int | None, place: str
) -> None:
    """The command line of this module."""
    try:
        test = measure(weights, data_dir, importance_samples, images, device.choose(place))
    except (storage.InvalidWeights, data.DataUnavailable, device.DeviceUnavailable) as error:
        raise click.ClickException(str(error)) from None
    for name, value in test.items():
        if isinstance(value, (int, float, str)):
            click.echo(
                f"{name:40} {value:.3f}" if isinstance(value, float) else f"{name:40} {value}"
            )
    # Read again: a training may have written to the folder meanwhile.
    metrics = storage.load_metrics(weights)
    known = metrics["test"] if isinstance(metrics.get("test"), dict) else {}
    try:
        storage.save_metrics(metrics | {"test": known | test}, weights)
    except (OSError, ValueError) as error:  # ValueError: a figure that is no finite number
        raise click.ClickException(
            f"The figures could not be written to {weights}: {error}."
        ) from None


def measure(
    weights: Path, data_dir: Path, samples: int, count: int | None, place: torch.device
) -> dict:
    """The figures of the model in a weights folder. Raises InvalidWeights, DataUnavailable."""
    dataset = storage.dataset_of(weights)
    if not isinstance(dataset, str) or dataset not in data.DATASETS:
        raise data.DataUnavailable(
            f"{weights / storage.METRICS} names an unknown data set: {dataset!r}."
        )
    model = storage.load_model(weights).to(place)
    images, _ = data.load("test", data_dir, dataset)
    test = summary(model, images)
    if samples:
        test |= likelihood_summary(model, images, samples, count)
    return test


if __name__ == "__main__":
    main()
