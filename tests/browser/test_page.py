"""A visitor's ways through the page: draw, sample, interpolate, with mouse, finger and keyboard."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.steps import (
    PHONE,
    REDRAWN,
    SEEN,
    another_sheet,
    answered,
    answers,
    digit,
    draw_line,
    end_of_the_way,
    sheet,
    strips,
)
from tests.pictures_of import drawing, uri


def test_nobody_meets_an_empty_page(page):
    assert digit(page, SEEN).max() > 200
    assert digit(page, REDRAWN).max() > 0
    expect(page.locator("#draw [data-verdict]")).to_contain_text("nats")
    assert page.title() == "VAE Playground"


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


def test_the_arrow_keys_go_through_the_tabs(page):
    tabs = page.get_by_role("tab")
    tabs.first.focus()
    opened = []
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowRight", "ArrowLeft", "Home"):
        page.keyboard.press(key)
        focused = page.evaluate("document.activeElement.textContent")
        expect(page.get_by_role("tab", selected=True)).to_have_text(focused)
        expect(page.get_by_role("tabpanel")).to_have_count(1)
        expect(page.get_by_role("tabpanel", name=focused)).to_be_visible()
        opened.append(focused)
    last, first = tabs.last.text_content(), tabs.first.text_content()
    assert opened == ["Sample", "Interpolate", last, first, last, first]


def test_every_control_of_the_first_view_is_reached_with_tab(page):
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText")
        )
    for name in ("Undo", "Clear", "Send to A", "Example: a 0", "Sample"):
        assert name in reached, name


def test_a_picture_file_is_put_on_the_pad_and_dark_on_light_is_inverted(page):
    paper = Image.fromarray(255 - np.asarray(drawing()))
    file = io.BytesIO()
    paper.save(file, "PNG")
    before = answers(page)
    page.locator("#draw [data-file]").set_input_files(
        {"name": "seven.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
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
    page.locator("#draw [data-file]").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    expect(page.locator("#draw [data-problem]")).to_contain_text("no picture")
    assert digit(page, SEEN).max() > 200


def test_a_scribble_is_redrawn_all_the_same_and_called_untypical(page):
    expect(page.locator("#draw [data-verdict]")).to_contain_text("More typical than")
    pad = page.locator("#draw [data-pad]")
    for y in (0.2, 0.4, 0.6, 0.8):
        draw_line(page, pad, (0.1, y), (0.9, y - 0.1), (0.1, y + 0.1))
    expect(page.locator("#draw [data-verdict]")).to_contain_text("Untypical")
    assert digit(page, REDRAWN).max() > 0


def test_a_click_draws_a_new_sheet_and_a_seed_brings_one_back(page):
    page.get_by_role("tab", name="Sample").click()
    expect(page.locator("#sample [data-sheets]")).to_be_visible()
    again = page.locator("#sample [data-again]")
    seed = page.locator("#sample [data-seed]").first
    first, first_seed = sheet(page), page.locator("#sample-seed").input_value()
    second = another_sheet(page, again.click)
    assert second != first
    expect(seed).to_be_visible()

    def type_seed() -> None:
        page.locator("#sample-seed").fill(first_seed)
        page.locator("#sample-seed").press("Enter")

    assert another_sheet(page, type_seed) == first
    page.locator("#sample [data-lock]").check()
    assert another_sheet(page, again.click) == first
    expect(page.locator("[data-announcer]")).to_contain_text("The seed is locked")


def test_the_sheet_has_as_many_digits_as_were_asked_for(page):
    page.get_by_role("tab", name="Sample").click()
    expect(page.locator("#sample [data-sheet] canvas")).to_have_count(64)
    page.locator("#sample-count").select_option("16")
    expect(page.locator("#sample [data-sheet] canvas")).to_have_count(16)


def test_the_slider_shows_every_frame_and_asks_nobody(page):
    page.get_by_role("tab", name="Interpolate").click()
    expect(page.locator("#interpolate [data-strips]")).to_be_visible()
    slider = page.locator("#interpolate [data-slider]")
    page.wait_for_load_state("networkidle")
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
    page.wait_for_load_state("networkidle")
    five = digit(page, REDRAWN)
    page.locator("#draw [data-send=a]").click()
    assert np.array_equal(end_of_the_way(page, "Home"), five)


def test_linear_and_spherical_are_two_ways_between_the_same_ends(page):
    page.get_by_role("tab", name="Interpolate").click()
    expect(page.locator("#interpolate [data-strips]")).to_be_visible()
    page.wait_for_load_state("networkidle")
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


def test_a_reload_starts_afresh(page):
    page.get_by_role("button", name="Example: a 8").first.click()
    page.reload()
    expect(page.locator("#draw [data-answers]")).to_be_visible()
    assert digit(page, SEEN).max() > 200


@pytest.mark.parametrize("model", ["mlp", "map"])
def test_another_model_reads_the_same_drawing(page, model):
    seen, redrawn = digit(page, SEEN), digit(page, REDRAWN)
    before = answers(page)
    page.get_by_label("Model").first.select_option(model)
    answered(page, before)
    assert np.array_equal(digit(page, SEEN), seen)
    assert not np.array_equal(digit(page, REDRAWN), redrawn)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_tab_is_wider_than_the_screen(open_page, theme, width):
    options = PHONE if width == 390 else {}
    page = open_page(f"?__theme={theme}", **options)
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab.inner_text()


def test_the_first_view_needs_no_scrolling(page):
    draws = page.locator("#draw .draws").bounding_box()
    assert draws["y"] + draws["height"] <= 800


def test_nothing_jumps_when_a_result_arrives(page):
    boxes = """() => [...document.querySelectorAll("#draw canvas, #draw button")]
        .map((element) => element.getBoundingClientRect())
        .map((box) => [box.x, box.y])"""
    before = page.evaluate(boxes)
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    assert page.evaluate(boxes) == before
    count = answers(page)
    page.get_by_role("button", name="Example: a 4").first.click()
    answered(page, count)
    assert page.evaluate(boxes) == before


def test_a_first_visit_from_drawing_to_a_walk_between_two_digits(page):
    pad = page.locator("#draw [data-pad]")
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    count = answers(page)
    draw_line(page, pad, (0.5, 0.2), (0.5, 0.8))
    answered(page, count)
    page.locator("#draw [data-send=a]").click()
    page.get_by_role("tab", name="Sample").click()
    page.locator("#sample [data-sheet] button").nth(5).click()
    send = page.locator("#sample [data-send=b]")
    expect(send).to_be_enabled()
    send.click()
    page.get_by_role("tab", name="Interpolate").click()
    expect(page.locator("#interpolate [data-strips]")).to_be_visible()
    page.locator("#interpolate [data-slider]").focus()
    page.keyboard.press("End")
    expect(page.locator("#interpolate [data-frame]")).to_have_attribute("data-shown", "60")
