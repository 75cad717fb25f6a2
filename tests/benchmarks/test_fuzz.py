"""Some calls of the fuzz run, and what makes it worth believing."""

import os
import socket

import pytest

from tests.benchmarks import fuzz
from tests.serving.calls import GoodCalls
from tests.serving.guarded import Guard, installation

CALLS, SEED = 60, 4


def test_hostile_calls_break_nothing(server, reference):
    run = fuzz.Fuzz(server, reference)
    run.run(CALLS, SEED)
    assert not run.failures, "\n".join(run.failures)
    assert sum(run.kinds.values()) == CALLS
    assert len(run.kinds) == 5


def test_everything_that_is_offered_has_a_good_call(server, reference):
    yardsticks = {
        *("masthead.empty", "masthead.empty_in_thread", "masthead.alone"),
        *("nothing", "nothing_in_thread"),
    }
    unknown = set(GoodCalls(server, reference).unknown()) - yardsticks
    assert not unknown, "add a good call of it to tests/serving/calls.py"


def test_a_seed_names_its_calls(server, monkeypatch):
    monkeypatch.setattr(fuzz, "BATCH", 8)
    targets = server.functions(), server.endpoints(), 3
    once, again, other = (list(fuzz.generate(*targets, 12, seed)) for seed in (1, 1, 2))
    assert once == again
    assert once != other


def test_a_wrong_answer_is_noticed(server, reference, monkeypatch):
    good = GoodCalls(server, reference)
    good.functions = {"draw.read": good.functions["draw.read"]}
    good.endpoints = {"encode": good.endpoints["encode"]}
    assert not good.wrong(server.connection, 0)
    monkeypatch.setattr(reference, "ask", lambda function, request: {"strip": "another"})
    monkeypatch.setattr(reference, "call", lambda endpoint, *data: {"mean": "another"})
    noticed = [sentence.partition(" ")[0] for sentence in good.wrong(server.connection, 0)]
    assert noticed == ["draw.read", "encode"]


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("open", ("/etc/passwd", "r", os.O_RDONLY)),
        ("open", (b"/etc/../etc/passwd", None, os.O_RDONLY)),
        ("open", (os.__file__, "w", os.O_WRONLY)),
        ("os.remove", ("/cache-of-another/file", -1)),
        ("socket.connect", (socket.socket, ("203.0.113.7", 80))),
        ("socket.connect", (socket.socket, ("127.0.0.1", 80))),
        ("socket.getaddrinfo", ("example.com", 443, 0, 0, 0)),
        ("subprocess.Popen", ("gs", [], None, None)),
    ],
)
def test_the_guard_sees(event, arguments):
    guard = Guard(installation(), ["/cache"])
    guard.close()
    guard.hook(event, arguments)
    assert guard.breaches


def test_the_guard_lets_the_cache_and_the_installation_be():
    guard = Guard(installation(), ["/cache"])
    guard.close()
    for path, mode, flags in [
        (os.__file__, "r", os.O_RDONLY),
        ("/cache/a/b", "w", os.O_WRONLY | os.O_CREAT),
        (3, "w", os.O_WRONLY),
    ]:
        guard.hook("open", (path, mode, flags))
    assert not guard.breaches
