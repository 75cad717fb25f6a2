"""Seconds an epoch of the convolutional model, against its floating-point floor.

    python -m tests.benchmarks.conv_epoch [--threads 2]

The floor is a step's multiplications and additions, counted by torch, divided by the rate at which
this machine multiplies matrices in the same precision, measured in the same run.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

from vae import data, training
from vae.model import VAE

IMAGES = 60_000


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    work()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--hidden-dim", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=20)
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    device = torch.device("cpu")
    precision = torch.bfloat16 if training.reduced_precision(device) else torch.float32

    settings = training.Settings(epochs=40)
    run = training.Run(VAE("conv", hidden_dim=flags.hidden_dim), settings, IMAGES)
    images = torch.randint(0, 256, (settings.batch_size, 1, 28, 28), dtype=torch.uint8)
    generator = torch.Generator()

    def step() -> None:
        training.training_step(run, data.as_floats(images), generator)

    with FlopCounterMode(display=False) as counter:
        step()
    seconds = median_seconds(step, flags.repeats)
    a, b = (torch.randn(2048, 2048).to(precision) for _ in range(2))
    rate = 2 * 2048**3 / median_seconds(lambda: a @ b, flags.repeats)
    steps = run.steps_per_epoch
    floor = counter.get_total_flops() / rate
    print(f"threads {flags.threads}, {precision}, matrices at {rate / 1e9:.0f} GFLOP/s")
    print(f"a step:   {counter.get_total_flops() / 1e9:.2f} GFLOP, {seconds * 1e3:.0f} ms")
    print(f"an epoch: {seconds * steps:.1f} s, floor {floor * steps:.1f} s, {seconds / floor:.1f}x")


if __name__ == "__main__":
    main()
