"""Milliseconds to encode and decode one digit, and samples a second, for each shipped model.

python -m tests.benchmarks.latency [--threads 2]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from vae import inference, storage

ROOT = Path(__file__).resolve().parents[2]


def milliseconds(work: Callable[[], object], repeats: int) -> list[float]:
    for _ in range(5):
        work()
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        found.append((time.perf_counter() - started) * 1e3)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=100)
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    print(f"threads {flags.threads}, medians of {flags.repeats}")
    for folder in storage.find_models(ROOT / "weights"):
        model = storage.load_model(folder)
        image = torch.rand(1, 1, 28, 28)
        one = milliseconds(lambda m=model, x=image: inference.reconstruct(m, x), flags.repeats)
        sheet = milliseconds(lambda m=model: inference.sample(m, 64), flags.repeats // 4)
        print(
            f"{folder.name:8} encode + decode of one digit {statistics.median(one):6.2f} ms; "
            f"64 samples {statistics.median(sheet):6.1f} ms, "
            f"{64e3 / statistics.median(sheet):7.0f} a second"
        )


if __name__ == "__main__":
    main()
