"""Draw: with mouse, finger and keyboard, from files; what is read, and what becomes of it."""

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, expect

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
    settled,
)
from tests.pictures_of import ONE, drawing, uri

PAD, HINT, VERDICT = "#draw [data-pad]", "#draw [data-hint]", "#draw [data-verdict]"
TWO_ONES = np.tile(255 - np.asarray(drawing(ONE)), 2)


def read(page: Page, act: Callable[..., object], *arguments: object) -> None:
    """Do something that changes what is read, and wait until all of it is shown."""
    before = answers(page)
    act(*arguments)
    answered(page, before)
    settled(page)


def clear(page: Page) -> None:
    read(page, page.get_by_role("button", name="Clear").first.click)
    expect(page.locator(HINT)).to_be_visible()


def test_mouse_and_keyboard_draw_and_undo_and_redo_travel_through_the_drawings(page):
    first = digit(page, SEEN)
    read(page, page.get_by_role("button", name="Example: a 1").first.click)
    second = digit(page, SEEN)
    assert not np.array_equal(first, second)
    for button, expected in (("Undo", first), ("Redo", second)):
        read(page, page.get_by_role("button", name=button).first.click)
        assert np.array_equal(digit(page, SEEN), expected), button

    pad = page.locator(PAD)
    pad.focus()
    read(page, page.keyboard.press, "7")
    seven = digit(page, SEEN)
    assert not np.array_equal(seven, second)
    read(page, page.keyboard.press, "Delete")
    expect(page.locator(HINT)).to_be_visible()
    read(page, page.keyboard.press, "Control+z")
    assert np.array_equal(digit(page, SEEN), seven)

    clear(page)
    before = answers(page)
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 180, box["y"] + 300, steps=20)
    answered(page, before)  # the button is still down
    assert digit(page, SEEN).max() > 200
    read(page, page.mouse.up)
    expect(pad).to_have_attribute("data-layers", "1")


PUT = """async ([way, uri]) => {
    const blob = await (await fetch(uri)).blob();
    const transfer = new DataTransfer();
    transfer.items.add(new File([blob], "seven.png", { type: "image/png" }));
    const event = way === "drop"
        ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
        : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true });
    (way === "drop" ? document.querySelector("#draw [data-drop]") : document).dispatchEvent(event);
}"""


def test_a_picture_is_chosen_dropped_or_pasted_and_the_pen_draws_on_top_of_it(page):
    pad = page.locator(PAD)
    dark_on_light, seven = 255 - np.asarray(drawing()), uri(drawing())
    for act, *arguments in (
        (choose_picture, page, dark_on_light),
        (page.evaluate, PUT, ["drop", seven]),
        (page.evaluate, PUT, ["paste", seven]),
    ):
        clear(page)
        expect(pad).to_have_attribute("data-layers", "0")
        read(page, act, *arguments)
        expect(pad).to_have_attribute("data-layers", "1")
        seen = digit(page, SEEN)
        assert seen.max() > 200, arguments
        assert seen.mean() < 90, arguments  # the paper is not ink

    choose_file(page, "x.png", "image/png", b"no picture")
    expect(page.locator("#draw [data-problem]")).to_contain_text("no picture")
    assert np.array_equal(digit(page, SEEN), seen)

    read(page, choose_picture, page, 255 - np.asarray(drawing(ONE)))
    photo = digit(page, PAD)
    draw_line(page, pad, (0.2, 0.5), (0.8, 0.5))
    expect(pad).to_have_attribute("data-layers", "2")
    both = digit(page, PAD)
    assert (both >= photo).all()
    side = len(photo)
    assert photo[side // 2, side // 4] == 0
    assert both[side // 2, side // 4] > 200
    page.locator("#draw [data-undo]").click()
    expect(pad).to_have_attribute("data-layers", "1")
    assert np.array_equal(digit(page, PAD), photo)


def test_a_scribble_is_untypical_and_a_photo_of_two_digits_noted_until_undone_or_redrawn(page):
    verdict, pad = page.locator(VERDICT), page.locator(PAD)
    expect(verdict).to_contain_text("More typical than")
    for y in (0.2, 0.4, 0.6, 0.8):
        draw_line(page, pad, (0.1, y), (0.9, y - 0.1), (0.1, y + 0.1))
    expect(verdict).to_contain_text("Untypical")
    settled(page)
    assert digit(page, REDRAWN).max() > 0

    before_it = digit(page, SEEN)
    read(page, choose_picture, page, TWO_ONES)
    expect(verdict).to_contain_text("Looks like several digits")
    read(page, page.locator("#draw [data-undo]").click)
    assert np.array_equal(digit(page, SEEN), before_it)
    expect(verdict).not_to_contain_text("several")
    page.locator("#draw [data-redo]").click()
    expect(verdict).to_contain_text("Looks like several digits")
    clear(page)
    expect(verdict).not_to_contain_text("several")
    read(page, draw_line, page, pad, (0.5, 0.2), (0.5, 0.8))
    expect(verdict).not_to_contain_text("several")


def test_every_model_reads_the_same_drawing_and_redraws_it_in_its_own_way(page):
    seen, redrawn = digit(page, SEEN), [digit(page, REDRAWN)]
    for model in ("mlp", "map"):
        read(page, page.get_by_label("Model").first.select_option, model)
        assert np.array_equal(digit(page, SEEN), seen), model
        redrawn.append(digit(page, REDRAWN))
    assert len({each.tobytes() for each in redrawn}) == 3


BOXES = """() => [...document.querySelectorAll("#draw canvas, #draw button")]
    .map((element) => element.getBoundingClientRect())
    .map((box) => [box.x + scrollX, box.y + scrollY])"""


def stays_in_place(page: Page) -> None:
    """No canvas and no button of Draw moves for a result or for what is said above the pad."""
    verdict, pad = page.locator(VERDICT), page.locator(PAD)
    expect(verdict).to_contain_text("ELBO")
    before = page.evaluate(BOXES)
    clear(page)
    expect(verdict).to_be_empty()
    assert page.evaluate(BOXES) == before
    read(page, page.get_by_role("button", name="Example: a 4").first.click)
    expect(verdict).to_contain_text("ELBO")
    assert page.evaluate(BOXES) == before
    read(page, choose_picture, page, TWO_ONES)
    expect(verdict).to_contain_text("Looks like several digits")
    assert page.evaluate(BOXES) == before
    clear(page)
    expect(verdict).to_be_empty()
    pad.scroll_into_view_if_needed()
    for across in (0.25, 0.75):
        draw_line(page, pad, (across, 0.25), (across, 0.75))
    expect(verdict).to_contain_text("Looks like several digits")
    settled(page)
    assert page.evaluate(BOXES) == before


def test_nothing_jumps_when_a_result_arrives(page):
    stays_in_place(page)


def test_on_a_phone_nothing_jumps_and_a_finger_draws_without_scrolling(open_page):
    page = open_page(**PHONE)
    stays_in_place(page)
    clear(page)
    pad = page.locator(PAD)
    pad.scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    before = answers(page)
    box = pad.bounding_box()
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
    expect(pad).to_have_attribute("data-layers", "1")
    assert digit(page, SEEN).max() > 200
    assert page.evaluate("scrollY") == scrolled
