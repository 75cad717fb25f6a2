"""Interpolate's film: scrubbed, played, compared, saved; and what a link brings back of it."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Page, Route, expect

from tests.browser.steps import (
    PHONE,
    REDRAWN,
    answered,
    answers,
    digit,
    end_of_the_way,
    frames,
    open_tab,
    settled,
    strips,
)

FILM, FRAME = "#interpolate [data-film]", "#interpolate [data-frame]"
PLAY = "#interpolate [data-play]"


@pytest.fixture
def walk(page) -> Page:
    return opened(page)


def opened(page: Page) -> Page:
    open_tab(page, "Interpolate")
    return page


def shown(page: Page) -> int:
    return int(page.locator(FRAME).first.get_attribute("data-shown"))


def go_to(page: Page, key: str) -> np.ndarray:
    page.locator("#interpolate [data-slider]").press(key)
    return digit(page, f"{FRAME} >> nth=0")


def reaches(page: Page, condition: str) -> None:
    """Wait until the shown frame t fulfils the condition."""
    page.wait_for_function(
        f"(() => {{ const t = Number(document.querySelector('{FRAME}').dataset.shown);"
        f" return {condition}; }})()",
        polling=10,
    )


def compare(page: Page) -> None:
    page.get_by_text("Compare").click()
    expect(page.locator(FRAME)).to_have_count(2)


def far_apart(page: Page) -> None:
    """Codes at right angles, so long that even a random model tells the two ways apart."""
    page.evaluate(
        """() => {
            const far = (end, code) => ({ ...inside.store.get(end), code });
            inside.store.set({ a: far("a", [20, 0, 0, 0, 0]), b: far("b", [0, 20, 0, 0, 0]) });
        }"""
    )
    settled(page)


def test_the_filmstrip_begins_with_a_and_ends_with_b(walk):
    film = digit(walk, FILM)
    assert film.shape == (28, 11 * 28)
    assert np.array_equal(film[:, :28], go_to(walk, "Home"))
    assert np.array_equal(film[:, -28:], go_to(walk, "End"))
    assert not np.array_equal(film[:, :28], film[:, -28:])


def test_a_drag_along_the_filmstrip_scrubs(walk):
    box = walk.locator(FILM).bounding_box()
    picture, middle = box["width"] / 11, box["y"] + box["height"] / 2
    walk.mouse.move(box["x"] + 3.5 * picture, middle)
    walk.mouse.down()
    assert shown(walk) == 18
    walk.mouse.move(box["x"] + 9.5 * picture, middle, steps=4)
    assert shown(walk) == 54
    assert walk.locator("#interpolate [data-slider]").input_value() == "54"
    walk.mouse.move(box["x"] - 200, middle)  # beyond the strip, still held
    walk.mouse.up()
    assert shown(walk) == 0


def test_the_slider_shows_every_frame_and_asks_nobody(page):
    open_tab(page, "Interpolate")
    slider = page.locator("#interpolate [data-slider]")
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    slider.focus()
    page.keyboard.press("Home")
    shown = []
    for _ in range(61):
        shown.append(page.locator("#interpolate [data-frame]").get_attribute("data-shown"))
        page.keyboard.press("ArrowRight")
    assert shown == [str(t) for t in range(61)]
    assert [url for url in requests if not url.startswith("data:")] == []


def test_the_ends_of_the_slider_are_the_two_ends_reconstructions(page):
    page.get_by_role("button", name="Example: a 2").first.click()
    expect(page.locator("#draw [data-verdict]")).to_contain_text("nats")
    before = answers(page)
    page.get_by_role("button", name="Example: a 5").first.click()
    answered(page, before)
    settled(page)
    five = digit(page, REDRAWN)
    page.locator("#draw [data-send=a]").click()
    assert np.array_equal(end_of_the_way(page, "Home"), five)


def test_linear_and_spherical_are_two_ways_between_the_same_ends(page):
    open_tab(page, "Interpolate")
    frame = "#interpolate [data-frame]"

    def at(key: str) -> np.ndarray:
        page.locator("#interpolate [data-slider]").focus()
        page.keyboard.press(key)
        return digit(page, frame)

    straight = [at("Home"), at("End")]
    before = strips(page)
    page.locator("#interpolate [data-path][value=spherical]").check(force=True)
    page.wait_for_function(
        "n => document.querySelector('#interpolate [data-strips]').dataset.strips > n", arg=before
    )
    assert all(np.array_equal(a, b) for a, b in zip(straight, [at("Home"), at("End")], strict=True))


def test_it_plays_there_and_back_until_it_is_paused(walk):
    go_to(walk, "Home")
    walk.locator("#interpolate [data-speed]").select_option("2")
    walk.locator(PLAY).click()
    expect(walk.locator(PLAY)).to_have_text("Pause")
    for condition in ("t > 50", "t < 10", "t > 50"):
        reaches(walk, condition)
    walk.locator(PLAY).click()
    expect(walk.locator(PLAY)).to_have_text("Play")
    stopped = shown(walk)
    frames(walk, 12)  # several pictures' time
    assert shown(walk) == stopped


def test_without_loop_it_stops_at_b_and_starts_again_at_a(walk):
    walk.locator("#interpolate [data-loop]").uncheck()
    walk.locator("#interpolate [data-speed]").select_option("2")
    walk.locator(PLAY).click()
    reaches(walk, "t === 60")
    expect(walk.locator(PLAY)).to_have_text("Play")
    walk.locator(PLAY).click()
    reaches(walk, "t < 30")


def test_the_keyboard_plays_and_a_hand_on_the_slider_pauses(walk):
    slider = walk.locator("#interpolate [data-slider]")
    slider.press("Home")
    slider.press(" ")
    expect(walk.locator(PLAY)).to_have_text("Pause")
    reaches(walk, "t > 3")
    slider.press("ArrowRight")
    expect(walk.locator(PLAY)).to_have_text("Play")


def test_it_does_not_play_on_in_a_tab_that_is_not_open(walk):
    walk.locator(PLAY).click()
    walk.get_by_role("tab", name="Draw").click()
    walk.get_by_role("tab", name="Interpolate").click()
    expect(walk.locator(PLAY)).to_have_text("Play")


def test_without_an_end_there_is_no_way(walk):
    walk.locator("[data-end=a] [data-clear]").click()
    walk.wait_for_function("inside.store.get('a') === null")
    assert not digit(walk, FRAME).any()
    assert not digit(walk, FILM).any()
    walk.get_by_label("Model").first.select_option("mlp")
    settled(walk)
    assert not digit(walk, FRAME).any()
    walk.locator("#interpolate [data-gif]").click()
    expect(walk.locator("#interpolate [data-problem]")).to_contain_text("both A and B")
    strips = walk.locator("#interpolate [data-ready]").get_attribute("data-strips")
    walk.locator("[data-end=a] [data-digit='5']").click()
    expect(walk.locator(f"#interpolate [data-strips='{int(strips) + 1}']")).to_be_attached()
    assert digit(walk, FRAME).any()


def test_a_late_answer_does_not_replace_what_came_to_the_end_since(walk):
    """A random digit's answer is held back until an example has been chosen in its place."""
    held = []

    def hold(route: Route) -> None:
        held.append(route) if '"random"' in route.request.post_data else route.continue_()

    walk.route("**/component_server/**", hold)
    with walk.expect_request(lambda request: '"random"' in (request.post_data or "")):
        walk.locator("[data-end=b] [data-random]").click()
    before = walk.evaluate("inside.store.get('b').code")
    walk.locator("[data-end=b] [data-digit='5']").click()
    walk.wait_for_function(
        "before => String(inside.store.get('b').code) !== String(before)", arg=before
    )
    own = walk.evaluate("inside.store.get('b').code")
    held[0].continue_()
    settled(walk)  # what came too late has been shown by then, or never is
    assert walk.evaluate("inside.store.get('b').code") == own


def test_who_wants_less_motion_sees_pictures_not_a_film(open_page):
    walk = opened(open_page(reduced_motion="reduce"))
    expect(walk.locator("#interpolate [data-loop]")).not_to_be_checked()
    go_to(walk, "Home")
    walk.evaluate(
        """() => {
            window.places = new Set();
            const frame = document.querySelector("#interpolate [data-frame]");
            new MutationObserver(() => places.add(Number(frame.dataset.shown)))
                .observe(frame, { attributes: true });
        }"""
    )
    walk.locator("#interpolate [data-speed]").select_option("2")
    walk.locator(PLAY).click()
    reaches(walk, "t >= 18")
    walk.locator(PLAY).click()
    assert all(place % 6 == 0 for place in walk.evaluate("[...places]"))


@pytest.mark.parametrize("options", [{}, PHONE])
def test_the_two_ways_are_compared_side_by_side(open_page, options):
    walk = opened(open_page(**options))
    far_apart(walk)
    compare(walk)
    slider = walk.locator("#interpolate [data-slider]")
    frames = [f"{FRAME} >> nth={number}" for number in range(2)]
    for key in ("Home", "End"):
        slider.press(key)
        assert np.array_equal(*(digit(walk, frame) for frame in frames))
    slider.fill("30")
    assert not np.array_equal(*(digit(walk, frame) for frame in frames))
    left, right = (walk.locator(frame).bounding_box() for frame in frames)
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    assert digit(walk, FILM).shape == (56, 11 * 28)


def test_nothing_below_the_frames_moves_when_the_ways_are_compared(walk):
    places = [walk.locator(name).bounding_box()["y"] for name in (PLAY, FILM)]
    compare(walk)
    assert [walk.locator(name).bounding_box()["y"] for name in (PLAY, FILM)] == places


@pytest.mark.parametrize("both", [False, True])
def test_the_walk_is_saved_as_a_gif_of_its_speed(walk, both):
    if both:
        compare(walk)
    walk.locator("#interpolate [data-speed]").select_option("0.5")
    with walk.expect_download() as download:
        walk.locator("#interpolate [data-gif]").click()
    way = "both" if both else "linear"
    assert download.value.suggested_filename == f"a-to-b-conv-{way}.gif"
    gif = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert gif.size == ((1 + both) * 28 * 6, 28 * 6)
    assert gif.info["loop"] == 0
    # Equal neighbours are one frame that lasts longer: there and back is 60 + 60 frames.
    lasting = sum(frame.info["duration"] for frame in ImageSequence.Iterator(gif))
    assert lasting == 120 * 100
    expect(walk.locator("#interpolate [data-gif]")).to_be_enabled()


def test_the_keyboard_saves_the_walk_once_and_keeps_its_place(walk):
    """A second press, while the answer is held back, asks for nothing."""
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    walk.route("**/component_server/**", hold)
    button = walk.locator("#interpolate [data-gif]")
    with walk.expect_request("**/component_server/**"):
        button.press("Enter")
    expect(button).to_be_disabled()
    button.press("Enter")
    with walk.expect_download():
        asked[0].continue_()
    settled(walk)
    assert len(asked) == 1
    expect(button).to_be_enabled()
    expect(button).to_be_focused()


def test_a_link_brings_back_the_way_and_the_place_on_it(open_page):
    page = open_page("?path=both&place=42&tab=interpolate")
    expect(page.locator(FRAME)).to_have_count(2)
    assert shown(page) == 42
    query = page.evaluate("inside.writeLink().address")
    assert "path=both&place=42" in query


@pytest.mark.parametrize("query", ["?path=zigzag", "?place=61", "?place=-1", "?place=x"])
def test_a_link_with_a_place_that_is_none_says_so(open_page, query):
    page = open_page(query)
    expect(page.locator("[data-announcer]")).to_contain_text("could not be used")
