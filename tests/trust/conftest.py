"""One guarded server for all tests of trust, over tiny models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .calls import Reference
from .server import Server, serving, tiny_models


@pytest.fixture(scope="session")
def weights(tmp_path_factory) -> Path:
    return tiny_models(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def reference(weights) -> Reference:
    return Reference(weights)


@pytest.fixture(scope="session")
def server(weights) -> Iterator[Server]:
    with serving(weights, empty=True) as running:
        yield running
