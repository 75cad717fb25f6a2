"""How many pictures, as people take them, are framed as the digit that is on them.

    python -m tests.benchmarks.photos [--pictures 30] [--seed 0] [--data-dir data] [kind ...]

Printed are, for each kind of tests/photos, how many of N new pictures are framed as their digit,
nearly as its ink alone would be; how long a photo of twelve megapixels takes, from its JPEG file to
the framed digit; and with --data-dir, of MNIST's test digits, the share that are wrongly said to
look like several digits.
"""

import argparse
import io
import statistics
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tests.photos import KINDS, LIKE, Photo, likeness
from vae import data
from vae.framing import frame, ink, looks_like_several

MEGAPIXELS_12 = (4032, 3024)
GRAIN = 4  # grey levels: what makes such a file as large as it is
TIMED = ("plain", "dark_table", "lined_photo")
REPEATS = 5


def generated(kind: str, seed: int, pictures: int) -> list[Photo]:
    """Pictures of a kind, the same whichever other kinds are asked for."""
    rng = np.random.default_rng((seed, zlib.crc32(kind.encode())))
    return [KINDS[kind](rng) for _ in range(pictures)]


def twelve_megapixels(photo: Photo) -> bytes:
    """The picture as the JPEG file that a telephone's camera makes, grain and all."""
    large = np.asarray(photo.picture.resize(MEGAPIXELS_12, Image.Resampling.BICUBIC))
    grain = np.random.default_rng(0).normal(0, GRAIN, (*large.shape[:2], 1)).astype(np.float32)
    buffer = io.BytesIO()
    Image.fromarray((large + grain).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def milliseconds_to_frame(file: bytes) -> float:
    """The median time from a picture's file to its framed digit."""
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        frame(ink(Image.open(io.BytesIO(file))))
        took.append((time.perf_counter() - started) * 1e3)
    return statistics.median(took)


def share_of_several(canvases: Sequence[np.ndarray]) -> float:
    """The share of drawings (H, W) uint8 that are said to look like several digits."""
    return sum(map(looks_like_several, canvases)) / len(canvases)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.photos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kinds", nargs="*", metavar="kind", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--pictures", type=int, default=30, metavar="N", help="of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-dir", type=Path, help="where MNIST lies")
    flags = parser.parse_args(argv)
    if unknown := set(flags.kinds) - set(KINDS):
        parser.error(f"no kind of picture: {', '.join(sorted(unknown))}")

    for kind in flags.kinds or KINDS:
        photos = generated(kind, flags.seed, flags.pictures)
        right = sum(likeness(photo) > LIKE for photo in photos)
        print(f"{kind:15} {right} of {flags.pictures} framed as their digit", flush=True)
    files = [twelve_megapixels(generated(kind, flags.seed, 1)[0]) for kind in TIMED]
    took = [milliseconds_to_frame(file) for file in files]
    print(f"12 megapixels   {min(took):.0f} to {max(took):.0f} ms from the file to the digit")
    if flags.data_dir:
        images, _ = data.load("test", flags.data_dir)
        print(f"test digits     {share_of_several(images[:, 0].numpy()):.2%} look like several")


if __name__ == "__main__":
    main()
