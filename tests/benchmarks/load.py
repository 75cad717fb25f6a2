"""Throughput and waiting times under load, against the same app's empty function; fairness; bounds.

    python -m tests.benchmarks.load --seconds 5 --clients 1,8,32,128

Each question is asked by so many clients at once, each on one kept-alive connection, for so many
seconds: through the page's own route (a server function) and as a plain POST to an endpoint. The
yardstick is measured beside every question: an empty function through the same route, on the event
loop or in a thread as the question is, and the time that the model and the PNGs of an answer take
in the server where a request asks for nothing else. A server that did nothing but these two would
answer 1 / (1 / empty rate + alone) times a second; the share of that which is reached is printed,
and the share where unpacking and framing the drawing count as work too.

The clients are one process with one thread, the server another. The page's questions are asked as a
browser asks them, answers compressed; the endpoints' as programs do, uncompressed.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.serving import calls
from tests.serving.alone import IMAGES
from tests.serving.calls import Reference
from tests.serving.process import API, Server, models, serving

REQUIRED = 0.7  # of what a server without overhead would answer
ROUNDS = 5  # over the images, of a work by itself, before a question and after it


def in_a_thread(coroutine: Coroutine) -> object:
    """What a coroutine returns. In a thread: Playwright's loop may run in the calling one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class Question(NamedTuple):
    name: str
    path: str
    bodies: list[bytes]  # asked in turn
    browser: bool  # whether the answer may come compressed
    works: tuple[str, ...]  # of tests/serving/alone.py: the first is the yardstick's

    def request(self, index: int) -> bytes:
        body = self.bodies[index % len(self.bodies)]
        accepted = "gzip, deflate, br, zstd" if self.browser else "identity"
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Accept-Encoding: {accepted}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Outcome(NamedTuple):
    rate: float  # answers a second
    median: float  # milliseconds
    p95: float  # milliseconds
    worst: float  # milliseconds
    errors: int
    fairness: float  # fewest answers of a client / most


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--clients", default="1,8,32,128", help="numbers, joined by commas")
    parser.add_argument("--weights", type=Path, help="folder of weights folders")
    flags = parser.parse_args(argv)
    counts = [int(count) for count in flags.clients.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        weights = models(flags.weights, Path(folder))
        reference = Reference(weights)
        with serving(weights, empty=True) as server:
            load = Load(server, reference, flags.seconds)
            load.measure(counts)
            load.slow_visitors(clients=8)
            load.oversized()
    print("\n".join(["", *load.complaints]) if load.complaints else "\nAll laws hold.")
    sys.exit(1 if load.complaints else 0)


class Load:
    """Measures a server; `complaints` are the laws that it broke."""

    def __init__(self, server: Server, reference: Reference, seconds: float):
        self.server, self.reference, self.seconds = server, reference, seconds
        self.functions = {function.label: function for function in server.functions()}
        self.complaints: list[str] = []

    def measure(self, counts: list[int]) -> None:
        """Print a table of every question at every number of clients."""
        print(f"{len(self.reference.models.names)} models, default {self.reference.default}")
        print(
            "question                  clients   per s   p50 ms   p95 ms  worst  fewest/most  "
            "alone ms  share  counting the framing"
        )
        for questions in (self.page_questions(), self.endpoint_questions()):
            for clients in counts:
                empty = None
                for question in questions:
                    if not question.works:
                        found = self.ask(question, clients)
                        empty = found.rate
                        self.judge(question.name, clients, found)
                        continue
                    before = self.alone(question)
                    found = self.ask(question, clients)
                    times = [
                        sum(pair) / 2 for pair in zip(before, self.alone(question), strict=True)
                    ]
                    shares = [found.rate * (1 / empty + time) for time in times]
                    self.judge(question.name, clients, found, times[0], shares)

    def judge(
        self, name: str, clients: int, found: Outcome, alone: float = 0.0, shares: Sequence = ()
    ) -> None:
        print(
            f"{name:25} {clients:7} {found.rate:7.1f} {found.median:8.1f} {found.p95:8.1f} "
            f"{found.worst:6.0f} {found.fairness:12.2f} "
            + (f"{1e3 * alone:9.2f} " if shares else "")
            + "  ".join(f"{share:6.2f}" for share in shares),
            flush=True,
        )
        if found.errors:
            self.complaints.append(f"{name}, {clients} clients: {found.errors} errors")
        if shares and shares[0] < REQUIRED:
            self.complaints.append(f"{name}, {clients} clients: {shares[0]:.2f} < {REQUIRED}")

    def page_questions(self) -> list[Question]:
        def question(name: str, label: str, requests: list[dict], *works: str) -> Question:
            bodies = [
                json.dumps(self.functions[label].body(request, f"visitor{index}")).encode()
                for index, request in enumerate(requests)
            ]
            return Question(name, f"{API}/component_server", bodies, True, works)

        drawings = [{"ink": calls.ink(index)} for index in range(32)]
        sheets = [
            {"count": 64, "seed": seed, "temperature": 1.0, "source": "prior"} for seed in range(32)
        ]
        return [
            question("page: empty", "masthead.empty", [{}] * 32),
            question("page: reconstruction", "draw.read", drawings, "strip", "whole"),
            question("page: empty in a thread", "masthead.empty_in_thread", [{}] * 32),
            question("page: sheet of 64", "sample.sheet", sheets, "sheet"),
        ]

    def endpoint_questions(self) -> list[Question]:
        def question(name: str, endpoint: str, data: list[list], *works: str) -> Question:
            bodies = [json.dumps({"data": each}).encode() for each in data]
            return Question(name, f"{API}/run/{endpoint}", bodies, False, works)

        model = self.reference.default
        drawings = [[calls.photo(index), model] for index in range(32)]
        sheets = [[64, seed, 1.0, "prior", model] for seed in range(32)]
        return [
            question("endpoint: empty", "nothing", [[]]),
            question("endpoint: reconstruct", "reconstruct", drawings, "pair", "whole"),
            question("endpoint: empty in thread", "nothing_in_thread", [[]]),
            question("endpoint: sample 64", "sample", sheets, "sheet"),
        ]

    def ask(self, question: Question, clients: int) -> Outcome:
        """`clients` ask it for the time set, after a second that does not count."""
        in_a_thread(crowd(self.server.port, question, clients, min(1.0, self.seconds / 2)))
        return in_a_thread(crowd(self.server.port, question, clients, self.seconds))

    def alone(self, question: Question) -> list[float]:
        """Seconds that each of a question's works takes in the server: the median."""
        function, indices = self.functions["masthead.alone"], [*range(IMAGES)] * ROUNDS

        def seconds(work: str, index: int) -> float:
            request = {"work": work, "index": index, "ink": calls.ink(index)}
            return self.server.connection.ask(function, request)["seconds"]

        return [
            statistics.median(seconds(work, index) for index in indices) for work in question.works
        ]

    # Fairness and bounds.

    def slow_visitors(self, clients: int) -> None:
        """Others are served as fast while some send a byte a second or only hold connections."""
        question = asking_for("strip", self.page_questions())
        before = self.ask(question, clients)
        during = in_a_thread(beside_slow(self.server.port, question, clients, self.seconds))
        print(
            f"\n{clients} clients: p95 {before.p95:.1f} ms; beside 50 that send a byte at a time "
            f"and 200 idle connections {during.p95:.1f} ms; errors {during.errors}"
        )
        if during.errors or during.p95 > 2 * before.p95 + 20:
            self.complaints.append("slow visitors stop the others")

    def oversized(self, megabytes: int = 100) -> None:
        """A JSON string of 100 MB is refused, not parsed, whether its length is said or not."""
        for said in (True, False):
            for path in (f"{API}/component_server", f"{API}/run/reconstruct"):
                before = self.server.resident_megabytes()
                began = time.perf_counter()
                status = in_a_thread(oversized(self.server.port, path, megabytes, said))
                took = time.perf_counter() - began
                growth = self.server.resident_megabytes() - before
                print(
                    f"{megabytes} MB to {path}, length {'said' if said else 'not said'}: "
                    f"{status} after {took:.2f} s, memory {growth:+.1f} MB",
                    flush=True,
                )
                if status != "413" or growth > 30:
                    self.complaints.append(f"a body of {megabytes} MB to {path}: {status}")


def asking_for(work: str, questions: list[Question]) -> Question:
    """The first of the questions that takes this work of tests/serving/alone.py."""
    return next(question for question in questions if work in question.works)


async def crowd(port: int, question: Question, clients: int, seconds: float) -> Outcome:
    """So many clients, each asking again as soon as it is answered."""
    end = time.perf_counter() + seconds
    began = time.perf_counter()
    results = await asyncio.gather(
        *(client(port, question, number, end) for number in range(clients))
    )
    took = time.perf_counter() - began
    times = sorted(1e3 * each for result in results for each in result.times)
    counts = [len(result.times) for result in results]
    if not times:
        return Outcome(0.0, 0.0, 0.0, 0.0, sum(result.errors for result in results), 0.0)
    return Outcome(
        rate=len(times) / took,
        median=times[len(times) // 2],
        p95=times[int(len(times) * 0.95)],
        worst=times[-1],
        errors=sum(result.errors for result in results),
        fairness=min(counts) / max(counts),
    )


class Client:
    def __init__(self) -> None:
        self.times: list[float] = []
        self.errors = 0


async def client(port: int, question: Question, number: int, end: float) -> Client:
    done = Client()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    index = number
    try:
        while time.perf_counter() < end:
            began = time.perf_counter()
            writer.write(question.request(index))
            status, body = await asyncio.wait_for(answer(reader), 60)
            done.times.append(time.perf_counter() - began)
            # A compressed answer cannot be looked into here; its status can.
            done.errors += status != 200 or body.startswith(b'{"error"')
            index += 1
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        done.errors += 1
    finally:
        writer.close()
    return done


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and body of the next answer on a connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = 0
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            return status, await chunks(reader)
    return status, await reader.readexactly(length)


async def chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = int(await reader.readline(), 16)
        body += (await reader.readexactly(size + 2))[:-2]
        if size == 0:
            return body


async def beside_slow(port: int, question: Question, clients: int, seconds: float) -> Outcome:
    """`crowd` while 50 visitors send their question a byte at a time and 200 send nothing."""
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(250)]

    async def dribble(writer: asyncio.StreamWriter) -> None:
        for byte in question.request(0):
            writer.write(bytes([byte]))
            await asyncio.sleep(0.2)

    slow = [asyncio.create_task(dribble(writer)) for _, writer in opened[:50]]
    try:
        return await crowd(port, question, clients, seconds)
    finally:
        for task in slow:
            task.cancel()
        for _, writer in opened:
            writer.close()


async def oversized(port: int, path: str, megabytes: int, said: bool) -> str:
    """Post a JSON string that large, as far as it is taken: the status, or what happened."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    length = (
        f"Content-Length: {megabytes * 1_000_000 + 12}" if said else "Transfer-Encoding: chunked"
    )
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"{length}\r\n\r\n".encode()
    )
    part = b"A" * 1_000_000

    async def send() -> None:
        with contextlib.suppress(OSError):  # the server hangs up on it
            for index in range(megabytes):
                content = (b'{"data": ["' if index == 0 else b"") + part
                frame = b"%x\r\n%s\r\n" % (len(content), content)
                writer.write(content if said else frame)
                await writer.drain()

    sending = asyncio.create_task(send())
    try:
        head = await asyncio.wait_for(reader.readline(), 30)
        return head.split(b" ")[1].decode() if head else "connection closed"
    except (OSError, TimeoutError) as error:
        return type(error).__name__
    finally:
        sending.cancel()
        writer.close()


if __name__ == "__main__":
    main()
