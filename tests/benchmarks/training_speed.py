"""Seconds to a given test ELBO: train_model.py against the conventional training loop.

    python -m tests.benchmarks.training_speed --data-dir data

Both train the same network (one hidden layer of 400, 20 latent dimensions) to 105.56 nats, which
is what the conventional loop reaches after its ten epochs. Start-up and reading the data count.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

ROOT = Path(__file__).resolve().parents[2]
TARGET = 105.56


class ConventionalVAE(nn.Module):
    """The network as most tutorials write it."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 400)
        self.mean, self.log_variance = nn.Linear(400, 20), nn.Linear(400, 20)
        self.decoder = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784))

    def loss(self, images: torch.Tensor) -> torch.Tensor:
        """The negative ELBO summed over a batch, nats."""
        x = images.view(-1, 784)
        hidden = functional.relu(self.hidden(x))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        reconstruction = functional.binary_cross_entropy(
            torch.sigmoid(self.decoder(z)), x, reduction="sum"
        )
        kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        return reconstruction + kl


def conventional(data_dir: Path, epochs: int) -> tuple[float, float]:
    """Seconds and test negative ELBO of DataLoader + ToTensor + Adam 1e-3 + batches of 128."""
    started = time.perf_counter()
    torch.manual_seed(0)
    loaders = [
        DataLoader(
            datasets.MNIST(data_dir, train=train, transform=transforms.ToTensor()), 128, train
        )
        for train in (True, False)
    ]
    model = ConventionalVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(epochs):
        for images, _ in loaders[0]:
            optimizer.zero_grad()
            model.loss(images).backward()
            optimizer.step()
        with torch.no_grad():
            test = sum(model.loss(images).item() for images, _ in loaders[1]) / 10_000
        print(f"  conventional epoch {epoch + 1}: {test:.2f}", file=sys.stderr, flush=True)
    return time.perf_counter() - started, test


def ours(data_dir: Path, epochs: int) -> tuple[float, float]:
    """Seconds from the command to the first epoch at the target, and its test negative ELBO."""
    with tempfile.TemporaryDirectory() as output:
        metrics = Path(output) / "metrics.json"
        command = [sys.executable, "train_model.py", "--architecture", "mlp", "--hidden-dim", "400"]
        command += ["--epochs", str(epochs), "--data-dir", str(data_dir.resolve())]
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--output", output],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while True:
            records = json.loads(metrics.read_text())["epochs"] if metrics.exists() else []
            seconds = time.perf_counter() - started
            if records and records[-1]["test_negative_elbo"] <= TARGET:
                break
            if process.poll() is not None:
                sys.exit(f"train_model.py ended at {records[-1:]}, above {TARGET}")
            time.sleep(0.02)
        process.kill()
        process.wait()
        return seconds, records[-1]["test_negative_elbo"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--epochs", type=int, default=5, help="of train_model.py")
    parser.add_argument("--conventional-epochs", type=int, default=10)
    parser.add_argument(
        "--repeats", type=int, default=3, help="of train_model.py; its median counts"
    )
    flags = parser.parse_args()
    runs = [ours(flags.data_dir, flags.epochs) for _ in range(flags.repeats)]
    slow, slow_elbo = conventional(flags.data_dir, flags.conventional_epochs)
    fast = statistics.median(seconds for seconds, _ in runs)
    print(f"conventional loop  {slow:7.1f} s to {slow_elbo:.2f} nats")
    print(f"train_model.py     {fast:7.1f} s to {runs[0][1]:.2f} nats (median of {len(runs)})")
    print(f"ratio              {slow / fast:7.1f}")


if __name__ == "__main__":
    main()
