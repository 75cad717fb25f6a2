"""Many visitors at once, each with drawings of their own: each sees their own, and none is kept.

python -m tests.benchmarks.isolation --visitors 64 --rounds 20
"""

import argparse
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.serving import calls
from tests.serving.calls import Reference
from tests.serving.process import Connection, Server, judge

DRAWINGS = 3  # of each visitor


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--visitors", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=20)

    def check(server: Server, weights: Path, flags: argparse.Namespace) -> list[str]:
        return visit(server, Reference(weights), flags.visitors, flags.rounds)

    judge(parser, argv, check, "Each saw their own, and nothing was kept.")


def visit(server: Server, reference: Reference, visitors: int, rounds: int) -> list[str]:
    """Let `visitors` draw at once, `rounds` times each; one sentence for each law broken."""
    functions = {function.label: function for function in server.functions()}
    read = functions["draw.read"]
    # More drawings than visitors: nobody else ever draws what a visitor draws.
    expected = {
        drawing: reference.ask(read, {"ink": calls.ink(drawing)})
        for drawing in range(visitors * DRAWINGS)
    }
    pictures = {answer["strip"] for answer in expected.values()}
    complaints = [] if len(pictures) == len(expected) else ["two drawings look alike: a test's bug"]
    names = {
        drawing: reference.call("encode", calls.photo(drawing), reference.default)["mean"]
        for drawing in range(0, visitors * DRAWINGS, DRAWINGS)
    }
    server.connection.ask(read, {"ink": calls.ink(0)})  # what is imported on first use
    before = server.report("close")
    together = threading.Barrier(visitors)

    def visitor(number: int) -> list[str]:
        found = []
        together.wait(60)
        with Connection(server.port, timeout=120) as connection:
            for turn in range(rounds):
                drawing = number * DRAWINGS + turn % DRAWINGS
                answer = connection.ask(read, {"ink": calls.ink(drawing)}, f"visitor-{number}")
                if answer != expected[drawing]:
                    owners = [each for each, right in expected.items() if right == answer]
                    found.append(f"visitor {number} saw the drawing of {owners or 'nobody'}")
                if turn % DRAWINGS == 0:
                    own = connection.call("encode", calls.photo(drawing), reference.default)
                    if own["mean"] != names[drawing]:
                        found.append(f"visitor {number} got a code that is not theirs")
        return found

    with ThreadPoolExecutor(visitors) as pool:
        complaints += [line for lines in pool.map(visitor, range(visitors)) for line in lines]
    return complaints + kept(server, before)


def kept(server: Server, before: dict) -> list[str]:
    """What the server still holds of its visitors: one sentence each."""
    after = server.report()
    found = []
    if after["breaches"]:
        found.append(f"files were opened or calls made: {after['breaches'][:5]}")
    if files := server.kept_files():
        found.append(f"files were left: {files[:5]}")
    if after["waiting"] > before["waiting"]:
        found.append("messages of visitors wait in the queue")
    if after["sessions"] > after["session_bound"] or after["session_bound"] > 1000:
        found.append(f"{after['sessions']} sessions are held")
    if after["state"]:
        found.append(f"{after['state']} values are held for sessions")
    return found


if __name__ == "__main__":
    main()
