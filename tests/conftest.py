"""What the tests share: a small MNIST, small models, and no network."""

import os
from pathlib import Path

import pytest
import torch
from synthetic import digits, small_model, write_mnist

from vae.model import VAE

# One thread is fastest at these sizes, and a neighbour's load then changes no test's duration much.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_mnist(tmp_path_factory) -> Path:
    """A data folder with 300 training and 60 test digits, for tests that only read it."""
    return write_mnist(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def real_mnist() -> Path:
    root = os.environ.get("MNIST_ROOT")
    if not root:
        pytest.skip("needs the real MNIST: set MNIST_ROOT to the folder that holds it")
    return Path(root)


@pytest.fixture(scope="session")
def drawn() -> torch.Tensor:
    """Forty drawn digits, (40, 1, 28, 28) uint8."""
    return torch.from_numpy(digits(40, seed=7)[0]).unsqueeze(1)


@pytest.fixture(params=["conv", "mlp"])
def model(request) -> VAE:
    """A small model of each architecture, with weights that make every layer matter."""
    return small_model(request.param)


@pytest.fixture(autouse=True)
def threads_as_they_were():
    """Resuming a run sets torch's thread count: put it back."""
    count = torch.get_num_threads()
    yield
    torch.set_num_threads(count)


@pytest.fixture(autouse=True)
def no_downloads(monkeypatch):
    """Data sets that are missing stay missing: nothing is fetched."""
    import torchvision.datasets.mnist as source

    def refuse(*arguments, **options):
        raise OSError("no network in the tests")

    monkeypatch.setattr(source, "download_and_extract_archive", refuse)
