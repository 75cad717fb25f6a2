"""Thousands of hostile calls, and a good one now and then that must be answered right.

    python -m tests.benchmarks.fuzz --calls 10000 --seed 0
    python -m tests.benchmarks.fuzz --calls 10000 --seed 0 --only 1234      the 1234th call alone

Over every endpoint and every function that the page's scripts call, as the running app lists them,
and Gradio's own routes. The laws: every call is answered; no answer and no log line shows a
traceback; no file is opened outside the installation and the cache, and none is left behind; the
server calls nobody and starts no process; good calls in between are answered right.
"""

import argparse
import collections
import http.client
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase

from tests.benchmarks import hostile
from tests.benchmarks.hostile import Call
from tests.serving.calls import GoodCalls, Reference
from tests.serving.process import Connection, Server, serving, tiny_models

BATCH = 100  # calls of one run of hypothesis: at most so many are held at once
GOOD_EVERY = 200  # calls
MOST_FAILURES = 30
SLOW_SECONDS = 5.0  # a call that takes longer stops others


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="send this call alone")
    flags = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        weights = tiny_models(Path(folder))
        with serving(weights) as server:
            fuzz = Fuzz(server, Reference(weights))
            fuzz.run(flags.calls, flags.seed, flags.only)
    print(fuzz.figures())
    sys.exit(1 if fuzz.failures else 0)


class Fuzz:
    """Sends calls to a server and notes every law that is broken."""

    def __init__(self, server: Server, reference: Reference):
        self.server = server
        self.good = GoodCalls(server, reference)
        self.connection = Connection(server.port, timeout=2 * SLOW_SECONDS)
        self.dimensions = reference.dimensions
        self.failures: list[str] = []
        self.kinds: collections.Counter = collections.Counter()
        self.statuses: collections.Counter = collections.Counter()
        self.slowest = (0.0, "")
        self.good_rounds = 0
        self.seconds = 0.0
        self.read_of_log = 0

    def run(self, count: int, seed: int, only: int | None = None) -> None:
        with self.connection:
            self._run(count, seed, only)

    def _run(self, count: int, seed: int, only: int | None) -> None:
        began = time.monotonic()
        self._check_good_calls(0)  # warm: what is imported on first use is imported
        before = self.server.resident_megabytes()
        self.server.report("close")
        targets = list(self.good.functions.values()), self.good.endpoints
        for number, call in enumerate(generate(*targets, self.dimensions, count, seed), 1):
            if only in (None, number):
                self._send(call, f"--seed {seed} --only {number}", show=only is not None)
            if number % GOOD_EVERY == 0 and only is None:
                self._check_good_calls(number)
                took = time.monotonic() - began
                print(f"{number} calls, {took:.0f} s, {len(self.failures)} failures", flush=True)
        self._check_good_calls(count)
        self._check_breaches("the good calls")
        if kept := self.server.kept_files():
            self.failures.append(f"files were left behind: {kept[:5]}")
        self.growth = self.server.resident_megabytes() - before
        self.seconds = time.monotonic() - began

    def figures(self) -> str:
        counts = [
            f"{sum(self.kinds.values())} calls in {self.seconds:.0f} s, "
            f"{self.good_rounds} rounds of good ones between them",
            "kinds     " + ", ".join(f"{k} {n}" for k, n in sorted(self.kinds.items())),
            "statuses  " + ", ".join(f"{k} {n}" for k, n in sorted(self.statuses.items())),
            f"slowest   {self.slowest[0]:.2f} s: {self.slowest[1]}",
            f"memory    {self.growth:+.0f} MB",
            f"failures  {len(self.failures)}",
        ]
        if unknown := self.good.unknown():
            counts.append(f"no good call is known of {', '.join(unknown)}: add one to calls.py")
        return "\n".join(counts + self.failures[:50])

    def _send(self, call: Call, name: str, show: bool = False) -> None:
        self.kinds[call.kind] += 1
        began = time.monotonic()
        try:
            answer = self.connection.send(call.method, call.path, call.body, call.headers)
            status, text = answer.status, answer.body
        except (OSError, http.client.HTTPException) as error:
            status, text = type(error).__name__, b""
            if self.server.process.poll() is not None:
                self._fail(name, call, "the server ended")
                raise
            self._fail(name, call, f"no answer: {error!r}\n{self.server.stacks()}")
        took = time.monotonic() - began
        self.statuses[str(status)] += 1
        self.slowest = max(self.slowest, (took, f"{name} {shortened(call)[:120]}"))
        if took > SLOW_SECONDS:
            self._fail(name, call, f"it took {took:.1f} s")
        if b"Traceback (most recent" in text or b"site-packages" in text:
            self._fail(name, call, f"{status} shows a traceback: {text[:300]!r}")
        if isinstance(status, int) and status >= 500:
            time.sleep(0.02)  # the log may come after the answer
        self._check_log(name, call)
        self._check_breaches(f"{name} {shortened(call)}")
        if show:
            print(f"{call!r:.3000}\n-> {status} in {took:.3f} s: {text[:1000]!r}")

    def _check_log(self, name: str, call: Call) -> None:
        new = self.server.log(self.read_of_log)
        self.read_of_log += len(new.encode(errors="surrogateescape"))
        if "Traceback" in new:
            self._fail(name, call, f"the log has a traceback:\n{new[-1500:]}")

    def _check_breaches(self, after: str) -> None:
        if breaches := self.server.report("breaches")["breaches"]:
            self.failures.append(f"{after}: {breaches[:5]}")

    def _check_good_calls(self, number: int) -> None:
        self.good_rounds += 1
        for sentence in self.good.wrong(self.connection, number % 6000):
            self.failures.append(f"after call {number}: {sentence}")

    def _fail(self, name: str, call: Call, why: str) -> None:
        self.failures.append(f"{name} {shortened(call)}: {why}")
        print(self.failures[-1], flush=True)  # now: it may be the last that is seen
        if len(self.failures) > MOST_FAILURES:
            raise RuntimeError("Too much is broken to go on:\n" + "\n".join(self.failures))


def shortened(call: Call) -> str:
    text = repr(tuple(call))
    return text if len(text) < 600 else f"{text[:400]} ... {text[-150:]}"


def generate(
    functions: list, endpoints: dict, dimensions: int, count: int, seed: int
) -> Iterator[Call]:
    """`count` calls; the same for one seed, whatever the server answers."""
    strategy = hostile.any_call(functions, endpoints, dimensions)
    sent = 0
    for batch in range(count):
        drawn = draw(strategy, seed * 1_000_003 + batch)
        # The first that hypothesis draws is the simplest there is, in every batch.
        for call in drawn[1:] if batch else drawn:
            if sent == count:
                return
            sent += 1
            yield call


def draw(strategy: hypothesis.strategies.SearchStrategy, seed: int) -> list[Call]:
    """BATCH calls drawn by hypothesis from one seed."""
    drawn: list[Call] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(call: Call) -> None:
        drawn.append(call)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        collect()
    return drawn


if __name__ == "__main__":
    main()
