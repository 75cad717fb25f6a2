"""How soon the page answers a hand, and how much that asks of the network."""

import statistics
import time
from collections.abc import Iterator

from playwright.sync_api import Browser, Page

from tests.benchmarks.page.watch import Figure, Traffic, another, shows, timed, visit
from tests.browser.steps import settled

LATENCY = 200  # milliseconds, of a server on another continent
STROKE, LONG_STROKE = 1.0, 3.0  # seconds


def hand(browser: Browser, address: str, times: int) -> Iterator[Figure]:
    """What answers a hand on the page, and how soon."""
    with visit(browser, address) as page:
        at_rest(page)
        two_frames = floor(page, times)
        yield Figure("floor: two animation frames of an idle page", two_frames, "ms")
        # First, so that what the server makes in the background of its start is there for the rest.
        first, last = completions(page, min(times, 10))
        above = pointer_up(page, times) - two_frames
        yield Figure("pointer-up to reconstruction painted, above the floor", above, "ms", 20)
        name = "pointer-up to first completions painted, above the floor"
        yield Figure(name, first - two_frames, "ms", 60)
        yield Figure("pointer-up to refined completions painted", last, "ms", 300)
        yield from drawing_traffic(page, min(times, 5))
        yield from slider(page)
        yield Figure("new ends to first frame painted", new_ends(page, times), "ms", 150)
        above = new_sheet(page, times) - two_frames
        yield Figure("64 new samples painted, above the floor", above, "ms", 40)
    with visit(browser, address) as page:
        at_rest(page)
        first, again = tab_switches(page, times)
        yield Figure("tab switch, floor included", again, "ms", 50)
        yield Figure("tab switch, above the floor", again - two_frames, "ms")
        yield Figure("tab opened for the first time, floor included", first, "ms")
    rate = redraws_a_second(browser, address, LATENCY, min(times, 3))
    name = f"drawing at {LATENCY} ms of latency: reconstructions a second"
    yield Figure(name, rate, "", 6, at_least=True)


def at_rest(page: Page) -> None:
    """Wait until a page that was opened has shown what it asked for, and has all tabs' modules."""
    settled(page)
    page.wait_for_function("""() => {
      const fetched = performance.getEntriesByType("resource").map(({ name }) => name);
      const module = (tab) => `/tabs/${tab}/${tab}.js`;
      return Object.keys(inside.settings.tabs).every(
        (tab) => fetched.some((name) => name.endsWith(module(tab))));
    }""")


def open_tab(page: Page, name: str, ready: str) -> None:
    page.locator(f"#tab-{name}").click()
    page.wait_for_function(f"() => {ready}")
    settled(page)


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
    settled(page)


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
            settled(page)  # what was asked on the way is answered
            until = another(page, "draw", name)
            milliseconds.append(timed(page, "pointerup", until, page.mouse.up))
            settled(page)
        found.append(statistics.median(milliseconds))
    page.locator("#draw [data-hide=none]").click()
    return found[0], found[1]


def drawing_traffic(page: Page, times: int) -> list[Figure]:
    """What strokes of one second ask of the network, up to the last answer they lead to."""
    kilobytes, most_open, queued, asked = [], 0, 0, []
    for _ in range(times):
        clear(page)
        traffic = Traffic(page)
        stroke(page, STROKE)
        timed(page, "pointerup", another(page, "draw", "draws"), page.mouse.up)
        settled(page)
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
        settled(page)
    return statistics.median(found)


def new_sheet(page: Page, times: int) -> float:
    """From the click on "Draw a new sheet" until its 64 digits are painted."""
    open_tab(page, "sample", shows("sample", "sheets"))
    found = []
    for _ in range(times):
        until = another(page, "sample", "sheets")
        found.append(timed(page, "click", until, page.locator("#sample [data-again]").click))
        settled(page)
    return statistics.median(found)


def tab_switches(page: Page, times: int) -> tuple[float, float]:
    """From the click on a tab until its panel is visible and painted: when the tab is opened for
    the first time, and when it has been open before."""
    names = page.evaluate("Object.keys(inside.settings.tabs)")

    def switch(name: str) -> float:
        until = f"document.querySelector('#{name}')?.checkVisibility()"
        button = page.locator(f"#tab-{name}")
        found = timed(page, "click", until, button.click)
        settled(page)
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
            stroke(page, LONG_STROKE)
            found.append(a_second(page.evaluate("changes")))
            page.mouse.up()
    return statistics.median(found)


def a_second(moments: list[float]) -> float:
    """How many moments there are a second, from the first to the last of them, in milliseconds."""
    span = moments[-1] - moments[0] if moments else 0
    return (len(moments) - 1) * 1000 / span if span else 0.0
