"""Many requests, and what they leave: memory, cached files, descriptors, threads, objects.

    python -m tests.benchmarks.endurance --requests 20000

A mix of everything the page asks and of the endpoints, by eight visitors at a time who are replaced
by new ones every hundred requests.
"""

import argparse
import itertools
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tests.serving import calls
from tests.serving.process import API, Connection, Server, judge

VISITORS = 8
STAY = 100  # requests of one visitor
WARM_UP = 0.1  # of the requests
LEAST_WARM_UP = 500  # requests
LARGEST_GROWTH = 30.0  # MB
TABLE_ROWS = 10


class State(NamedTuple):
    requests: int
    megabytes: float
    files: int
    descriptors: int
    threads: int
    sessions: int
    objects: int

    @classmethod
    def of(cls, server: Server, requests: int) -> "State":
        report = server.report("count")
        return cls(
            requests,
            server.resident_megabytes(),
            len(server.kept_files()),
            server.descriptors(),
            server.threads(),
            report["sessions"],
            report["objects"],
        )


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=20_000, help="after the warm-up")
    judge(parser, argv, lambda server, _, flags: endure(server, flags.requests), "Nothing grows.")


def endure(server: Server, requests: int) -> list[str]:
    """Print the table; one sentence for each thing that grows."""
    asked, numbers = posts(server), itertools.count()
    before = server.report()
    fill_sessions(server, before["session_bound"])
    warm = max(int(requests * WARM_UP), LEAST_WARM_UP)
    run(server.port, asked, warm, STAY, numbers)
    rows = [State.of(server, 0)]
    print("requests     MB  files  descriptors  threads  sessions   objects   per s")
    show(rows[0], 0.0)
    part = max(1, requests // TABLE_ROWS)
    for done in range(0, requests, part):
        began = time.monotonic()
        count = min(part, requests - done)
        run(server.port, asked, count, STAY, numbers)
        rows.append(State.of(server, done + count))
        show(rows[-1], count / (time.monotonic() - began))
    return complaints(rows[0], rows[1:], before, server.report())


def fill_sessions(server: Server, count: int) -> None:
    """Let so many visitors ask something small: Gradio's store of sessions is full."""
    random = next(each for each in server.functions() if each.label == "interpolate.random")
    for _ in range(count):
        server.connection.ask(random, {"seed": 0}, new_session())


def new_session() -> str:
    return f"session-{uuid.uuid4().hex}"


def posts(server: Server) -> list[tuple[str, dict]]:
    """Everything that the page and programs ask, with its path; all questions in turn."""
    functions = {function.label: function for function in server.functions()}
    endpoints = server.endpoints()
    found = []
    dimensions = len(server.connection.ask(functions["interpolate.random"], {"seed": 0})["code"])
    for index in range(16):
        page = calls.of_the_page(index, dimensions)
        page["sample.sheet"]["count"] = 64
        for label in sorted(page.keys() & functions.keys()):
            found.append((f"{API}/component_server", functions[label].body(page[label])))
        for name, data in calls.of_the_endpoints(index, dimensions).items():
            if name in endpoints:
                known = [default(server) if value == "conv" else value for value in data]
                found.append((f"{API}/run/{name}", {"data": known}))
    return found


def default(server: Server) -> str:
    """The model that the page opens with."""
    parameters = server.endpoints()["decode"]
    return next(each["parameter_default"] for each in parameters if each["parameter_has_default"])


def run(
    port: int, asked: list[tuple[str, dict]], count: int, stay: int, numbers: itertools.count
) -> None:
    """Ask `count` times, by VISITORS at once; raises where an answer is not 200.

    `numbers` says which of `asked` is next.
    """
    with ThreadPoolExecutor(VISITORS) as pool:
        shares = [count // VISITORS + (number < count % VISITORS) for number in range(VISITORS)]
        for future in [
            pool.submit(visitors, port, asked, share, stay, numbers) for share in shares
        ]:
            future.result()


def visitors(
    port: int, asked: list[tuple[str, dict]], count: int, stay: int, numbers: itertools.count
) -> None:
    """One after the other, each with a session and a connection of their own."""
    for start in range(0, count, stay):
        session = new_session()
        with Connection(port, timeout=120) as connection:
            for _ in range(start, min(start + stay, count)):
                path, body = asked[next(numbers) % len(asked)]
                answer = connection.post(path, {**body, "session_hash": session})
                if answer.status != 200 or b'"error"' in answer.body[:10]:
                    raise RuntimeError(f"{path} {json.dumps(body)[:200]}: {answer}"[:600])


def show(state: State, rate: float) -> None:
    print(
        f"{state.requests:8} {state.megabytes:6.1f} {state.files:6} {state.descriptors:12} "
        f"{state.threads:8} {state.sessions:9} {state.objects:9} {rate:7.1f}",
        flush=True,
    )


def complaints(first: State, later: list[State], before: dict, after: dict) -> list[str]:
    last, found = later[-1], []
    if last.megabytes - first.megabytes >= LARGEST_GROWTH:
        found.append(f"memory grew by {last.megabytes - first.megabytes:.1f} MB")
    if last.files:
        found.append(f"{last.files} files lie in the cache")
    # The visitors have gone; a connection may still be closing.
    if last.descriptors > first.descriptors + 2 * VISITORS:
        found.append(f"descriptors grew from {first.descriptors} to {last.descriptors}")
    if last.threads > max(first.threads, 50):
        found.append(f"threads grew from {first.threads} to {last.threads}")
    if last.sessions > after["session_bound"]:
        found.append(f"{last.sessions} sessions are held")
    if after["waiting"] > before["waiting"]:
        found.append(f"{after['waiting'] - before['waiting']} visitors' messages are held")
    return found


if __name__ == "__main__":
    main()
