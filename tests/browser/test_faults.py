"""What befalls an open page: lost connections, restarts, zoom, fingers, endless strokes. Each time
the page recovers by itself where it can, says so where it cannot, and the console stays silent."""

import contextlib
import math
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.steps import (
    PHONE,
    REDRAWN,
    SEEN,
    answered,
    answers,
    digit,
    draw_line,
    goto,
)
from tests.conftest import WHOLE_BROWSERS
from tests.serving.process import free_port, serving, tiny_models

PAD = "#draw [data-pad]"
ASKED = "**/component_server/**"
SAID = "[data-announcer]"
AWAY = "No connection to the server."
LISTEN = """() => {
    const line = document.querySelector("[data-announcer]");
    window.heard = [];
    new MutationObserver(() => heard.push(line.textContent)).observe(line, { childList: true });
}"""
# Chromium itself writes these, for every request without an answer or with a bad one.
BROWSERS_OWN = re.compile(
    r"Failed to load resource: (net::ERR_\w+|the server responded with a status of 404.*)"
)


def complaints_of(page: Page) -> list[str]:
    """What a page complains of from now on."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"error: {error}"))
    page.on("console", lambda line: line.type == "error" and found.append(line.text))
    return found


def wait_to_hear(page: Page, words: str) -> None:
    """Wait until an opened page said that, however briefly, and forget what it said."""
    page.wait_for_function(
        "words => heard.some((sentence) => sentence.includes(words))", arg=words, timeout=60_000
    )
    page.evaluate("heard.length = 0")


def wait_for_reading(page: Page, layers: int) -> None:
    """Wait until what is shown belongs to a drawing of that many layers, all of them finished."""
    page.wait_for_function(
        "n => inside.store.get('drawing')?.layers.length === n", arg=layers, timeout=60_000
    )


def shown(page: Page) -> np.ndarray:
    return np.stack([digit(page, SEEN), digit(page, REDRAWN)])


def check_reading(page: Page, layers: int) -> None:
    """What is shown is read from the drawing as it is now: asked anew, the answer is the same."""
    wait_for_reading(page, layers)
    expect(page.locator(PAD)).to_have_attribute("data-layers", str(layers))
    first = shown(page)
    assert first[0].max() > 200
    for button, same in (("Undo", False), ("Redo", True)):
        before = answers(page)
        page.get_by_role("button", name=button).first.click()
        answered(page, before)
        assert np.array_equal(shown(page), first) == same


def clear(page: Page) -> None:
    page.locator("#draw [data-clear]").click()
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    page.wait_for_function("inside.store.get('drawing') === null")


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where on the screen a place of the pad is, given as shares of its side."""
    box = page.locator(PAD).bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def press(page: Page, *points: tuple[float, float]) -> None:
    """Draw with the mouse through points given as shares of the pad's side, and hold it down."""
    page.mouse.move(*place(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*place(page, *point), steps=6)


@pytest.fixture
def visit(contexts) -> Iterator[Callable[..., Page]]:
    """visit(url, answer) opens a page that may lose its server, or that is answered in its stead:
    only Chromium's own lines are forgiven."""
    context = contexts(offline=False)  # one that no other test uses
    complaints = []

    def open_one(url: str, answer: Callable[[Route], None] | None = None) -> Page:
        page = context.new_page()
        complaints.append(complaints_of(page))
        if answer:
            page.route(ASKED, answer)
        goto(page, url)
        page.evaluate("window.opened = 'once'")
        page.evaluate(LISTEN)
        return page

    yield open_one
    context.set_offline(False)
    for page in context.pages:
        page.close()
    for found in complaints:
        assert [line for line in found if not BROWSERS_OWN.fullmatch(line)] == []


def test_a_lost_connection_comes_back_and_what_was_drawn_meanwhile_is_read(visit, address):
    page = visit(address)
    clear(page)
    before = answers(page)
    press(page, (0.3, 0.2), (0.7, 0.25))
    answered(page, before)
    page.context.set_offline(True)
    page.mouse.move(*place(page, 0.45, 0.85), steps=12)
    expect(page.locator(SAID)).to_contain_text(f"{AWAY} Trying again in")
    page.mouse.up()
    expect(page.locator(PAD)).to_have_attribute("data-layers", "1")
    page.context.set_offline(False)
    wait_to_hear(page, "Connected again.")
    check_reading(page, layers=1)
    clear(page)
    page.context.set_offline(True)
    for x in (0.3, 0.5, 0.7):
        draw_line(page, page.locator(PAD), (x, 0.2), (x, 0.8))
    expect(page.locator(SAID)).to_contain_text(AWAY)
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator(PAD)).to_have_attribute("data-layers", "2")
    page.context.set_offline(False)
    check_reading(page, layers=2)
    assert page.evaluate("window.opened") == "once"


@pytest.mark.timeout(480)  # the app starts twice
def test_a_server_restarted_under_an_open_page_is_found_again(visit, tmp_path):
    weights, port = tiny_models(tmp_path), free_port()
    with serving(weights, port=port) as first:
        page = visit(first.url)
        clear(page)
        draw_line(page, page.locator(PAD), (0.3, 0.2), (0.7, 0.25))
        wait_for_reading(page, 1)
        first.kill()
        draw_line(page, page.locator(PAD), (0.7, 0.25), (0.45, 0.85))
        expect(page.locator(SAID)).to_contain_text(AWAY)
    with serving(weights, port=port):
        wait_to_hear(page, "Connected again.")
        check_reading(page, layers=2)
        assert page.evaluate("window.opened") == "once"


def test_a_server_that_no_longer_knows_the_page_is_said_to_need_a_reload(visit, address):
    page = visit(address)
    page.route(ASKED, lambda route: route.fulfill(status=404, body="{}"))
    draw_line(page, page.locator(PAD), (0.3, 0.2), (0.7, 0.25))
    expect(page.locator(SAID)).to_contain_text("reload")
    expect(page.locator(SAID)).not_to_contain_text(AWAY)
    page.unroute(ASKED)
    wait_to_hear(page, "Connected again.")


def test_the_ends_that_a_link_brings_are_asked_for_until_they_come(visit, untouched, address):
    code = untouched.evaluate(
        "inside.encodeCode(Array(inside.modelNamed(inside.store.get('model')).latentDim).fill(0.5))"
    )
    lost = []

    def lose(route: Route) -> None:
        if "digit" in route.request.post_data and len(lost) < 2:
            lost.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page = visit(f"{address}?tab=interpolate&a={code}", lose)
    page.wait_for_function("window.inside?.store.get('a')?.picture", timeout=30_000)
    expect(page.get_by_role("tab", name="Interpolate")).to_have_attribute("aria-selected", "true")
    assert len(lost) == 2


def test_a_reload_amid_a_stroke_and_back_to_a_page_that_was_not_kept_begin_anew(page):
    opening = shown(page)
    press(page, (0.3, 0.2), (0.7, 0.25))
    page.reload()
    page.mouse.up()
    check_a_new_beginning(page, opening)
    clear(page)
    page.goto("about:blank")
    page.go_back()
    check_a_new_beginning(page, opening)


def check_a_new_beginning(page: Page, opening: np.ndarray) -> None:
    """The page is as it opened, says nothing, and can be drawn on."""
    expect(page.locator("#draw [data-answers]")).to_be_attached()
    assert np.array_equal(shown(page), opening)
    expect(page.locator(SAID)).to_be_empty()
    layers = int(page.locator(PAD).get_attribute("data-layers"))
    draw_line(page, page.locator(PAD), (0.2, 0.1), (0.8, 0.9))
    check_reading(page, layers + 1)


def test_two_tabs_know_nothing_of_each_other(page, address):
    other = page.context.new_page()
    complaints = complaints_of(other)
    goto(other, address)
    for each in (page, other):
        clear(each)
    press(page, (0.3, 0.2), (0.7, 0.25))
    draw_line(other, other.locator(PAD), (0.5, 0.2), (0.5, 0.8))
    other.get_by_label("Model").first.select_option("mlp")
    page.mouse.move(*place(page, 0.45, 0.85), steps=6)
    page.mouse.up()
    wait_for_reading(page, 1)
    wait_for_reading(other, 1)
    assert not np.array_equal(shown(page)[0], shown(other)[0])
    expect(page.get_by_label("Model").first).to_have_value("conv")
    check_reading(page, layers=1)
    check_reading(other, layers=1)
    assert complaints == []


@pytest.fixture
def remembering_browser(launch) -> Iterator[Browser]:
    """Chromium as visitors have it: Back brings a page back as it was left, as the shell cannot."""
    remembering = launch(WHOLE_BROWSERS, ignore_default_args=["--disable-back-forward-cache"])
    with contextlib.closing(remembering):
        yield remembering


def test_back_to_a_page_that_was_kept_finds_the_drawing(remembering_browser, address):
    page = remembering_browser.new_page()
    complaints = complaints_of(page)
    goto(page, address)
    page.evaluate("window.opened = 'once'")
    clear(page)
    press(page, (0.3, 0.2), (0.7, 0.25), (0.45, 0.85))
    page.goto("about:blank")
    page.mouse.up()
    page.go_back(wait_until="commit")
    assert page.evaluate("window.opened") == "once"
    # The button was let go elsewhere: the stroke ends where the mouse left it.
    page.mouse.move(*place(page, 0.1, 0.1))
    page.mouse.move(*place(page, 0.9, 0.1), steps=6)
    wait_for_reading(page, 1)
    assert digit(page, PAD)[: digit(page, PAD).shape[0] // 8].max() == 0
    draw_line(page, page.locator(PAD), (0.2, 0.5), (0.8, 0.5))
    check_reading(page, layers=2)
    assert complaints == []


def zoom_the_browser(page: Page) -> None:
    """As Ctrl and + do: fewer CSS pixels, each of them more of the screen's."""
    metrics = {"width": 853, "height": 533, "deviceScaleFactor": 1.5, "mobile": False}
    page.context.new_cdp_session(page).send("Emulation.setDeviceMetricsOverride", metrics)


def zoom_the_document(page: Page) -> None:
    page.evaluate("document.documentElement.style.zoom = 1.5")


@pytest.mark.parametrize("scale", [1, 2], ids=["screen", "fine screen"])
def test_the_stroke_lies_under_the_pointer_after_zooming(open_page, scale):
    page = open_page(device_scale_factor=scale)
    check_strokes_before_and_after(page, lambda page: None)
    check_strokes_before_and_after(page, zoom_the_document)
    page.evaluate("document.documentElement.style.zoom = ''")
    check_strokes_before_and_after(page, zoom_the_browser)


def check_strokes_before_and_after(page: Page, zoom: Callable[[Page], None]) -> None:
    clear(page)
    draw_line(page, page.locator(PAD), (0.2, 0.2), (0.2, 0.8))
    wait_for_reading(page, 1)
    zoom(page)
    page.locator(PAD).scroll_into_view_if_needed()
    draw_line(page, page.locator(PAD), (0.5, 0.4), (0.8, 0.7))
    wait_for_reading(page, 2)
    levels = digit(page, PAD)
    for x, y, ink in (
        *((0.2, 0.5, True), (0.55, 0.45, True), (0.65, 0.55, True), (0.75, 0.65, True)),
        *((0.35, 0.5, False), (0.6, 0.4, False), (0.7, 0.75, False), (0.9, 0.9, False)),
    ):
        assert (levels[int(y * len(levels)), int(x * len(levels))] > 200) == ink, (x, y)
        assert page.evaluate(
            "place => document.elementFromPoint(...place).matches('[data-pad]')", place(page, x, y)
        )
    # One pixel of the canvas for each of the screen's: nothing is blurred.
    fine = page.evaluate("devicePixelRatio") * page.locator(PAD).evaluate("pad => pad.clientWidth")
    assert len(levels) == round(fine)
    check_reading(page, layers=2)


@pytest.fixture
def touch(open_page) -> tuple[Page, Callable]:
    """A phone, and touch(kind, {finger: place as shares of the pad}) on its screen."""
    page = open_page(**PHONE)
    page.locator(PAD).scroll_into_view_if_needed()
    clear(page)
    session = page.context.new_cdp_session(page)

    def dispatch(kind: str, **fingers: tuple[float, float]) -> None:
        points = [
            dict(zip("xy", place(page, *where), strict=True)) | {"id": ord(name)}
            for name, where in fingers.items()
        ]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    return page, dispatch


def test_a_second_finger_does_not_disturb_the_first(touch):
    page, fingers = touch
    scrolled, scale = page.evaluate("[scrollY, visualViewport.scale]")
    fingers("Start", a=(0.3, 0.2))
    for step in range(8):
        fingers("Move", a=(0.3, 0.2 + 0.03 * step))
    fingers("Start", a=(0.3, 0.41), b=(0.8, 0.5))
    for step in range(8):
        fingers("Move", a=(0.3, 0.41 + 0.03 * step), b=(0.8 - 0.01 * step, 0.5 + 0.04 * step))
    fingers("End", b=(0.73, 0.78))  # the first finger leaves; the second goes on
    fingers("Move", b=(0.7, 0.2))
    fingers("End")
    wait_for_reading(page, 1)
    pad = digit(page, PAD)
    side = len(pad)
    assert pad[int(0.6 * side), int(0.3 * side)] > 200
    assert pad[:, int(0.6 * side) :].max() == 0
    assert page.evaluate("[scrollY, visualViewport.scale]") == [scrolled, scale]
    fingers("Start", a=(0.7, 0.2))
    fingers("Move", a=(0.7, 0.8))
    fingers("End")
    check_reading(page, layers=2)


def test_a_pen_draws_with_its_tip_alone(page):
    clear(page)
    page.evaluate(
        "window.kinds = new Set(); document.querySelector('#draw [data-pad]')"
        ".addEventListener('pointermove', (event) => kinds.add(event.pointerType))"
    )
    session = page.context.new_cdp_session(page)

    def pen(kind: str, x: float, y: float, button: str = "none", **more: object) -> None:
        event = {"type": f"mouse{kind}", "pointerType": "pen", "button": button, **more}
        at = dict(zip("xy", place(page, x, y), strict=True))
        session.send("Input.dispatchMouseEvent", event | at)

    for x in (0.2, 0.5, 0.8):  # hovering
        pen("Moved", x, 0.1)
    pen("Pressed", 0.8, 0.1, "right", buttons=2)  # the button on its barrel
    pen("Released", 0.8, 0.1, "right")
    pen("Pressed", 0.5, 0.3, "left", buttons=1, force=0.3, clickCount=1)
    for step in range(20):
        pen("Moved", 0.5, 0.3 + 0.025 * step, "left", buttons=1, force=0.9, tiltX=30)
    pen("Released", 0.5, 0.8, "left")
    wait_for_reading(page, 1)
    assert page.evaluate("[...kinds]") == ["pen"]
    pad = digit(page, PAD)
    assert pad[len(pad) // 2, len(pad) // 2] > 200
    assert pad[: len(pad) // 5].max() == 0
    check_reading(page, layers=1)


# Ten thousand places on a spiral, each far enough from the last to be kept, as a mouse that reports
# a thousand places a second brings them: a few in each event.
ENDLESS = """async (count) => {
    const pad = document.querySelector("#draw [data-pad]");
    const box = pad.getBoundingClientRect();
    const side = box.width;
    let angle = 0;
    for (let index = 0; index < count; index++) {
        const radius = 0.05 + (0.4 * index) / count;
        angle += 0.004 / radius;
        const event = new PointerEvent("pointermove", {
            pointerId: window.pointer,
            buttons: 1,
            clientX: box.left + side * (0.5 + radius * Math.cos(angle)),
            clientY: box.top + side * (0.5 + radius * Math.sin(angle)),
        });
        pad.dispatchEvent(event);
        if (index % 40 === 39) await new Promise(requestAnimationFrame);
    }
}"""


def test_a_stroke_of_ten_thousand_points_is_drawn_and_read(page):
    clear(page)
    page.evaluate(
        "document.querySelector('#draw [data-pad]')"
        ".addEventListener('pointerdown', (event) => (window.pointer = event.pointerId))"
    )
    before = answers(page)
    press(page, (0.5, 0.5))
    page.evaluate(ENDLESS, 10_000)
    assert answers(page) > before + 2  # it was read while it grew
    page.mouse.up()
    wait_for_reading(page, 1)
    assert page.evaluate("inside.store.get('drawing').layers[0].points.length") > 9_900
    assert math.isclose(digit(page, PAD).mean(), 255 * math.pi * 0.49**2, rel_tol=0.1)
    check_reading(page, layers=1)


# What a tab in the background is like: it says so, draws no frames, and in the end stands still.
HIDE = """() => {
    window.waiting = [];
    window.shownFrames = window.requestAnimationFrame;
    window.requestAnimationFrame = (draw) => waiting.push(draw);
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
SHOW = """() => {
    window.requestAnimationFrame = shownFrames;
    waiting.forEach((draw) => requestAnimationFrame(draw));
    delete document.visibilityState;
    delete document.hidden;
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_stroke_goes_on_past_the_window_and_while_its_tab_is_hidden(page):
    clear(page)
    press(page, (0.2, 0.3), (0.5, 0.3))
    page.mouse.move(-40, 300, steps=6)
    page.mouse.move(*place(page, 0.2, 0.8), steps=12)
    page.mouse.move(*place(page, 0.6, 0.8), steps=6)
    page.mouse.move(-40, -40, steps=6)
    page.mouse.up()
    page.mouse.move(*place(page, 0.9, 0.1))
    page.mouse.move(*place(page, 0.9, 0.9), steps=6)
    wait_for_reading(page, 1)
    pad = digit(page, PAD)
    side = len(pad)
    assert pad[int(0.3 * side), int(0.4 * side)] > 200
    assert pad[int(0.8 * side), int(0.5 * side)] > 200
    assert pad[:, int(0.8 * side) :].max() == 0
    check_reading(page, layers=1)

    clear(page)
    session = page.context.new_cdp_session(page)
    press(page, (0.3, 0.2), (0.7, 0.25))
    page.evaluate(HIDE)
    page.mouse.move(*place(page, 0.45, 0.85), steps=6)
    page.mouse.up()
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    session.send("Page.setWebLifecycleState", {"state": "active"})
    page.evaluate(SHOW)
    wait_for_reading(page, 1)
    pad = digit(page, PAD)
    assert pad[int(0.84 * len(pad)), int(0.45 * len(pad))] > 200
    draw_line(page, page.locator(PAD), (0.2, 0.5), (0.8, 0.5))
    check_reading(page, layers=2)
