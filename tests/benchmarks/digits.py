"""What an independent classifier reads in each model's reconstructions and samples.

    python -m tests.benchmarks.digits --data-dir data [weights/conv ...]

The classifier is trained on MNIST's training set on first use, and cached. Printed are

keeps         the share of reconstructions that are read as the digit that went in: of the test
              digits, and of 600 pen drawings, framed
recognisable  the share of samples that are read with the confidence that 95 % of the test digits
              reach
as asked      the share of a digit's samples that are read as that digit, from the part of the
              aggregate posterior that was fitted to it
hidden        of eight completions each of 200 test digits with a part hidden: kept, recognisable,
              and how well the code explains what is visible, in nats
directions    along a direction with a name, one step either way: by how many standard deviations
              within classes the attribute moves, and the share of digits that are kept
entropy       of the classes that samples are read as, in nats; ln 10 = 2.303 where all ten are
              equally frequent
Frechet       the distance between samples and test digits in the classifier's features, both
              taken for Gaussians (Heusel et al., 2017); lower is better
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from tests import drawings
from tests.benchmarks import classifier
from tests.benchmarks.classifier import Reading
from vae import data, directions, framing, inference, storage
from vae.model import ATTRIBUTES, VAE

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {"prior": "prior", "posterior": "aggregate posterior"}
RECOGNISED = 0.95  # of the test digits are recognisable: this defines the word
BATCH = 500
COMPLETIONS = 8  # of a digit
COMPLETED, STEPPED = 200, 1000  # test digits
ONE_STEP = torch.tensor([-1.0, 1.0])


def threshold(real: Reading) -> float:
    """The confidence that RECOGNISED of the real digits reach."""
    return torch.quantile(real.confidence, 1 - RECOGNISED).item()


def recognisable(samples: Reading, real: Reading) -> float:
    """The share of samples read as confidently as RECOGNISED of the real digits."""
    return (samples.confidence >= threshold(real)).double().mean().item()


def class_entropy(samples: Reading) -> float:
    """The entropy of the digits that samples are read as, in nats."""
    shares = samples.digit.bincount(minlength=10).double() / len(samples.digit)
    return torch.special.entr(shares).sum().item()


def frechet(a: Tensor, b: Tensor) -> float:
    """The Frechet distance between features (N, F) and (M, F), both taken for Gaussians.

    |m - n|^2 + tr(A + B - 2 (A B)^(1/2)): Dowson & Landau, 1982.
    """
    covariance_a, covariance_b = torch.cov(a.T), torch.cov(b.T)
    # AB has the eigenvalues of the symmetric sqrt(A) B sqrt(A), which rounding keeps real.
    values, vectors = torch.linalg.eigh(covariance_a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ covariance_b @ root).clamp_min(0).sqrt().sum()
    apart = (a.mean(0) - b.mean(0)).square().sum()
    return (apart + covariance_a.trace() + covariance_b.trace() - 2 * cross).item()


def kept(read: Reading, digits: Tensor) -> float:
    """The share of images that are read as the digits (N,) they stand for."""
    return (read.digit == digits).double().mean().item()


def reconstructed(model: VAE, images: Tensor) -> Tensor:
    """What a model makes of images (N, 1, 28, 28) in [0, 1], at the posterior's mean."""
    return torch.cat([inference.reconstruct(model, batch) for batch in images.split(BATCH)])


def sampled(model: VAE, count: int, source: str, digit: int | None = None) -> Tensor:
    """`count` samples (N, 1, 28, 28) of the prior, or of the aggregate posterior or a digit's."""
    codes = inference.sample_codes(model, count, source=source, digit=digit)
    return torch.cat([inference.decode(model, batch) for batch in codes.split(BATCH)])


def as_asked(model: VAE, judge: nn.Sequential, count: int) -> list[float]:
    """For each digit, the share of `count` samples of it that are read as it."""
    digits = range(model.mixture_classes)
    read = [classifier.read(judge, sampled(model, count, "posterior", digit)) for digit in digits]
    return [kept(each, torch.full((count,), digit)) for digit, each in enumerate(read)]


def hidden_parts() -> dict[str, Tensor]:
    """Which pixels stay visible (28, 28) where a part is hidden, by its name."""
    masks = {name: torch.ones(28, 28, dtype=torch.bool) for name in ("lower", "upper", "middle")}
    masks["lower"][14:] = masks["upper"][:14] = masks["middle"][9:19, 9:19] = False
    return masks


def completed(model: VAE, images: Tensor, visible: Tensor) -> tuple[Tensor, float]:
    """COMPLETIONS completions each of images (N, 1, 28, 28), and the nats that the visible pixels
    cost on average."""
    generator = torch.Generator().manual_seed(0)
    codes = inference.complete_codes(model, images, visible, COMPLETIONS, generator).flatten(0, 1)
    logits, originals = inference.decode_logits(model, codes), repeated(images)
    nats = binary_cross_entropy_with_logits(logits, originals, reduction="none")[..., visible]
    return torch.where(visible, originals, logits.sigmoid()), nats.flatten(1).sum(1).mean().item()


def repeated(each: Tensor) -> Tensor:
    """Every image or digit once for each of its completions."""
    return each.repeat_interleave(COMPLETIONS, 0)


def stepped(model: VAE, images: Tensor, digits: Tensor, name: str) -> tuple[Tensor, list[float]]:
    """Images one step along an attribute's direction, down and up, and how far the attribute moves,
    in standard deviations within classes."""
    codes = torch.cat([inference.encode(model, batch).mean for batch in images.split(BATCH)])
    ends = torch.stack([inference.steer_codes(model, code, name, ONE_STEP) for code in codes], 1)
    which = ATTRIBUTES.index(name)
    down, middle, up = (
        torch.cat([inference.decode(model, batch) for batch in end.split(BATCH)])
        for end in (ends[0], codes, ends[1])
    )
    real, *found = (directions.attributes(each)[:, which] for each in (images, down, middle, up))
    within = [real[digits == digit] - real[digits == digit].mean() for digit in digits.unique()]
    unit = torch.cat(within).square().mean().sqrt()
    moved = [
        ((one - other) / unit).mean().item() for one, other in zip(found[1:], found, strict=False)
    ]
    return torch.cat((down, up)), moved


def framed_drawings() -> tuple[Tensor, Tensor]:
    """The pen drawings as the page would frame them, (N, 1, 28, 28), and their digits (N,)."""
    canvases, digits = drawings.canvases()
    return torch.stack([framing.frame(canvas) for canvas in canvases]), torch.tensor(digits)


def describe(folder: Path, judge: nn.Sequential, real: Reading, inputs: dict, count: int) -> None:
    """Print the figures of one weights folder; `inputs` are images and digits by their name."""
    dataset = storage.dataset_of(folder)
    if dataset != "mnist":
        print(f"{folder.name}: trained on {dataset}, which the classifier cannot read.")
        return
    model = storage.load_model(folder)
    shares = [
        f"{kept(classifier.read(judge, reconstructed(model, images)), digits):.1%} of the {name}"
        for name, (images, digits) in inputs.items()
    ]
    print(f"{folder.name}: keeps {', '.join(shares)}")
    for source, name in SOURCES.items():
        read = classifier.read(judge, sampled(model, count, source))
        distance = frechet(read.features, real.features)
        print(
            f"  {count} samples of the {name}: recognisable {recognisable(read, real):.1%}, "
            f"entropy {class_entropy(read):.3f}, Frechet {distance:.2f}"
        )
    if shares := as_asked(model, judge, count // 10):
        listed = ", ".join(f"{digit}: {share:.0%}" for digit, share in enumerate(shares))
        mean = sum(shares) / len(shares)
        print(f"  {count // 10} samples of each digit: {mean:.1%} read as asked ({listed})")

    describe_changes(model, judge, real, inputs["test digits"])


def describe_changes(model: VAE, judge: nn.Sequential, real: Reading, test: tuple) -> None:
    """Print what a model makes of digits that are partly hidden, or moved along a direction."""
    images, digits = (each[:COMPLETED] for each in test)
    for part, visible in hidden_parts().items():
        completions, nats = completed(model, images, visible)
        read = classifier.read(judge, completions)
        print(
            f"  {part} hidden: keeps {kept(read, repeated(digits)):.1%}, recognisable "
            f"{recognisable(read, real):.1%}, visible pixels {nats:.1f} nats"
        )
    images, digits = (each[:STEPPED] for each in test)
    for name in inference.directions_of(model):
        if name in ATTRIBUTES:
            moved, (down, up) = stepped(model, images, digits, name)
            keeps = kept(classifier.read(judge, moved), digits.repeat(2))
            print(f"  {name}: a step moves it by {down:.2f} down, {up:.2f} up; keeps {keeps:.1%}")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.digits",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("weights", type=Path, nargs="*", help="folders (default: all of weights/)")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where MNIST lies")
    parser.add_argument("--samples", type=int, default=10_000, metavar="N", help="(default: 10000)")
    parser.add_argument(
        "--cache", type=Path, default=ROOT / ".cache", help="where the classifier is kept"
    )
    flags = parser.parse_args(argv)

    judge = classifier.load_or_train(*data.load("train", flags.data_dir), flags.cache)
    images, digits = data.load("test", flags.data_dir)
    inputs = {"test digits": (data.as_floats(images), digits), "drawings": framed_drawings()}
    real, drawn = (classifier.read(judge, images) for images, _ in inputs.values())
    print(
        f"The classifier reads {kept(real, digits):.2%} of the test digits and "
        f"{kept(drawn, inputs['drawings'][1]):.1%} of the drawings rightly; "
        f"recognisable is a confidence of {threshold(real):.4f}."
    )
    for folder in flags.weights or storage.find_models(ROOT / "weights"):
        describe(folder, judge, real, inputs, flags.samples)


if __name__ == "__main__":
    main()
