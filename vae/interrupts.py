"""Ctrl-C, polite kills and closed terminals, noticed between two steps of a training."""

import contextlib
import os
import signal
import stat
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def interrupts() -> Iterator[list[int]]:
    """A list that Ctrl-C, a polite kill or a closed terminal puts something into.

    A second one ends at once. A closed terminal counts unless it is ignored, as under `nohup`.
    """
    received: list[int] = []

    def note(number: int, frame: object) -> None:
        if number == getattr(signal, "SIGHUP", None):
            discard_output()
        if received:
            raise KeyboardInterrupt
        received.append(number)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    previous = {number: signal.signal(number, note) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def discard_output() -> None:
    """Let what is printed from now on go nowhere, unless into a file: a terminal that was closed
    answers each write with an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None and not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
