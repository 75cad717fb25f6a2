"""Explore: the map, the drawing's place on it, and a code taken apart number by number."""

import json
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import PHONE, digit, end_of_the_way, frames, open_tab, settled
from tests.serving.in_process import served
from tests.synthetic import small_model
from vae.ui.server.models import Models
from vae.ui.server.service import Service

BIG = "#explore [data-digit]"
MAP, HOME = "#explore [data-map]", "#explore [data-home]"
ROWS = "#explore [data-rows] input"


def count(page: Page, name: str) -> int:
    """How often the tab has shown an answer of one kind."""
    return int(page.locator("#explore [data-ready]").get_attribute(f"data-{name}") or 0)


def counted(page: Page, name: str, more_than: int = 0) -> None:
    page.wait_for_function(
        "([name, n]) => Number(document.querySelector('#explore [data-ready]')?.dataset[name]) > n",
        arg=[name, more_than],
    )


def code(page: Page) -> list[float]:
    return json.loads(page.locator("#explore [data-ready]").get_attribute("data-code"))


def reaches(page: Page, expected: list[float], within: float = 0.001) -> None:
    """Wait until the digit shown is that of a code: one on the way may be exact before it."""
    page.wait_for_function(
        """([expected, within]) => {
            const { code } = document.querySelector("#explore [data-ready]").dataset;
            return JSON.parse(code).every((value, at) => Math.abs(value - expected[at]) <= within);
        }""",
        arg=[expected, within],
    )


def at(page: Page, across: float, down: float) -> tuple[float, float]:
    """A point of the window over the map, given as shares of the map's side."""
    box = page.locator(MAP).bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def open_map(page: Page) -> Page:
    page.get_by_role("tab", name="Explore").click()
    counted(page, "exact")
    settled(page)
    return page


def open_dimensions(page: Page) -> Page:
    page.get_by_role("tab", name="Explore").click()
    page.locator("#explore label", has_text="Dimensions").click()
    counted(page, "strips")
    counted(page, "digits")
    settled(page)
    return page


def leave_the_map(page: Page) -> None:
    page.mouse.move(*at(page, 1.2, 0.5))


def shows_the_nearest_at_once(page: Page) -> bool:
    """Move the pointer: whether what is shown is the digit of the map that lies nearest to it.

    In one task: no answer of the server can come in between.
    """
    return page.locator(MAP).evaluate(
        """map => {
            const box = map.getBoundingClientRect();
            const [x, y] = [box.left + 0.78 * box.width, box.top + 0.21 * box.height];
            const options = { clientX: x, clientY: y, pointerType: "mouse", isPrimary: true };
            map.dispatchEvent(new PointerEvent("pointermove", options));
            const cells = map.querySelector("[data-cells]").getContext("2d");
            const big = document.querySelector("#explore [data-digit]").getContext("2d");
            const cell = cells.getImageData(28 * 15, 28 * 4, 28, 28).data;
            return String(big.getImageData(0, 0, 28, 28).data) === String(cell);
        }"""
    )


def drag_a_finger(page: Page, points: Iterable[tuple[float, float]]) -> None:
    """From point to point of the window, and off the screen."""
    finger = page.context.new_cdp_session(page)
    for step, (x, y) in enumerate(points):
        kind = "touchMove" if step else "touchStart"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        frames(page, 2)  # or it would pass for one jump, which is no scrolling
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def too_small_for_a_finger(page: Page) -> list:
    """The controls of the open view that are, each with its text."""
    return page.locator(
        "#explore :is(button, .check, .segments label, .traversal-strip)"
    ).evaluate_all(
        """all => all.filter(control => control.checkVisibility({ visibilityProperty: true }))
            .map(control => [control.getBoundingClientRect(), control.innerText])
            .filter(([box]) => Math.min(box.width, box.height) < 44)"""
    )


# Observers are told first what was so a while ago, as they are where the browser is busy.
LATE = """() => {
  window.IntersectionObserver = class extends IntersectionObserver {
    constructor(told) {
      super((changes) => told([{ isIntersecting: !changes[0].isIntersecting }, ...changes]));
    }
  };
}"""


def test_the_drawings_place_is_asked_for_once_it_is_seen_however_late_that_is_told(page):
    page.evaluate(LATE)  # before the tab is filled
    open_tab(page, "Explore")
    expect(page.locator("#explore [data-drawn]")).to_be_visible()
    expect(page.locator("#explore [data-words]")).to_contain_text("Your drawing lies here")
    page.get_by_role("tab", name="Draw").click()
    asked = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.get_by_role("button", name="Example: a 1").first.click()
    settled(page)
    page.wait_for_function("inside.store.get('drawing').layers.length === 1")
    assert not [body for body in asked if '"locate"' in body or '"digit"' in body]
    before, exact = code(page), count(page, "exact")
    page.get_by_role("tab", name="Explore").click()
    counted(page, "exact", exact)
    place = code(page)
    assert place != before
    expect(page.locator("#explore [data-words]")).to_contain_text("Your drawing lies here")
    page.get_by_label("Model").first.select_option("map")
    page.wait_for_function("inside.store.get('drawing').model === 'map'")
    own = page.evaluate("inside.store.get('drawing').code")
    assert place == pytest.approx(own, abs=0.001)
    assert code(page) == place  # nothing moves: it is the same drawing


def test_a_pointer_looks_a_click_or_an_arrow_key_moves_and_home_leads_back(page):
    open_map(page)
    own, picture = code(page), digit(page, BIG)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    assert shows_the_nearest_at_once(page)
    assert asked == []
    assert not np.array_equal(digit(page, BIG), picture)
    page.mouse.move(*at(page, 0.205, 0.71))
    reaches(page, [-0.824, -0.553], 0.03)  # the exact digit comes when the pointer rests
    leave_the_map(page)
    reaches(page, own, 0)
    assert np.array_equal(digit(page, BIG), picture)
    page.mouse.click(*at(page, 0.9, 0.1))
    leave_the_map(page)
    reaches(page, [1.28, 1.28], 0.05)
    page.locator(HOME).click()
    reaches(page, own, 0)
    page.mouse.click(*at(page, 0.525, 0.525))
    leave_the_map(page)
    page.locator(MAP).focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    reaches(page, [0.189, 0.063 + 0.126], 0.03)
    exact = count(page, "exact")
    page.keyboard.press("Home")
    counted(page, "exact", exact)
    expect(page.locator("#explore [data-words]")).to_contain_text("Your drawing lies here")


def test_a_finger_moves_over_the_map_and_scrolls_past_the_dimensions(open_page):
    page = open_map(open_page(**PHONE))
    assert not too_small_for_a_finger(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(MAP).scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    shares = (0.2, *(0.2 + 0.05 * step for step in range(13)))
    drag_a_finger(page, (at(page, share, share) for share in shares))
    reaches(page, [0.842, -0.842], 0.03)
    assert page.evaluate("scrollY") == scrolled
    open_dimensions(page)
    assert not too_small_for_a_finger(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 390, "height": 500})
    own, digits = code(page), count(page, "digits")
    slider = page.locator(ROWS).first
    slider.evaluate("slider => slider.scrollIntoView({ block: 'center' })")
    scrolled, box = page.evaluate("scrollY"), slider.bounding_box()
    x, y = box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2
    drag_a_finger(page, ((x, y + 12 * step) for step in range(12)))
    page.wait_for_function("scrolled => scrollY < scrolled", arg=scrolled)
    counted(page, "digits", digits)  # it was changed
    reaches(page, own, within=0)  # and taken back
    assert abs(float(slider.input_value()) - own[0]) <= 0.05


def test_the_dimensions_begin_at_the_drawings_code_by_whichever_model(page):
    open_dimensions(page)
    own = page.evaluate("inside.store.get('drawing').code")
    assert code(page) == own
    assert np.array_equal(digit(page, BIG), digit(page, "#draw [data-reconstruction]"))
    sliders = page.locator(ROWS)
    expect(sliders).to_have_count(5)
    expect(sliders.first).to_have_attribute("aria-label", "Number 1 of the code")
    expect(sliders.last).to_have_attribute(
        "aria-label", "Number 5 of the code, which this model does not use"
    )
    digits = count(page, "digits")
    page.get_by_label("Model").first.select_option("map")
    counted(page, "digits", digits)
    expect(sliders).to_have_count(2)
    assert code(page) == page.evaluate("inside.store.get('drawing').code")


def test_an_edited_digit_goes_to_an_end_and_reset_brings_the_drawing_back(page):
    open_dimensions(page)
    own, picture = code(page), digit(page, BIG)
    page.locator(ROWS).first.focus()
    digits, strips = count(page, "digits"), count(page, "strips")
    page.keyboard.press("End")
    counted(page, "digits", digits)
    counted(page, "strips", strips)
    edited = digit(page, BIG)
    assert code(page) == [3, *own[1:]]
    assert not np.array_equal(edited, picture)
    expect(page.locator("#explore [data-words]")).to_contain_text("1 of its 5 numbers")
    expect(page.locator("#explore .traversal output").first).to_have_text("3.00")
    page.locator("#explore [data-send=b]").click()
    sent = page.evaluate("inside.store.get('b')")
    assert (sent["code"], sent["model"]) == (code(page), "conv")
    assert np.array_equal(end_of_the_way(page, "End"), edited)
    page.get_by_role("tab", name="Explore").click()
    digits = count(page, "digits")
    page.locator(HOME).click()
    counted(page, "digits", digits)
    assert code(page) == own
    assert np.array_equal(digit(page, BIG), picture)


def test_it_begins_with_a_digit_opened_here_or_a_newer_drawing_or_in_the_middle(page):
    opened = [1.5, -0.5, 0.25, 0]
    page.evaluate("code => inside.openInExplore({ code, model: 'mlp' })", opened)
    counted(page, "digits")
    settled(page)
    assert code(page) == opened
    expect(page.get_by_role("tab", name="Explore")).to_be_focused()
    expect(page.get_by_label("Model").first).to_have_value("mlp")
    expect(page.locator("#explore [data-words]")).to_contain_text("opened here")
    expect(page.locator(ROWS)).to_have_count(4)
    page.get_by_role("tab", name="Draw").click()
    page.get_by_role("button", name="Example: a 1").first.click()
    page.wait_for_function("inside.store.get('drawing').layers.length === 1")
    digits = count(page, "digits")
    page.get_by_role("tab", name="Explore").click()
    counted(page, "digits", digits)
    assert code(page) == page.evaluate("inside.store.get('drawing').code")
    assert page.evaluate("inside.store.get('explored')") is None
    page.get_by_role("tab", name="Draw").click()
    page.get_by_role("button", name="Clear").first.click()
    page.wait_for_function("inside.store.get('drawing') === null")
    digits = count(page, "digits")
    page.get_by_role("tab", name="Explore").click()
    counted(page, "digits", digits)
    assert code(page) == [0] * 4
    page.locator("#explore label", has_text="Map").click()
    counted(page, "exact")
    settled(page)
    assert code(page) == pytest.approx([0, 0], abs=0.01)
    expect(page.locator("#explore [data-drawn]")).to_be_hidden()


def test_either_view_fits_the_first_screen_and_nothing_jumps(page):
    boxes = """() => [...document.querySelectorAll("#explore :is(button, .digit, .map, input)")]
        .map((element) => element.getBoundingClientRect())
        .map((box) => [box.x, box.y])"""
    for open_view, control, kind in (
        (open_map, MAP, "exact"),
        (open_dimensions, f"{ROWS} >> nth=0", "digits"),
    ):
        open_view(page)
        assert page.evaluate("document.documentElement.scrollHeight") <= 800, kind
        expect(page.locator("#explore [data-timeline]")).to_be_hidden()  # no history, no slider
        before, shown = page.evaluate(boxes), count(page, kind)
        page.locator(control).focus()
        page.keyboard.press("ArrowRight")
        counted(page, kind, shown)
        assert page.evaluate(boxes) == before, kind


class TestOneModel:
    """The app over one model, which has neither two numbers nor directions."""

    @pytest.fixture
    def address(self) -> Iterator[str]:
        with served(Service(Models({"conv": small_model("conv", 5)}))) as demo:
            yield demo.local_url

    def test_without_a_map_model_there_are_the_dimensions_alone(self, page):
        page.get_by_role("tab", name="Explore").click()
        counted(page, "strips")
        counted(page, "digits")
        expect(page.locator("#explore [data-switch]")).to_be_hidden()
        expect(page.locator(MAP)).to_be_hidden()
        expect(page.locator("#explore [data-rows] canvas").first).to_be_visible()
        assert digit(page, BIG).max() > 0
