"""Explore: the map, the drawing's place on it, and a code taken apart number by number."""

import json

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import PHONE, digit, end_of_the_way, frames, goto, open_tab, settled
from tests.serving.in_process import served
from tests.synthetic import small_model
from vae.ui.server.models import Models
from vae.ui.server.service import Service

BIG = "#explore [data-digit]"
MAP = "#explore [data-map]"


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


def test_the_drawing_is_marked_and_the_visitor_stands_on_it(page):
    open_map(page)
    expect(page.locator("#explore [data-drawn]")).to_be_visible()
    expect(page.locator("#explore [data-words]")).to_contain_text("Your drawing lies here")
    place = code(page)
    page.get_by_label("Model").first.select_option("map")
    page.wait_for_function("inside.store.get('drawing').model === 'map'")
    own = page.evaluate("inside.store.get('drawing').code")
    assert place == pytest.approx(own, abs=0.001)
    assert code(page) == place  # nothing moves: it is the same drawing


def test_the_nearest_digit_of_the_map_is_shown_before_the_server_is_asked(page):
    open_map(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    before = digit(page, BIG)
    # One task: no answer of the server can come in between.
    shown = page.locator(MAP).evaluate(
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
    assert shown
    assert asked == []
    assert not np.array_equal(digit(page, BIG), before)


def test_the_exact_digit_comes_when_the_pointer_rests_and_leaving_leads_back(page):
    open_map(page)
    stood, own = code(page), digit(page, BIG)
    page.mouse.move(*at(page, 0.205, 0.71))
    reaches(page, [-0.824, -0.553], 0.03)
    page.mouse.move(*at(page, 1.2, 0.5))
    reaches(page, stood, 0)
    assert np.array_equal(digit(page, BIG), own)


def test_a_click_stays_and_home_leads_back_to_the_drawing(page):
    open_map(page)
    own = code(page)
    page.mouse.click(*at(page, 0.9, 0.1))
    page.mouse.move(*at(page, 1.2, 0.5))
    reaches(page, [1.28, 1.28], 0.05)
    page.locator("#explore [data-home]").click()
    reaches(page, own, 0)


def test_the_map_is_walked_with_the_arrow_keys(page):
    open_map(page)
    page.mouse.click(*at(page, 0.525, 0.525))
    page.mouse.move(*at(page, 1.2, 0.5))
    page.locator(MAP).focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    reaches(page, [0.189, 0.063 + 0.126], 0.03)
    exact = count(page, "exact")
    page.keyboard.press("Home")
    counted(page, "exact", exact)
    expect(page.locator("#explore [data-words]")).to_contain_text("Your drawing lies here")


def test_a_finger_is_followed_and_the_page_does_not_scroll(open_page):
    page = open_map(open_page(**PHONE))
    page.locator(MAP).scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    touch = page.context.new_cdp_session(page)
    for kind, share in (("touchStart", 0.2), *(("touchMove", 0.2 + 0.05 * n) for n in range(13))):
        x, y = at(page, share, share)
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    reaches(page, [0.842, -0.842], 0.03)
    assert page.evaluate("scrollY") == scrolled


def test_a_drawing_in_another_tab_costs_explore_nothing_until_it_is_seen(page):
    open_map(page)
    page.get_by_role("tab", name="Draw").click()
    asked = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.get_by_role("button", name="Example: a 1").first.click()
    settled(page)
    page.wait_for_function("inside.store.get('drawing').layers.length === 1")
    assert not [body for body in asked if '"locate"' in body or '"digit"' in body]
    own, exact = code(page), count(page, "exact")
    page.get_by_role("tab", name="Explore").click()
    counted(page, "exact", exact)
    assert code(page) != own


def test_the_dimensions_begin_at_the_drawings_code(page):
    open_dimensions(page)
    own = page.evaluate("inside.store.get('drawing').code")
    assert code(page) == own
    assert np.array_equal(digit(page, BIG), digit(page, "#draw [data-reconstruction]"))
    sliders = page.locator("#explore [data-rows] input")
    expect(sliders).to_have_count(5)
    expect(sliders.first).to_have_attribute("aria-label", "Number 1 of the code")
    expect(sliders.last).to_have_attribute(
        "aria-label", "Number 5 of the code, which this model does not use"
    )


def test_a_slider_edits_the_digit_and_reset_brings_the_drawing_back(page):
    open_dimensions(page)
    own, picture = code(page), digit(page, BIG)
    slider = page.locator("#explore [data-rows] input").first
    slider.focus()
    digits, strips = count(page, "digits"), count(page, "strips")
    page.keyboard.press("End")
    counted(page, "digits", digits)
    counted(page, "strips", strips)
    assert code(page) == [3, *own[1:]]
    assert not np.array_equal(digit(page, BIG), picture)
    expect(page.locator("#explore [data-words]")).to_contain_text("1 of its 5 numbers")
    expect(page.locator("#explore .traversal output").first).to_have_text("3.00")
    digits = count(page, "digits")
    page.locator("#explore [data-home]").click()
    counted(page, "digits", digits)
    assert code(page) == own
    assert np.array_equal(digit(page, BIG), picture)


def test_a_finger_that_scrolls_the_page_takes_back_what_it_changed(open_page):
    page = open_dimensions(open_page(**(PHONE | {"viewport": {"width": 390, "height": 500}})))
    own, digits = code(page), count(page, "digits")
    slider = page.locator("#explore [data-rows] input").first
    slider.evaluate("slider => slider.scrollIntoView({ block: 'center' })")
    scrolled, box = page.evaluate("scrollY"), slider.bounding_box()
    finger = page.context.new_cdp_session(page)
    x, y = box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2
    for step in range(12):
        kind = "touchMove" if step else "touchStart"
        points = [{"x": x, "y": y + 12 * step}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        frames(page, 2)  # or it would pass for one jump, which is no scrolling
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("scrolled => scrollY < scrolled", arg=scrolled)
    counted(page, "digits", digits)  # it was changed
    reaches(page, own, within=0)
    assert abs(float(slider.input_value()) - own[0]) <= 0.05


def test_an_edited_digit_goes_to_an_end_of_the_interpolation(page):
    open_dimensions(page)
    page.locator("#explore [data-rows] input").nth(1).focus()
    digits = count(page, "digits")
    page.keyboard.press("Home")
    counted(page, "digits", digits)
    edited, picture = code(page), digit(page, BIG)
    page.locator("#explore [data-send=b]").click()
    sent = page.evaluate("inside.store.get('b')")
    assert (sent["code"], sent["model"]) == (edited, "conv")
    assert np.array_equal(end_of_the_way(page, "End"), picture)


def test_a_digit_of_another_tab_is_opened_and_a_new_drawing_replaces_it(page):
    opened = [1.5, -0.5, 0.25, 0]
    page.evaluate("code => inside.openInExplore({ code, model: 'mlp' })", opened)
    counted(page, "digits")
    settled(page)
    assert code(page) == opened
    expect(page.get_by_role("tab", name="Explore")).to_be_focused()
    expect(page.get_by_label("Model").first).to_have_value("mlp")
    expect(page.locator("#explore [data-words]")).to_contain_text("opened here")
    expect(page.locator("#explore [data-rows] input")).to_have_count(4)
    page.get_by_role("tab", name="Draw").click()
    page.get_by_role("button", name="Example: a 1").first.click()
    page.wait_for_function("inside.store.get('drawing').layers.length === 1")
    digits = count(page, "digits")
    page.get_by_role("tab", name="Explore").click()
    counted(page, "digits", digits)
    assert code(page) == page.evaluate("inside.store.get('drawing').code")
    assert page.evaluate("inside.store.get('explored')") is None


def test_without_a_drawing_the_exploration_begins_in_the_middle(page):
    page.get_by_role("button", name="Clear").first.click()
    page.wait_for_function("inside.store.get('drawing') === null")
    open_map(page)
    assert code(page) == pytest.approx([0, 0], abs=0.01)
    expect(page.locator("#explore [data-drawn]")).to_be_hidden()
    page.locator("#explore label", has_text="Dimensions").click()
    counted(page, "digits")
    assert code(page) == [0] * 5


def test_another_model_has_dimensions_of_its_own(page):
    open_dimensions(page)
    digits = count(page, "digits")
    page.get_by_label("Model").first.select_option("map")
    counted(page, "digits", digits)
    expect(page.locator("#explore [data-rows] input")).to_have_count(2)
    assert code(page) == page.evaluate("inside.store.get('drawing').code")


@pytest.mark.parametrize("view", ["Map", "Dimensions"])
def test_either_view_fits_the_first_screen_and_nothing_jumps(page, view):
    (open_map if view == "Map" else open_dimensions)(page)
    assert page.evaluate("document.documentElement.scrollHeight") <= 800
    expect(page.locator("#explore [data-timeline]")).to_be_hidden()  # no history, no slider
    boxes = """() => [...document.querySelectorAll("#explore :is(button, .digit, .map, input)")]
        .map((element) => element.getBoundingClientRect())
        .map((box) => [box.x, box.y])"""
    before = page.evaluate(boxes)
    kind = "exact" if view == "Map" else "digits"
    shown = count(page, kind)
    page.locator(MAP if view == "Map" else "#explore [data-rows] input >> nth=0").focus()
    page.keyboard.press("ArrowRight")
    counted(page, kind, shown)
    assert page.evaluate(boxes) == before


# Observers are told first what was so a while ago, as they are where the browser is busy.
LATE = """window.IntersectionObserver = class extends IntersectionObserver {
  constructor(told) {
    super((changes) => told([{ isIntersecting: !changes[0].isIntersecting }, ...changes]));
  }
}"""


def test_the_tab_shows_itself_however_late_the_browser_tells_of_it(page, address):
    page.add_init_script(LATE)
    goto(page, address)
    open_tab(page, "Explore")


def test_what_is_touched_is_large_enough_for_a_finger(open_page):
    page = open_page(**PHONE)
    for open_view in (open_map, open_dimensions):
        open_view(page)
        small = page.locator(
            "#explore :is(button, .check, .segments label, .traversal-strip)"
        ).evaluate_all(
            """all => all.filter(control => control.checkVisibility({ visibilityProperty: true }))
                .map(control => [control.getBoundingClientRect(), control.innerText])
                .filter(([box]) => Math.min(box.width, box.height) < 44)"""
        )
        assert not small
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_a_map_model_there_are_the_dimensions_alone(open_page):
    page = open_page()
    lone = Service(Models({"conv": small_model("conv", 5)}))  # without directions
    with served(lone) as demo:
        page.goto(demo.local_url)
        page.get_by_role("tab", name="Explore").click()
        counted(page, "strips")
        expect(page.locator("#explore [data-switch]")).to_be_hidden()
        expect(page.locator(MAP)).to_be_hidden()
        expect(page.locator("#explore [data-rows] canvas").first).to_be_visible()
        assert digit(page, BIG).max() > 0
        page.goto("about:blank")  # before its server goes
