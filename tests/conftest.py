"""What the tests share: a small MNIST, small models, the app served in two ways, and no network.

Fixtures import what they need themselves: the process that only hands tests to workers needs none.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

WHOLE_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The first is the same engine without a window: a page opens in half the time.
BROWSERS = ("chromium-headless-shell", *WHOLE_BROWSERS)
BROWSER_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    # What leaves this machine fails, and the browser complains of it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def browser_path(names: Iterable[str] = BROWSERS) -> str | None:
    """Where the first Chromium of these names is on this machine, if there is one."""
    return next(filter(None, map(shutil.which, names)), None)


def pytest_configure(config: pytest.Config) -> None:
    """What the tests start hears Ctrl-C and a hangup, to which `&` and `nohup` make pytest deaf."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # A handler, unlike deafness, is not inherited: pytest itself goes on.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that ask the guarded server run in one worker, which starts it once."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("server"))


@pytest.fixture(scope="session")
def tiny_mnist(tmp_path_factory) -> Path:
    """A data folder with 300 training and 60 test digits, for tests that only read it."""
    from tests.synthetic import write_mnist

    return write_mnist(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def real_mnist() -> Path:
    root = os.environ.get("MNIST_ROOT")
    if not root:
        pytest.skip("needs the real MNIST: set MNIST_ROOT to the folder that holds it")
    return Path(root)


@pytest.fixture(scope="session")
def drawn():
    """Forty drawn digits, (40, 1, 28, 28) uint8."""
    import torch

    from tests.synthetic import digits

    return torch.from_numpy(digits(40, seed=7)[0]).unsqueeze(1)


@pytest.fixture(params=["conv", "mlp"])
def model(request):
    """A small model of each architecture, with weights that make every layer matter."""
    from tests.synthetic import small_model

    return small_model(request.param)


@pytest.fixture(scope="session")
def app() -> Iterator:
    """The app on a thread of this process, over small models named as the shipped ones.

    `app.local_url` is its address. One a worker, for the API's, MCP's and the browser's tests.
    """
    from tests.serving.in_process import served, small_service

    with served(small_service()) as demo:
        yield demo


@pytest.fixture
def address(app) -> str:
    return app.local_url


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable]:
    """launch(names, **options) starts a Chromium of its own, for a test that needs another."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    with sync_api.sync_playwright() as playwright:

        def launched(names: Iterable[str] = BROWSERS, **options: object):
            path = browser_path(names)
            if path is None:
                pytest.skip(f"needs Chromium: sudo apt install {next(iter(names))}")
            return playwright.chromium.launch(
                executable_path=path, args=BROWSER_ARGUMENTS, **options
            )

        yield launched


@pytest.fixture(scope="session")
def browser(launch) -> Iterator:
    """One a worker."""
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def server(tiny_weights) -> Iterator:
    """The app over `tiny_weights` in a guarded process (tests.serving.process.Server)."""
    from tests.serving.process import serving

    with serving(tiny_weights, empty=True) as running:
        yield running


@pytest.fixture(scope="session")
def reference(tiny_weights):
    """What `server` must answer (tests.serving.calls.Reference)."""
    from tests.serving.calls import Reference

    return Reference(tiny_weights)


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory) -> Path:
    """A folder of weights folders: small models of random weights."""
    from tests.serving.process import tiny_models

    return tiny_models(tmp_path_factory.mktemp("weights"))


@pytest.fixture(autouse=True)
def one_thread():
    """Torch computes on one thread, the fastest at these sizes; resuming a run sets another."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def no_downloads(monkeypatch):
    """Data sets that are missing stay missing: nothing is fetched."""
    import torchvision.datasets.mnist as source

    def refuse(*arguments, **options):
        raise OSError("no network in the tests")

    monkeypatch.setattr(source, "download_and_extract_archive", refuse)
