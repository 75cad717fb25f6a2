"""Hidden pixels on Draw: by brush, button, keyboard; what fills them in; what a link keeps."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import PHONE, REDRAWN, SEEN, digit, goto

MASK = "#draw [data-mask]"


def visible(page: Page) -> np.ndarray:
    """Which pixels are visible, as the page keeps it: (28, 28)."""
    found = page.evaluate("inside.store.get('hiding')?.visible ?? Array(784).fill(1)")
    return np.array(found).reshape(28, 28)


def hide(page: Page, part: str) -> None:
    page.get_by_role("button", name=part).click()


def refined(page: Page, times: int = 1) -> None:
    """Wait until so many completions have been refined."""
    page.wait_for_function(
        "n => Number(document.querySelector('#draw [data-refined]')?.dataset.refined) >= n",
        arg=times,
    )


def cells(page: Page) -> list[np.ndarray]:
    count = page.locator("#draw .draws canvas").count()
    return [digit(page, f"#draw .draws canvas:nth-child({index + 1})") for index in range(count)]


LOWER, RIGHT, MIDDLE = np.ones((3, 28, 28), int)
LOWER[14:], RIGHT[:, 14:], MIDDLE[9:19, 9:19] = 0, 0, 0


@pytest.mark.parametrize(
    ("part", "expected"), [("lower half", LOWER), ("right half", RIGHT), ("middle", MIDDLE)]
)
def test_a_button_hides_its_part_and_the_rest_is_kept(page, part, expected):
    seen = digit(page, SEEN)
    hide(page, f"Hide the {part}")
    refined(page)
    assert np.array_equal(visible(page), expected)
    kept = expected == 1
    for shown in (digit(page, REDRAWN), *cells(page)):
        assert np.abs(shown[kept].astype(int) - seen[kept]).max() <= 1
    percent = round(100 * float(1 - expected.mean()))
    expect(page.locator("#draw [data-verdict]")).to_contain_text(f"{percent} % of the pixels")


def test_eight_completions_differ_from_the_large_one_and_each_other(page):
    hide(page, "Hide the lower half")
    refined(page)
    found = [digit(page, REDRAWN), *cells(page)]
    assert len(found) == 9
    assert len({each.tobytes() for each in found}) == 9


def test_a_drag_hides_what_the_brush_of_four_pixels_covers(page):
    box = page.locator(MASK).bounding_box()
    place = lambda pixels: pixels / 28  # noqa: E731
    page.mouse.move(box["x"] + box["width"] * place(6), box["y"] + box["height"] * place(10))
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * place(20), box["y"] + box["height"] * place(10))
    page.mouse.up()
    refined(page)
    expected = np.ones((28, 28), int)
    expected[8:12, 4:22] = 0
    assert np.array_equal(visible(page), expected)


def test_hidden_pixels_are_covered_and_shown_again(page):
    covered = "canvas => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data]"
    answer = digit(page, REDRAWN)
    hide(page, "Hide the right half")
    refined(page)
    alpha = np.array(page.locator(MASK).evaluate(covered)).reshape(28, 28, 4)[..., 3]
    assert np.array_equal(alpha > 0, RIGHT == 0)
    hide(page, "Show all")
    assert (visible(page) == 1).all()
    assert not np.array(page.locator(MASK).evaluate(covered)).any()
    page.wait_for_function("!document.querySelector('#draw [data-hiding]')")
    assert np.array_equal(digit(page, REDRAWN), answer)
    expect(page.locator("#draw [data-verdict]")).not_to_contain_text("hidden")


def test_the_keyboard_hides_and_shows_all(page):
    page.locator(MASK).focus()
    for key in ("ArrowLeft", "Shift+ArrowUp", "Space"):
        page.keyboard.press(key)
    refined(page)
    expected = np.ones((28, 28), int)
    expected[8:12, 11:15] = 0  # the middle, one to the left and four up
    assert np.array_equal(visible(page), expected)
    page.keyboard.press("Delete")
    assert (visible(page) == 1).all()


def test_show_all_keeps_the_keyboards_focus_when_there_is_nothing_left_to_show(page):
    hide(page, "Hide the lower half")
    refined(page)
    button = page.get_by_role("button", name="Show all")
    expect(button).to_be_enabled()
    button.press("Enter")
    expect(button).to_be_disabled()
    expect(button).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Hide the middle")).to_be_focused()
    page.keyboard.press("Enter")
    assert np.array_equal(visible(page), MIDDLE)
    expect(button).to_be_enabled()


def test_a_finger_hides_on_a_phone(open_page):
    page = open_page(**PHONE)
    page.locator(MASK).tap()
    refined(page)
    assert (visible(page) == 0).sum() == 16


def test_what_is_sent_is_the_completions_code(page):
    drawn = page.evaluate("inside.store.get('drawing').code")
    hide(page, "Hide the lower half")
    refined(page)
    page.locator("#draw [data-send=a]").click()
    sent = page.evaluate("inside.store.get('a')")
    assert len(sent["code"]) == len(drawn)
    assert sent["code"] != drawn
    assert "layers" not in sent


def test_other_completions_come_of_another_seed(page):
    hide(page, "Hide the lower half")
    refined(page)
    before = digit(page, REDRAWN)
    page.locator("#draw [data-redraw]").click()
    refined(page, 2)
    assert not np.array_equal(digit(page, REDRAWN), before)


def test_a_drawing_that_changes_is_completed_anew(page):
    hide(page, "Hide the right half")
    refined(page)
    page.locator("#draw [data-examples] button").nth(7).click()
    refined(page, 2)
    seen, shown = digit(page, SEEN), digit(page, REDRAWN)
    assert np.abs(seen[:, :14].astype(int) - shown[:, :14]).max() <= 1


def test_a_link_brings_back_what_is_hidden_and_what_fills_it_in(page, open_page):
    hide(page, "Hide the middle")
    refined(page)
    page.locator("#draw [data-redraw]").click()
    refined(page, 2)
    address = page.evaluate("inside.writeLink().address")
    other = open_page(f"?{address.partition('?')[2]}")
    refined(other)
    assert np.array_equal(visible(other), MIDDLE)
    assert np.array_equal(digit(other, REDRAWN), digit(page, REDRAWN))


@pytest.mark.parametrize("text", ["x", "A" * 200, "", "%21"])
def test_a_spoilt_mask_in_a_link_hides_nothing(open_page, text):
    page = open_page(f"?visible={text}")
    assert (visible(page) == 1).all()


def test_the_page_goes_on_with_an_empty_pad(page):
    hide(page, "Hide the lower half")
    refined(page)
    page.locator("#draw [data-clear]").click()
    expect(page.locator("#draw [data-redraw]")).to_be_disabled()
    assert not digit(page, REDRAWN).any()
    hide(page, "Show all")


def test_a_seed_without_a_mask_is_no_trouble(browser, address):
    page = browser.new_context().new_page()
    goto(page, f"{address}?completions=5")
    assert page.evaluate("inside.store.get('hiding')") is None
    page.context.close()
