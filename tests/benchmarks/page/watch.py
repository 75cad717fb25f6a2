"""A visitor's page that times itself, and the figures that are printed of it.

Times are taken inside the page, from the browser's event to the second animation frame after the
result is on its canvas.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from playwright.sync_api import Browser, Page, Request

from tests.browser.steps import INSIDE

APP_PARTS = ("#masthead", "#draw")  # all that the first view consists of

# Runs before the page's own scripts. bench.time(event, until) starts to watch; bench.found() is
# the milliseconds from the next `event` to the second frame after `until()` came true.
IN_PAGE = """
window.bench = {
  frames: () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  time(event, until) {
    this.result = new Promise((resolve) => addEventListener(event, () => {
      const began = performance.now();
      const observer = new MutationObserver(async () => {
        if (!until()) return;
        observer.disconnect();
        await this.frames();
        resolve(performance.now() - began);
      });
      observer.observe(document.body, { subtree: true, childList: true, attributes: true });
    }, { capture: true, once: true }));
  },
  found() { return this.result; },
  ready(parts) {
    const there = () => parts.every((part) => document.querySelector(`${part} [data-ready]`));
    return new Promise((resolve) => {
      const look = () => there() && (observer.disconnect(), resolve(performance.now()));
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true, attributes: true });
    });
  },
};
"""


class Figure(NamedTuple):
    """One line of the result; a limit of None is no limit."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False  # whether the value must reach the limit, not stay below it

    def __str__(self) -> str:
        line = f"{self.name:62} {self.value:8.1f} {self.unit:3}"
        if self.limit is None:
            return line
        met = self.value >= self.limit if self.at_least else self.value <= self.limit
        bound = "at least" if self.at_least else "at most "
        return f"{line} {bound} {self.limit:6.1f}  {'met' if met else 'MISSED'}"


class Traffic:
    """The requests of a page over the network, from now on."""

    def __init__(self, page: Page):
        self.requests: list[Request] = []
        self.open = self.most_open = 0
        page.on("request", self._began)
        for event in ("requestfinished", "requestfailed"):
            page.on(event, self._ended)

    def _began(self, request: Request) -> None:
        if request.url.startswith("http"):
            self.requests.append(request)
            self.open += 1
            self.most_open = max(self.most_open, self.open)

    def _ended(self, request: Request) -> None:
        self.open -= request.url.startswith("http")

    def kilobytes(self) -> float:
        """Headers and bodies, both ways, as they went over the wire."""
        return sum(sum(request.sizes().values()) for request in self.requests) / 1e3

    def queued(self) -> int:
        """How many went through Gradio's queue."""
        return sum("/queue/" in request.url for request in self.requests)


@contextlib.contextmanager
def visit(
    browser: Browser, address: str, parts: tuple[str, ...] = APP_PARTS, latency: int = 0
) -> Iterator[Page]:
    """A new visitor's page, once it is interactive; errors in it are raised at the end.

    Every answer takes `latency` milliseconds longer (Chromium's network emulation).
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(IN_PAGE)
    context.add_init_script(f"window.interactive = bench.ready({list(parts)})")
    page = context.new_page()
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    if latency:
        delay(page, latency)
    page.goto(address, wait_until="commit")
    page.wait_for_function("window.interactive")
    if parts is APP_PARTS:
        page.evaluate(INSIDE)
        page.wait_for_function("window.inside")
    yield page
    context.close()
    if errors:
        raise RuntimeError(f"The page failed: {errors}")


def delay(page: Page, latency: int) -> None:
    conditions = {"latency": latency, "downloadThroughput": -1, "uploadThroughput": -1}
    session = page.context.new_cdp_session(page)
    session.send("Network.emulateNetworkConditions", {"offline": False, **conditions})


def timed(page: Page, event: str, until: str, act: Callable[[], object]) -> float:
    """Milliseconds from `event`, which `act` brings about, until `until` is true and painted."""
    page.evaluate(f"() => {{ bench.time('{event}', () => {until}); }}")
    act()
    return page.evaluate("bench.found()")


def shows(part: str, name: str) -> str:
    """JavaScript: how often a part of the page has shown something; undefined is never."""
    return f"document.querySelector('#{part} [data-ready]')?.dataset.{name}"


def another(page: Page, part: str, name: str) -> str:
    """JavaScript: whether a part of the page has shown something more often than now."""
    return f"{shows(part, name)} > {page.evaluate(shows(part, name)) or 0}"
