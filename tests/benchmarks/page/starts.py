"""How soon the page is there, for a new visitor and from the start of the program."""

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser

from tests.benchmarks.page.watch import APP_PARTS, Figure, visit
from tests.serving.process import free_port

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 120  # importing torch and Gradio on a busy machine

# The least that a page in Gradio can be: what the app is measured against.
EMPTY_PAGE = """
import sys
import torch
import gradio as gr
with gr.Blocks(analytics_enabled=False) as page:
    gr.HTML("", html_template="<p>Nothing</p>", js_on_load="element.dataset.ready = '1'",
            elem_id="empty")
page.launch(server_port=int(sys.argv[1]), ssr_mode=False)
"""
EMPTY_PARTS = ("#empty",)


@contextlib.contextmanager
def running(command: Callable[[int], list[str]]) -> Iterator[str]:
    """The address of what `command(port)` serves, from when it takes connections."""
    port = free_port()
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}
    process = subprocess.Popen(
        [sys.executable, *command(port)], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with {process.returncode}.")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"Nothing was served within {START_SECONDS} s.")


def app(port: int) -> list[str]:
    return ["app.py", "--port", str(port), "--device", "cpu"]


def empty(port: int) -> list[str]:
    return ["-c", EMPTY_PAGE, str(port)]


def interactive(browser: Browser, address: str, parts: tuple[str, ...], latency: int = 0) -> float:
    """From the navigation of a new visitor until every part of the first view is ready."""
    with visit(browser, address, parts, latency) as page:
        return page.evaluate("window.interactive")


def start(browser: Browser, command: Callable[[int], list[str]], parts: tuple[str, ...]) -> float:
    """From the start of the process until its page is interactive, in a browser that is open."""
    began = time.monotonic()
    with running(command) as address, visit(browser, address, parts):
        return (time.monotonic() - began) * 1e3


def compared(app_took: Callable[[], float], empty_took: Callable[[], float], times: int) -> tuple:
    """Medians of the app and of the empty page, measured in turns: a busy moment hits both."""
    pairs = [(app_took(), empty_took()) for _ in range(times)]
    return tuple(statistics.median(column) for column in zip(*pairs, strict=True))


def first_visits(
    browser: Browser, address: str, nothing: str, latency: int, times: int
) -> Iterator[Figure]:
    """When the page is interactive for a new visitor, and when one with nothing on it is."""
    ours, least = compared(
        lambda: interactive(browser, address, APP_PARTS, latency),
        lambda: interactive(browser, nothing, EMPTY_PARTS, latency),
        times,
    )
    where = f" at {latency} ms of latency" if latency else ""
    yield Figure(f"page interactive{where}; limit: 1.25 x the next", ours, "ms", 1.25 * least)
    yield Figure(f"empty Gradio page interactive{where}", least, "ms")


def starts(browser: Browser, times: int) -> Iterator[Figure]:
    """How long the program takes until its page is interactive, and one with nothing on it."""
    ours, least = compared(
        lambda: start(browser, app, APP_PARTS), lambda: start(browser, empty, EMPTY_PARTS), times
    )
    yield Figure("python app.py to interactive; limit: 1.15 x the next", ours, "ms", 1.15 * least)
    yield Figure("empty Gradio page and import torch to interactive", least, "ms")
