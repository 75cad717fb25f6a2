"""Draw: with mouse, finger and keyboard, from files; what is read, and what becomes of it."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.steps import (
    PHONE,
    REDRAWN,
    SEEN,
    answered,
    answers,
    choose_file,
    choose_picture,
    digit,
    draw_line,
)
from tests.pictures_of import ONE, drawing, uri

TWO_ONES = np.tile(255 - np.asarray(drawing(ONE)), 2)


def test_a_stroke_is_read_while_it_is_drawn_and_when_it_ends(page):
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    before = answers(page)
    pad = page.locator("#draw [data-pad]")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 180, box["y"] + 300, steps=20)
    answered(page, before)  # the button is still down
    assert digit(page, SEEN).max() > 200
    before = answers(page)
    page.mouse.up()
    answered(page, before)
    expect(pad).to_have_attribute("data-layers", "1")


def test_undo_and_redo_travel_through_the_drawings(page):
    first = digit(page, SEEN)
    before = answers(page)
    page.get_by_role("button", name="Example: a 1").first.click()
    answered(page, before)
    second = digit(page, SEEN)
    assert not np.array_equal(first, second)
    for button, expected in (("Undo", first), ("Redo", second)):
        before = answers(page)
        page.get_by_role("button", name=button).first.click()
        answered(page, before)
        assert np.array_equal(digit(page, SEEN), expected)


def test_a_finger_draws_and_the_page_does_not_scroll(open_page):
    page = open_page(**PHONE)
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    page.locator("#draw [data-pad]").scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    before = answers(page)
    box = page.locator("#draw [data-pad]").bounding_box()
    touch = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + 40
    touch.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
    )
    for step in range(1, 16):
        point = {"x": x - step, "y": y + step * 14}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    answered(page, before)
    expect(page.locator("#draw [data-pad]")).to_have_attribute("data-layers", "1")
    assert digit(page, SEEN).max() > 200
    assert page.evaluate("scrollY") == scrolled


def test_the_pad_is_worked_by_keyboard(page):
    pad = page.locator("#draw [data-pad]")
    pad.focus()
    before = answers(page)
    page.keyboard.press("7")
    answered(page, before)
    seven = digit(page, SEEN)
    before = answers(page)
    page.keyboard.press("Delete")
    answered(page, before)
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    before = answers(page)
    page.keyboard.press("Control+z")
    answered(page, before)
    assert np.array_equal(digit(page, SEEN), seven)


def test_a_picture_file_is_put_on_the_pad_and_dark_on_light_is_inverted(page):
    before = answers(page)
    choose_picture(page, 255 - np.asarray(drawing()))
    answered(page, before)
    seen = digit(page, SEEN)
    assert seen.max() > 200
    assert seen.mean() < 90  # the paper is not ink


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_is_dropped_or_pasted(page, way):
    before = answers(page)
    page.evaluate(
        """async ([way, uri]) => {
            const blob = await (await fetch(uri)).blob();
            const transfer = new DataTransfer();
            transfer.items.add(new File([blob], "seven.png", { type: "image/png" }));
            const event = way === "drop"
                ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
                : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true });
            (way === "drop" ? document.querySelector("#draw [data-drop]") : document)
                .dispatchEvent(event);
        }""",
        [way, uri(drawing())],
    )
    answered(page, before)
    expect(page.locator("#draw [data-pad]")).to_have_attribute("data-layers", "1")


def test_a_file_that_is_no_picture_is_refused_and_the_drawing_stays(page):
    choose_file(page, "x.png", "image/png", b"no picture")
    expect(page.locator("#draw [data-problem]")).to_contain_text("no picture")
    assert digit(page, SEEN).max() > 200


def test_a_scribble_is_redrawn_all_the_same_and_called_untypical(page):
    expect(page.locator("#draw [data-verdict]")).to_contain_text("More typical than")
    pad = page.locator("#draw [data-pad]")
    for y in (0.2, 0.4, 0.6, 0.8):
        draw_line(page, pad, (0.1, y), (0.9, y - 0.1), (0.1, y + 0.1))
    expect(page.locator("#draw [data-verdict]")).to_contain_text("Untypical")
    assert digit(page, REDRAWN).max() > 0


@pytest.mark.parametrize("model", ["mlp", "map"])
def test_another_model_reads_the_same_drawing(page, model):
    seen, redrawn = digit(page, SEEN), digit(page, REDRAWN)
    before = answers(page)
    page.get_by_label("Model").first.select_option(model)
    answered(page, before)
    assert np.array_equal(digit(page, SEEN), seen)
    assert not np.array_equal(digit(page, REDRAWN), redrawn)


@pytest.mark.parametrize("window", [{}, PHONE], ids=["desktop", "phone"])
def test_nothing_jumps_when_a_result_arrives(open_page, window):
    page = open_page(**window)
    boxes = """() => [...document.querySelectorAll("#draw canvas, #draw button")]
        .map((element) => element.getBoundingClientRect())
        .map((box) => [box.x + scrollX, box.y + scrollY])"""
    before = page.evaluate(boxes)
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    assert page.evaluate(boxes) == before
    count = answers(page)
    page.get_by_role("button", name="Example: a 4").first.click()
    answered(page, count)
    assert page.evaluate(boxes) == before
    count = answers(page)
    choose_picture(page, TWO_ONES)
    answered(page, count)
    assert page.evaluate(boxes) == before


def test_a_photo_of_two_digits_is_noted_until_it_is_undone_or_redrawn(page):
    verdict = page.locator("#draw [data-verdict]")
    pad = page.locator("#draw [data-pad]")
    before_it = digit(page, SEEN)
    before = answers(page)
    choose_picture(page, TWO_ONES)
    answered(page, before)
    expect(verdict).to_contain_text("Looks like several digits")

    before = answers(page)
    page.locator("#draw [data-undo]").click()
    answered(page, before)
    assert np.array_equal(digit(page, SEEN), before_it)
    expect(verdict).not_to_contain_text("several")

    page.locator("#draw [data-redo]").click()
    expect(verdict).to_contain_text("Looks like several digits")
    page.locator("#draw [data-clear]").click()
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    expect(verdict).not_to_contain_text("several")
    before = answers(page)
    draw_line(page, pad, (0.5, 0.2), (0.5, 0.8))
    answered(page, before)
    expect(verdict).not_to_contain_text("several")


def test_the_pen_draws_on_top_of_a_photo_and_is_undone_before_it(page):
    pad = page.locator("#draw [data-pad]")
    before = answers(page)
    choose_picture(page, 255 - np.asarray(drawing(ONE)))
    answered(page, before)
    photo = digit(page, "#draw [data-pad]")
    draw_line(page, pad, (0.2, 0.5), (0.8, 0.5))
    expect(pad).to_have_attribute("data-layers", "2")
    both = digit(page, "#draw [data-pad]")
    assert (both >= photo).all()
    side = len(photo)
    assert photo[side // 2, side // 4] == 0
    assert both[side // 2, side // 4] > 200
    page.locator("#draw [data-undo]").click()
    expect(pad).to_have_attribute("data-layers", "1")
    assert np.array_equal(digit(page, "#draw [data-pad]"), photo)


def test_the_pad_of_a_phone_does_not_move_for_what_is_said_above_it(open_page):
    page = open_page(**PHONE)
    pad, said = page.locator("#draw [data-pad]"), page.locator("#draw [data-verdict]")

    def top(words: str) -> float:
        expect(said).to_contain_text(words)
        return pad.evaluate("canvas => canvas.getBoundingClientRect().top + scrollY")

    places = [top("ELBO")]
    page.locator("#draw [data-clear]").click()
    expect(said).to_be_empty()
    places.append(top(""))
    for across in (0.25, 0.75):
        draw_line(page, pad, (across, 0.25), (across, 0.75))
    places.append(top("Looks like several digits"))
    assert len(set(places)) == 1
