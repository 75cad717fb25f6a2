"""Starts the app in a guarded process of its own on the loopback, asks it, and stops it."""

import argparse
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
API = "/gradio_api"
START_SECONDS = 200  # importing torch and Gradio on a busy machine


class Function(NamedTuple):
    """A function that the page's scripts call."""

    part: str  # elem_id of its component
    component: int
    name: str

    @property
    def label(self) -> str:
        return f"{self.part}.{self.name}"

    def body(self, request: object, session: str = "visitor") -> dict:
        """The JSON that the page posts to component_server."""
        return {
            "data": request,
            "fn_name": self.name,
            "component_id": self.component,
            "session_hash": session,
        }


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


class Connection:
    """One kept-alive connection; opened again where the server closed it."""

    def __init__(self, port: int, timeout: float = 30.0):
        self.port, self.timeout = port, timeout
        self.open = None

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: dict | None = None
    ) -> Answer:
        """Raises OSError or http.client.HTTPException where there is no answer."""
        for attempt in (1, 2):
            fresh = self.open is None
            if fresh:
                self.open = http.client.HTTPConnection("127.0.0.1", self.port, self.timeout)
            try:
                self.open.request(method, path, body, headers or {})
                response = self.open.getresponse()
                answer = Answer(
                    response.status,
                    {name.lower(): value for name, value in response.getheaders()},
                    response.read(),
                )
                if response.will_close:
                    self.close()
                return answer
            except (OSError, http.client.HTTPException):
                self.close()
                # A kept connection may have been closed meanwhile; a new one may not.
                if fresh or attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def post(self, path: str, value: object) -> Answer:
        body = json.dumps(value).encode()
        return self.send("POST", path, body, {"Content-Type": "application/json"})

    def ask(self, function: Function, request: object, session: str = "visitor") -> object:
        """Call a function as the page does."""
        answer = self.post(f"{API}/component_server", function.body(request, session))
        assert answer.status == 200, (function.label, answer)
        return answer.json()

    def call(self, endpoint: str, *data: object) -> object:
        """Call an endpoint by its name with one plain POST."""
        answer = self.post(f"{API}/run/{endpoint}", {"data": data})
        assert answer.status == 200, (endpoint, answer)
        return answer.json()["data"][0]

    def close(self) -> None:
        if self.open is not None:
            self.open.close()
        self.open = None


class Server:
    """A running app and what can be seen of it from outside."""

    def __init__(self, process: subprocess.Popen, port: int, control: socket.socket, scratch: Path):
        self.process, self.port, self.scratch = process, port, scratch
        self.control = control
        control.settimeout(START_SECONDS)
        self.lines = control.makefile("r")
        self.cache = scratch / "cache"
        self.connection = Connection(port)
        self.at_start: dict = {}  # the first report, before anybody asked anything

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def report(self, question: str = "report") -> dict:
        """See guarded.report; "close" makes the guard strict, "count" counts Python's objects."""
        self.control.sendall(question.encode() + b"\n")
        return json.loads(self.lines.readline())

    def log(self, start: int = 0) -> str:
        """What the app printed, from this many bytes on."""
        with (self.scratch / "log").open("rb") as file:
            file.seek(start)
            return file.read().decode("utf-8", "surrogateescape")

    def kept_files(self) -> list[Path]:
        """Everything that lies where the app may write."""
        return [path for path in self.cache.rglob("*") if path.is_file()]

    def stacks(self) -> str:
        """Where each thread of the app is."""
        before = len(self.log())
        self.process.send_signal(signal.SIGUSR2)
        time.sleep(0.5)
        return self.log()[before:]

    def config(self) -> dict:
        return self.connection.send("GET", "/config").json()

    def functions(self) -> list[Function]:
        """Every function that the page's scripts can call, from the page's own config."""
        return [
            Function(component["props"].get("elem_id"), component["id"], name)
            for component in self.config()["components"]
            for name in component["props"].get("server_fns") or ()
        ]

    def endpoints(self) -> dict[str, list[dict]]:
        """The parameters of every named endpoint, from the app's own description."""
        info = self.connection.send("GET", f"{API}/info").json()
        return {
            name.strip("/"): about["parameters"] for name, about in info["named_endpoints"].items()
        }

    def resident_megabytes(self) -> float:
        return self._status("VmRSS") / 1024

    def threads(self) -> int:
        return self._status("Threads")

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _status(self, name: str) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise KeyError(name)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"The app ended with {self.process.returncode}:\n{self.log()}")
            try:
                if self.connection.send("GET", "/config").status == 200 and "URL" in self.log():
                    self.at_start = self.report()
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"The app did not start in {START_SECONDS} s:\n{self.log()}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.connection.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        self.lines.close()
        self.control.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(
    weights: Path, *, port: int | None = None, empty: bool = False, **environment: str
) -> Iterator[Server]:
    """The app over the models in `weights`, until the end of the `with`.

    `empty` adds endpoints and server functions that do nothing. `environment` is added.
    """
    with tempfile.TemporaryDirectory(prefix="served-") as folder, contextlib.ExitStack() as after:
        scratch = Path(folder)
        server = start(scratch, weights, port or free_port(), empty, environment)
        after.callback(server.stop)
        server.wait_until_ready()
        yield server


def start(
    scratch: Path, weights: Path, port: int, empty: bool, environment: dict[str, str]
) -> Server:
    """Start the app; it may write below `scratch`/cache only, and its output is `scratch`/log."""
    cache = scratch / "cache"
    cache.mkdir()
    settings = {"readable": [str(weights)], "writable": [str(cache)], "empty": empty}
    ours, its = socket.socketpair()
    arguments = ["--weights", str(weights), "--port", str(port), "--device", "cpu"]
    with (scratch / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.serving.guarded"),
                *(str(its.fileno()), json.dumps(settings)),
                *arguments,
            ],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            pass_fds=[its.fileno()],
            env={
                **os.environ,
                "GRADIO_TEMP_DIR": str(cache),
                "TMPDIR": str(cache),
                "GRADIO_SERVER_NAME": "127.0.0.1",
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONUNBUFFERED": "1",
                "OMP_NUM_THREADS": "1",
                **environment,
            },
        )
    its.close()
    return Server(process, port, ours, scratch)


def tiny_models(root: Path) -> Path:
    """A folder with small models of random weights, named and built like the shipped ones."""
    from tests.synthetic import fitted_model, small_model
    from vae import storage

    storage.save_model(fitted_model("conv", 3), root / "conv")
    storage.save_model(fitted_model("mlp", 3), root / "mlp")
    storage.save_model(small_model("conv", 2), root / "map")
    return root


def judge(
    parser: argparse.ArgumentParser,
    argv: list[str] | None,
    check: Callable[[Server, Path, argparse.Namespace], list[str]],
    praise: str,
) -> None:
    """A script's whole course: serve a weights folder, print what `check` complains of, and exit.

    `check(server, weights, flags)` returns a sentence for each complaint; `praise` is for none.
    """
    parser.add_argument("--weights", type=Path, help="folder of weights folders")
    flags = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        weights = models(flags.weights, Path(folder))
        with serving(weights) as server:
            complaints = check(server, weights, flags)
    print("\n".join(complaints) or praise)
    sys.exit(1 if complaints else 0)


def models(flag: Path | None, scratch: Path) -> Path:
    """A script's weights folder: what its flag names, else the shipped ones, else tiny ones."""
    shipped = ROOT / "weights"
    if flag is not None or any(shipped.glob("*/model.safetensors")):
        return flag or shipped
    print("There are no weights here: tiny models with random weights take their place.")
    return tiny_models(scratch / "weights")
