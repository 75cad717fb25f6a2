"""How soon the page answers a hand, how much it asks of the network, how soon it is there.

python -m tests.benchmarks.page [--times 30] [--starts 5]

The app runs as visitors run it, on the CPU, in a process of its own; Chromium is driven headless.
An idle page needs some time for two animation frames too: this floor is measured in the same run,
and what a figure has above it is what the app and the network took.
"""

import argparse
import sys
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.page.hand import hand
from tests.benchmarks.page.starts import app, empty, first_visits, running, starts
from tests.benchmarks.page.watch import Figure
from tests.conftest import browser_path

# Gradio's own theme would look for its fonts elsewhere, which differs from place to place.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
LATENCIES = (0, 100)  # milliseconds, of a server close by and of one on another continent


def report(browser: Browser, times: int, times_started: int) -> Iterator[Figure]:
    with running(app) as address, running(empty) as nothing:
        yield from hand(browser, address, times)
        for latency in LATENCIES:
            yield from first_visits(browser, address, nothing, latency, times)
    yield from starts(browser, times_started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=30, help="measurements a median is of")
    parser.add_argument("--starts", type=int, default=5, help="starts of the app, and of no app")
    flags = parser.parse_args()
    path = browser_path()
    if path is None:
        sys.exit("This needs Chromium: sudo apt install chromium-headless-shell")
    print(f"medians of {flags.times}; of starts, {flags.starts}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for figure in report(browser, flags.times, flags.starts):
            print(figure, flush=True)
        browser.close()


if __name__ == "__main__":
    main()
