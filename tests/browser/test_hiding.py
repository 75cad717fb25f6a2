"""Hidden pixels on Draw: by brush, button, keyboard; what fills them in; what a link keeps."""

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.steps import PHONE, REDRAWN, SEEN, digit, settled

MASK = "#draw [data-mask]"


def visible(page: Page) -> np.ndarray:
    """Which pixels are visible, as the page keeps it: (28, 28)."""
    found = page.evaluate("inside.store.get('hiding')?.visible ?? Array(784).fill(1)")
    return np.array(found).reshape(28, 28)


def refined(page: Page, more_than: int = 0) -> None:
    """Wait until more completions than so many have been refined."""
    page.wait_for_function(
        "n => Number(document.querySelector('#draw [data-refined]')?.dataset.refined) > n",
        arg=more_than,
    )


def completed(page: Page, act: Callable[[], object]) -> None:
    """Do something that asks for completions, and wait until they have been refined."""
    before = page.evaluate(
        "Number(document.querySelector('#draw [data-refined]')?.dataset.refined ?? 0)"
    )
    act()
    refined(page, before)


def hide(page: Page, part: str) -> None:
    completed(page, page.get_by_role("button", name=f"Hide the {part}").click)


def cover(page: Page) -> np.ndarray:
    """What lies over the image: (28, 28, 4)."""
    data = "canvas => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data]"
    return np.array(page.locator(MASK).evaluate(data)).reshape(28, 28, 4)


def completions(page: Page) -> list[np.ndarray]:
    """The large one and those in the cells."""
    count = page.locator("#draw .draws canvas").count()
    cells = [f"#draw .draws canvas:nth-child({index + 1})" for index in range(count)]
    return [digit(page, canvas) for canvas in (REDRAWN, *cells)]


LOWER, RIGHT, MIDDLE = np.ones((3, 28, 28), int)
LOWER[14:], RIGHT[:, 14:], MIDDLE[9:19, 9:19] = 0, 0, 0


def test_a_button_hides_its_part_and_the_rest_is_kept_until_all_is_shown_again(page):
    seen, answer = digit(page, SEEN), digit(page, REDRAWN)
    verdict = page.locator("#draw [data-verdict]")
    for part, expected in {"lower half": LOWER, "right half": RIGHT, "middle": MIDDLE}.items():
        hide(page, part)
        assert np.array_equal(visible(page), expected), part
        assert np.array_equal(cover(page)[..., 3] > 0, expected == 0), part
        found = completions(page)
        assert len({each.tobytes() for each in found}) == len(found) == 9, part
        kept = expected == 1
        for shown in found:
            assert np.abs(shown[kept].astype(int) - seen[kept]).max() <= 1, part
        percent = round(100 * float(1 - expected.mean()))
        expect(verdict).to_contain_text(f"{percent} % of the pixels")

        page.get_by_role("button", name="Show all").click()
        assert (visible(page) == 1).all(), part
        assert not cover(page).any(), part
        page.wait_for_function("!document.querySelector('#draw [data-hiding]')")
        assert np.array_equal(digit(page, REDRAWN), answer), part
        expect(verdict).not_to_contain_text("hidden")


def test_the_brush_of_four_pixels_hides_by_mouse_and_key_and_show_all_keeps_the_focus(page):
    box = page.locator(MASK).bounding_box()

    def drag() -> None:
        for column, press in ((6, page.mouse.down), (20, page.mouse.up)):
            place = [box["x"] + box["width"] * column / 28, box["y"] + box["height"] * 10 / 28]
            page.mouse.move(*place)
            press()

    def brush_by_key() -> None:
        for key in ("ArrowLeft", "Shift+ArrowUp", "Space"):
            page.keyboard.press(key)

    dragged, pressed = np.ones((2, 28, 28), int)
    dragged[8:12, 4:22] = 0
    pressed[8:12, 11:15] = 0  # the middle, one to the left and four up
    for brush, expected in ((drag, dragged), (brush_by_key, pressed)):
        completed(page, brush)
        assert np.array_equal(visible(page), expected), brush.__name__
        page.locator(MASK).focus()
        page.keyboard.press("Delete")
        assert (visible(page) == 1).all(), brush.__name__

    # Pressed, the button has nothing left to show, but the keyboard goes on from it.
    button = page.get_by_role("button", name="Show all")
    expect(button).to_be_disabled()
    hide(page, "lower half")
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
    completed(page, page.locator(MASK).tap)
    assert (visible(page) == 0).sum() == 16


def test_completions_are_of_their_seed_and_drawing_and_go_into_links_and_other_tabs(
    page, open_page
):
    drawn = page.evaluate("inside.store.get('drawing').code")
    hide(page, "lower half")
    before = digit(page, REDRAWN)
    completed(page, page.locator("#draw [data-redraw]").click)
    assert not np.array_equal(digit(page, REDRAWN), before)

    hide(page, "middle")
    address = page.evaluate("inside.writeLink().address")
    other = open_page(f"?{address.partition('?')[2]}")
    refined(other)
    assert np.array_equal(visible(other), MIDDLE)
    assert np.array_equal(digit(other, REDRAWN), digit(page, REDRAWN))

    page.locator("#draw [data-send=a]").click()
    sent = page.evaluate("inside.store.get('a')")
    assert len(sent["code"]) == len(drawn)
    assert sent["code"] != drawn
    assert "layers" not in sent

    completed(page, page.locator("#draw [data-examples] button").nth(7).click)
    kept = MIDDLE == 1
    seen, shown = digit(page, SEEN), digit(page, REDRAWN)
    assert np.abs(seen[kept].astype(int) - shown[kept]).max() <= 1

    page.locator("#draw [data-clear]").click()
    expect(page.locator("#draw [data-redraw]")).to_be_disabled()
    assert not digit(page, REDRAWN).any()
    page.get_by_role("button", name="Show all").click()
    settled(page)


def test_a_spoilt_mask_in_a_link_hides_nothing_and_a_seed_without_a_mask_is_no_trouble(
    untouched, open_page
):
    for text in ("x", "A" * 200, "", "%21"):
        found = untouched.evaluate("search => inside.readLink(search)", f"?visible={text}")
        assert "hiding" not in found["changes"], text
        assert found["spoilt"] == ["visible"], text
    found = untouched.evaluate("inside.readLink('?completions=5')")
    assert "hiding" not in found["changes"]
    assert found["spoilt"] == []
    page = open_page("?visible=x&completions=5")
    assert page.evaluate("inside.store.get('hiding')") is None
    assert (visible(page) == 1).all()
