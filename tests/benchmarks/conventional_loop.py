"""The training loop that most tutorials have: DataLoader, ToTensor, Adam 1e-3, batches of 128.

    python tests/benchmarks/conventional_loop.py DATA_DIR EPOCHS

Prints the last epoch's test negative ELBO, nats. Knows nothing of this project's code.
"""

import sys

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


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


def main() -> None:
    torch.manual_seed(0)
    root, epochs = sys.argv[1], int(sys.argv[2])
    train, test = (
        datasets.MNIST(root, train=train, transform=transforms.ToTensor())
        for train in (True, False)
    )
    model = ConventionalVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(epochs):
        for images, _ in DataLoader(train, 128, shuffle=True):
            optimizer.zero_grad()
            model.loss(images).backward()
            optimizer.step()
        with torch.no_grad():
            total = sum(model.loss(images).item() for images, _ in DataLoader(test, 128))
        print(f"  conventional epoch {epoch + 1}", file=sys.stderr, flush=True)
    print(total / len(test))


if __name__ == "__main__":
    main()
