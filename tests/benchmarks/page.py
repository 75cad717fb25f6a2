"""How soon the page answers a hand, how much it asks of the network, how soon it is there.

python -m tests.benchmarks.page [--times 30] [--starts 5]

The app runs as visitors run it, on the CPU, in a process of its own; Chromium is driven headless.
Times are taken inside the page, from the browser's event to the second animation frame after the
result is on its canvas. An idle page needs that long for two frames too: this floor is measured in
the same run, and what a figure has above it is what the app and the network took.
"""

import argparse
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.browser.steps import INSIDE
from tests.serving.process import free_port

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Gradio's own theme would look for its fonts elsewhere, which differs from place to place.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
LATENCY = 100  # milliseconds, of a server on another continent
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


def open_tab(page: Page, name: str, ready: str) -> None:
    page.locator(f"#tab-{name}").click()
    page.wait_for_function(f"() => {ready}")
    page.wait_for_load_state("networkidle")


def floor(page: Page, times: int) -> float:
    """Milliseconds that two animation frames of an idle page take, from any moment on."""
    script = """async (pause) => {
      await new Promise((done) => setTimeout(done, pause));
      const began = performance.now();
      await bench.frames();
      return performance.now() - began;
    }"""
    return statistics.median(page.evaluate(script, 20 + 17 * n / times) for n in range(times))


def stroke(page: Page, seconds: float) -> None:
    """One line down the pad, moving 60 times a second where the machine can; the button is still
    down. A busy machine moves less often, not for longer."""
    box = page.locator("#draw [data-pad]").bounding_box()
    x, y, side = box["x"], box["y"], box["width"]
    page.mouse.move(x + 0.6 * side, y + 0.2 * side)
    page.mouse.down()
    began, way = time.monotonic(), 0.0
    while way < 1:
        time.sleep(1 / 60)
        way = min(1.0, (time.monotonic() - began) / seconds)
        page.mouse.move(x + (0.6 - 0.2 * way) * side, y + (0.2 + 0.6 * way) * side)


def clear(page: Page) -> None:
    page.locator("#draw [data-clear]").click()
    page.wait_for_function("() => !inside.store.get('drawing')")
    page.wait_for_load_state("networkidle")


def pointer_up(page: Page, times: int) -> float:
    """From the end of a stroke until the reconstruction of the whole stroke has been painted.

    The question that was under way when the pointer went up has to be answered first. While a
    stroke grows, the drawing has the layers that were there before it: none.
    """
    whole = "inside.store.get('drawing')?.layers.length === 1"
    found = []
    for _ in range(times):
        clear(page)
        stroke(page, 0.3)
        found.append(timed(page, "pointerup", whole, page.mouse.up))
    return statistics.median(found)


def completions(page: Page, times: int) -> tuple[float, float]:
    """From the end of a stroke that hides pixels until completions of the drawing are painted: the
    first ones, and the refined ones."""
    clear(page)
    page.locator("#draw [data-examples] button").nth(3).click()
    page.wait_for_function("() => inside.store.get('drawing')")
    box = page.locator("#draw [data-mask]").bounding_box()
    x, y, side = box["x"], box["y"], box["width"]
    found = []
    for name in ("completions", "refined"):
        milliseconds = []
        for _ in range(times):
            page.evaluate("() => document.querySelector('#draw [data-hide=none]').click()")
            page.mouse.move(x + 0.3 * side, y + 0.6 * side)
            page.mouse.down()
            page.mouse.move(x + 0.7 * side, y + 0.6 * side, steps=10)
            page.wait_for_load_state("networkidle")  # what was asked on the way is answered
            until = another(page, "draw", name)
            milliseconds.append(timed(page, "pointerup", until, page.mouse.up))
            page.wait_for_load_state("networkidle")
        found.append(statistics.median(milliseconds))
    page.locator("#draw [data-hide=none]").click()
    return found[0], found[1]


def drawing_traffic(page: Page, times: int) -> list[Figure]:
    """What strokes of one second ask of the network, up to the last answer they lead to."""
    kilobytes, most_open, queued, asked = [], 0, 0, []
    for _ in range(times):
        clear(page)
        traffic = Traffic(page)
        stroke(page, 1.0)
        timed(page, "pointerup", another(page, "draw", "draws"), page.mouse.up)
        page.wait_for_load_state("networkidle")
        kilobytes.append(traffic.kilobytes())
        asked.append(len(traffic.requests))
        most_open, queued = max(most_open, traffic.most_open), queued + traffic.queued()
    return [
        Figure("drawing: requests in flight at once, at most", most_open, "", 3),
        Figure("drawing: requests through a queue", queued, "", 0),
        Figure("drawing: requests a stroke of one second", statistics.median(asked), ""),
        Figure("drawing: a stroke of one second", statistics.median(kilobytes), "kB", 30),
    ]


def slider(page: Page) -> list[Figure]:
    """A slow sweep with the arrow key: from the slider's input event to the frame on its canvas,
    the frames that were there when the browser painted, and the requests on the way."""
    open_tab(page, "interpolate", shows("interpolate", "strips"))
    page.locator("#interpolate [data-slider]").focus()
    page.keyboard.press("Home")
    page.evaluate("""() => {
      const canvas = document.querySelector("#interpolate [data-frame]");
      const sweep = (window.sweep = { milliseconds: [], painted: new Set() });
      let began;
      addEventListener("input", () => (began = performance.now()), true);
      new MutationObserver(() => sweep.milliseconds.push(performance.now() - began))
        .observe(canvas, { attributeFilter: ["data-shown"] });
      const look = () => {
        sweep.painted.add(canvas.dataset.shown);
        requestAnimationFrame(look);
      };
      look();
    }""")
    traffic = Traffic(page)
    last = int(page.locator("#interpolate [data-slider]").get_attribute("max"))
    for _ in range(last):
        page.keyboard.press("ArrowRight")
        page.evaluate("() => bench.frames().then(() => null)")
    milliseconds, painted = page.evaluate("[sweep.milliseconds, sweep.painted.size]")
    return [
        Figure("slider: input to canvas", statistics.median(milliseconds), "ms", 5),
        Figure("slider: the slowest of a sweep", max(milliseconds), "ms"),
        Figure("slider: frames of a slow sweep not shown", last + 1 - painted, "", 0),
        Figure("slider: requests during a sweep", len(traffic.requests), "", 0),
    ]


def new_ends(page: Page, times: int) -> float:
    """From the click on an example of end A until the first frame between the new ends is painted.

    Interpolate is open.
    """
    found = []
    for n in range(times):
        until = another(page, "interpolate", "strips")
        example = page.locator("#interpolate [data-end=a] [data-examples] button").nth(n % 10)
        found.append(timed(page, "click", until, example.click))
        page.wait_for_load_state("networkidle")
    return statistics.median(found)


def new_sheet(page: Page, times: int) -> float:
    """From the click on "Draw a new sheet" until its 64 digits are painted."""
    open_tab(page, "sample", shows("sample", "sheets"))
    found = []
    for _ in range(times):
        until = another(page, "sample", "sheets")
        found.append(timed(page, "click", until, page.locator("#sample [data-again]").click))
        page.wait_for_load_state("networkidle")
    return statistics.median(found)


def tab_switches(page: Page, times: int) -> tuple[float, float]:
    """From the click on a tab until its panel is visible and painted: when the tab is opened for
    the first time, and when it has been open before."""
    names = page.evaluate("Object.keys(inside.settings.tabs)")

    def switch(name: str) -> float:
        until = f"document.querySelector('#{name}')?.checkVisibility()"
        button = page.locator(f"#tab-{name}")
        found = timed(page, "click", until, button.click)
        page.wait_for_load_state("networkidle")
        return found

    first = [switch(name) for name in names[1:]]
    again = [switch(names[n % len(names)]) for n in range(times)]
    return statistics.median(first), statistics.median(again)


# Notes when the reconstruction changes, by what is on its canvas.
CHANGES = """() => {
  const canvas = document.querySelector("#draw [data-reconstruction]");
  let before;
  window.changes = [];
  new MutationObserver(() => {
    const now = canvas.toDataURL();
    if (now !== before) changes.push(performance.now());
    before = now;
  }).observe(document.querySelector("#draw [data-answers]"), { attributes: true });
}"""


def redraws_a_second(browser: Browser, address: str, latency: int, times: int) -> float:
    """How often the reconstruction changes while a stroke of three seconds is drawn."""
    found = []
    with visit(browser, address, latency=latency) as page:
        page.wait_for_function("inside.store.get('drawing')")
        for _ in range(times):
            clear(page)
            page.evaluate(CHANGES)
            stroke(page, 3.0)
            found.append(a_second(page.evaluate("changes")))
            page.mouse.up()
    return statistics.median(found)


def a_second(moments: list[float]) -> float:
    """How many moments there are a second, from the first to the last of them, in milliseconds."""
    span = moments[-1] - moments[0] if moments else 0
    return (len(moments) - 1) * 1000 / span if span else 0.0


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


def hand(browser: Browser, address: str, times: int) -> Iterator[Figure]:
    """What answers a hand on the page, and how soon."""
    with visit(browser, address) as page:
        page.wait_for_load_state("networkidle")
        two_frames = floor(page, times)
        yield Figure("floor: two animation frames of an idle page", two_frames, "ms")
        above = pointer_up(page, times) - two_frames
        yield Figure("pointer-up to reconstruction painted, above the floor", above, "ms", 20)
        first, last = completions(page, min(times, 10))
        name = "pointer-up to first completions painted, above the floor"
        yield Figure(name, first - two_frames, "ms", 60)
        yield Figure("pointer-up to refined completions painted", last, "ms", 300)
        yield from drawing_traffic(page, min(times, 5))
        yield from slider(page)
        yield Figure("new ends to first frame painted", new_ends(page, times), "ms", 150)
        above = new_sheet(page, times) - two_frames
        yield Figure("64 new samples painted, above the floor", above, "ms", 40)
    with visit(browser, address) as page:
        page.wait_for_load_state("networkidle")
        first, again = tab_switches(page, times)
        yield Figure("tab switch, floor included", again, "ms", 50)
        yield Figure("tab switch, above the floor", again - two_frames, "ms")
        yield Figure("tab opened for the first time, floor included", first, "ms")
    rate = redraws_a_second(browser, address, 2 * LATENCY, min(times, 3))
    name = f"drawing at {2 * LATENCY} ms of latency: reconstructions a second"
    yield Figure(name, rate, "", 6, at_least=True)


def report(browser: Browser, times: int, starts: int) -> Iterator[Figure]:
    with running(app) as address, running(empty) as nothing:
        yield from hand(browser, address, times)
        for latency in (0, LATENCY):
            yield from first_visits(browser, address, nothing, latency, times)
    ours, least = compared(
        lambda: start(browser, app, APP_PARTS), lambda: start(browser, empty, EMPTY_PARTS), starts
    )
    yield Figure("python app.py to interactive; limit: 1.15 x the next", ours, "ms", 1.15 * least)
    yield Figure("empty Gradio page and import torch to interactive", least, "ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=30, help="measurements a median is of")
    parser.add_argument("--starts", type=int, default=5, help="starts of the app, and of no app")
    flags = parser.parse_args()
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        sys.exit("This needs Chromium: sudo apt install chromium")
    print(f"medians of {flags.times}; of starts, {flags.starts}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for figure in report(browser, flags.times, flags.starts):
            print(figure, flush=True)
        browser.close()


if __name__ == "__main__":
    main()
