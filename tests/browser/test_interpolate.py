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
SLIDER, PLAY = "#interpolate [data-slider]", "#interpolate [data-play]"
SPEED, GIF = "#interpolate [data-speed]", "#interpolate [data-gif]"


@pytest.fixture
def walk(page) -> Page:
    return opened(page)


def opened(page: Page) -> Page:
    open_tab(page, "Interpolate")
    return page


def shown(page: Page) -> int:
    return int(page.locator(FRAME).first.get_attribute("data-shown"))


def go_to(page: Page, key: str) -> np.ndarray:
    page.locator(SLIDER).press(key)
    return digit(page, f"{FRAME} >> nth=0")


def reaches(page: Page, condition: str) -> None:
    """Wait until the shown frame t fulfils the condition."""
    page.wait_for_function(
        f"(() => {{ const t = Number(document.querySelector('{FRAME}').dataset.shown);"
        f" return {condition}; }})()",
        polling=10,
    )


def press_play(page: Page) -> None:
    page.locator(PLAY).click()
    expect(page.locator(PLAY)).to_have_text("Pause")


def compare(page: Page) -> None:
    page.get_by_text("Compare").click()
    expect(page.locator(FRAME)).to_have_count(2)


def are_side_by_side(page: Page) -> None:
    """Check the frames of both ways, and the filmstrip with a row for each."""
    slider = page.locator(SLIDER)
    frames = [f"{FRAME} >> nth={number}" for number in range(2)]
    for key in ("Home", "End"):
        slider.press(key)
        assert np.array_equal(*(digit(page, frame) for frame in frames)), key
    slider.fill("30")
    assert not np.array_equal(*(digit(page, frame) for frame in frames))
    left, right = (page.locator(frame).bounding_box() for frame in frames)
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    assert digit(page, FILM).shape == (56, 11 * 28)


def far_apart(page: Page) -> None:
    """Codes at right angles, so long that even a random model tells the two ways apart."""
    page.evaluate(
        """() => {
            const far = (end, code) => ({ ...inside.store.get(end), code });
            inside.store.set({ a: far("a", [20, 0, 0, 0, 0]), b: far("b", [0, 20, 0, 0, 0]) });
        }"""
    )
    settled(page)


def test_slider_and_filmstrip_lead_from_what_was_sent_to_a_to_b_and_ask_nobody(page):
    page.get_by_role("button", name="Example: a 2").first.click()
    expect(page.locator("#draw [data-verdict]")).to_contain_text("nats")
    before = answers(page)
    page.get_by_role("button", name="Example: a 5").first.click()
    answered(page, before)
    settled(page)
    five = digit(page, REDRAWN)
    page.locator("#draw [data-send=a]").click()
    assert np.array_equal(end_of_the_way(page, "Home"), five)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    passed = []
    for _ in range(61):
        passed.append(shown(page))
        page.keyboard.press("ArrowRight")
    assert passed == list(range(61))
    film = digit(page, FILM)
    assert film.shape == (28, 11 * 28)
    assert np.array_equal(film[:, :28], go_to(page, "Home"))
    assert np.array_equal(film[:, -28:], go_to(page, "End"))
    assert not np.array_equal(film[:, :28], film[:, -28:])
    box = page.locator(FILM).bounding_box()
    picture, middle = box["width"] / 11, box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 3.5 * picture, middle)
    page.mouse.down()
    assert shown(page) == 18
    page.mouse.move(box["x"] + 9.5 * picture, middle, steps=4)
    assert shown(page) == 54
    assert page.locator(SLIDER).input_value() == "54"
    page.mouse.move(box["x"] - 200, middle)  # beyond the strip, still held
    page.mouse.up()
    assert shown(page) == 0
    assert [url for url in requests if not url.startswith("data:")] == []


def test_it_plays_there_and_back_or_once_until_a_hand_or_another_tab_pauses_it(walk):
    slider, play = walk.locator(SLIDER), walk.locator(PLAY)
    walk.locator(SPEED).select_option("2")
    slider.fill("40")
    press_play(walk)
    for condition in ("t > 50", "t < 10", "t > 20"):
        reaches(walk, condition)
    play.click()
    expect(play).to_have_text("Play")
    stopped = shown(walk)
    frames(walk, 12)  # several pictures' time
    assert shown(walk) == stopped
    slider.press("Home")
    slider.press(" ")
    expect(play).to_have_text("Pause")
    reaches(walk, "t > 3")
    slider.press("ArrowRight")
    expect(play).to_have_text("Play")
    press_play(walk)
    walk.get_by_role("tab", name="Draw").click()
    walk.get_by_role("tab", name="Interpolate").click()
    expect(play).to_have_text("Play")
    walk.locator("#interpolate [data-loop]").uncheck()
    slider.fill("30")
    play.click()
    reaches(walk, "t === 60")
    expect(play).to_have_text("Play")
    play.click()
    reaches(walk, "t < 30")


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
    walk.locator(SPEED).select_option("2")
    walk.locator(PLAY).click()
    reaches(walk, "t >= 18")
    walk.locator(PLAY).click()
    assert all(place % 6 == 0 for place in walk.evaluate("[...places]"))


def test_an_end_is_what_came_to_it_last_and_without_one_there_is_no_way(walk):
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
    assert digit(walk, FRAME).any()
    walk.locator("[data-end=a] [data-clear]").click()
    walk.wait_for_function("inside.store.get('a') === null")
    assert not digit(walk, FRAME).any()
    assert not digit(walk, FILM).any()
    walk.get_by_label("Model").first.select_option("mlp")
    settled(walk)
    assert not digit(walk, FRAME).any()
    walk.locator(GIF).click()
    expect(walk.locator("#interpolate [data-problem]")).to_contain_text("both A and B")
    before = strips(walk)
    walk.locator("[data-end=a] [data-digit='5']").click()
    expect(walk.locator(f"#interpolate [data-strips='{before + 1}']")).to_be_attached()
    assert digit(walk, FRAME).any()


def test_the_two_ways_have_the_same_ends_and_nothing_moves_when_they_are_compared(walk):
    far_apart(walk)
    places = [walk.locator(name).bounding_box()["y"] for name in (PLAY, FILM)]
    straight = [go_to(walk, "Home"), go_to(walk, "End")]
    before = strips(walk)
    walk.locator("#interpolate [data-path][value=spherical]").check(force=True)
    walk.wait_for_function(
        "n => document.querySelector('#interpolate [data-strips]').dataset.strips > n", arg=before
    )
    round_about = [go_to(walk, "Home"), go_to(walk, "End")]
    assert all(np.array_equal(a, b) for a, b in zip(straight, round_about, strict=True))
    compare(walk)
    assert [walk.locator(name).bounding_box()["y"] for name in (PLAY, FILM)] == places
    are_side_by_side(walk)


def test_the_two_ways_are_compared_side_by_side_on_a_phone(open_page):
    walk = opened(open_page(**PHONE))
    far_apart(walk)
    compare(walk)
    are_side_by_side(walk)


def test_the_walk_is_saved_as_a_gif_of_its_speed_and_by_the_keyboard_once(walk):
    """A second press, while the answer is held back, asks for nothing."""
    button = walk.locator(GIF)
    walk.locator(SPEED).select_option("0.5")
    for way, across in (("linear", 1), ("both", 2)):
        if way == "both":
            compare(walk)
        with walk.expect_download() as download:
            button.click()
        assert download.value.suggested_filename == f"a-to-b-conv-{way}.gif"
        gif = Image.open(io.BytesIO(download.value.path().read_bytes()))
        assert gif.size == (across * 28 * 6, 28 * 6), way
        assert gif.info["loop"] == 0, way
        # Equal neighbours are one frame that lasts longer: there and back is 60 + 60 frames.
        lasting = sum(frame.info["duration"] for frame in ImageSequence.Iterator(gif))
        assert lasting == 120 * 100, way
        expect(button).to_be_enabled()
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    walk.route("**/component_server/**", hold)
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


def test_a_link_with_a_place_that_is_none_says_so(open_page):
    page = open_page("?path=zigzag&place=61")
    expect(page.locator("[data-announcer]")).to_have_text(
        "Part of this link could not be used: path, place."
    )
    for query in ("?path=zigzag", "?place=61", "?place=-1", "?place=x"):
        found = page.evaluate("query => inside.readLink(query)", query)
        assert found["spoilt"] == [query[1:].partition("=")[0]], query
        assert "way" not in found["changes"], query
