"""The How it works tab: the numbers of the drawing, the noise, and the pixel under the cursor."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import PHONE, SEEN, answered, answers, digit, settled

HOW = "#how [data-answers]"
X, P = '#how [data-pixels="x"] canvas', '#how [data-pixels="p"] canvas'


@pytest.fixture
def how(page) -> Page:
    return opened(page)


def opened(page: Page) -> Page:
    page.get_by_role("tab", name="How it works").click()
    expect(page.locator(HOW)).to_be_visible()
    return page


def shown(page: Page) -> int:
    return int(page.locator(HOW).get_attribute("data-answers"))


def after(page: Page, act: Callable[..., object], *arguments: object) -> None:
    """Do something that is answered, and wait for the answer to be shown."""
    before = shown(page)
    act(*arguments)
    expect(page.locator(HOW)).not_to_have_attribute("data-answers", str(before))


def numbers(page: Page, selector: str) -> list[float]:
    """The numbers in what a part of the tab says, subscripts left out."""
    text = page.locator(selector).evaluate(
        "part => { const copy = part.cloneNode(true);"
        " copy.querySelectorAll('sub').forEach(sub => sub.remove()); return copy.textContent; }"
    )
    text = text.replace("\N{MINUS SIGN}", "-")
    return [float(found) for found in re.findall(r"-?\d+\.\d+", text)]


def press(page: Page, button: str) -> None:
    after(page, page.get_by_role("button", name=button, exact=True).click)


def test_its_numbers_are_the_drawings_add_up_and_follow_the_noise(how):
    assert np.array_equal(digit(how, X), digit(how, SEEN))
    expect(how.locator("#how [data-whose]")).to_have_text("your drawing")
    mean, deviation, noise, code = numbers(how, "#how [data-z] p:first-child")
    assert code == pytest.approx(mean + deviation * noise, abs=0.00051)
    reconstruction, kl, total = numbers(how, "#how .balance")
    assert total == pytest.approx(reconstruction + kl)
    *terms, sum_of_terms = numbers(how, "#how [data-kl] p:nth-child(2)")
    assert sum_of_terms == pytest.approx(sum(terms)) == pytest.approx(kl)

    # New noise is another code of the same cloud, and nothing on the page jumps.
    painted, cloud = digit(how, P), numbers(how, "#how [data-posterior]")
    height = how.evaluate("document.documentElement.scrollHeight")
    for _ in range(3):
        press(how, "Draw new noise")
        assert not np.array_equal(digit(how, P), painted)
        assert numbers(how, "#how [data-posterior]") == cloud
        assert how.evaluate("document.documentElement.scrollHeight") == height

    # No noise is the cloud's middle: its sum is the one that Draw shows.
    press(how, "Show it here: no noise")
    *_, total = numbers(how, "#how .balance")
    *_, drawn = numbers(how, "#draw [data-verdict]")
    assert total == pytest.approx(drawn, abs=0.15)
    press(how, "Draw new noise")
    expect(how.locator("#how [data-still]")).to_have_attribute("aria-pressed", "false")
    press(how, "No noise")
    expect(how.locator("#how [data-noise] dd")).to_have_text(["0.00"] * 5)
    expect(how.locator("#how [data-still]")).to_have_attribute("aria-pressed", "true")
    expect(how.locator("#how [data-seed]")).to_have_text("ε = 0")
    mean, _, _, code = numbers(how, "#how [data-z] p:first-child")
    assert mean == code


def test_the_first_view_ends_between_two_steps_a_pixel_is_read_and_the_overview_leads_on(how):
    edges = how.locator("#how-x").evaluate("step => step.getBoundingClientRect()")
    picture = how.locator(X)
    box = picture.bounding_box()
    assert box["y"] + box["height"] <= 800 <= edges["bottom"] + 30

    # A pixel is read with the pointer and with the keyboard.
    picture.scroll_into_view_if_needed()
    side = box["width"]
    picture.hover(position={"x": side * 10.5 / 28, "y": side * 12.5 / 28})
    where = how.locator("#how [data-where]").first
    expect(where).to_have_text("row 13, column 11")
    level = digit(how, X)[12, 10] / 255
    assert numbers(how, '#how [data-read="x"]') == pytest.approx([level], abs=0.003)
    picture.focus()
    how.keyboard.press("ArrowRight")
    how.keyboard.press("ArrowUp")
    expect(where).to_have_text("row 12, column 12")
    expect(how.locator("#how [data-spoken]")).to_contain_text("row 12, column 12: x 0.")
    for _ in range(30):
        how.keyboard.press("ArrowLeft")
    expect(where).to_have_text("row 12, column 1")

    # The overview leads to a step.
    address = how.url
    expect(how.locator("#how-elbo")).not_to_be_in_viewport()
    how.locator("#how [data-overview] a").last.click()
    expect(how.locator("#how-elbo")).to_be_in_viewport()
    assert how.url == address


def test_it_shows_an_example_then_the_drawing_once_it_is_opened_again_by_any_model(page):
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    settled(page)
    opened(page)
    expect(page.locator("#how [data-whose]")).to_have_text("an example")
    example = digit(page, X)
    assert example.max() > 200

    # A drawing is computed when the tab is opened again.
    first = shown(page)
    page.get_by_role("tab", name="Draw").click()
    before = answers(page)
    page.get_by_role("button", name="Example: a 7").first.click()
    answered(page, before)
    settled(page)
    assert shown(page) == first  # nobody sees it: nobody asks
    after(page, page.get_by_role("tab", name="How it works").click)
    assert np.array_equal(digit(page, X), digit(page, SEEN))
    assert not np.array_equal(digit(page, X), example)
    expect(page.locator("#how [data-whose]")).to_have_text("your drawing")

    # Another model has its own numbers.
    assert page.locator("#how [data-posterior] tr").count() == 5
    after(page, page.locator("[data-model]").select_option, "map")
    assert page.locator("#how [data-posterior] tr").count() == 2
    expect(page.locator("#how [data-rest]")).to_be_empty()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(open_page, theme):
    page = opened(open_page(f"?__theme={theme}", **PHONE))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.evaluate(
        "[...document.querySelectorAll('#how p, #how table, #how svg, #how dl')]"
        ".filter(part => part.getBoundingClientRect().right > innerWidth).map(p => p.outerHTML)"
    )
    assert not wide
