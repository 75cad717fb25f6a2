"""The How it works tab: the numbers of the drawing, the noise, and the pixel under the cursor."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import PHONE, SEEN, answered, answers, digit

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


def after(page: Page, act) -> None:
    """Do something that is answered, and wait for the answer to be shown."""
    before = shown(page)
    act()
    expect(page.locator(HOW)).not_to_have_attribute("data-answers", str(before))


def numbers(page: Page, selector: str) -> list[float]:
    """The numbers in what a part of the tab says, subscripts left out."""
    text = page.locator(selector).evaluate(
        "part => { const copy = part.cloneNode(true);"
        " copy.querySelectorAll('sub').forEach(sub => sub.remove()); return copy.textContent; }"
    )
    text = text.replace("\N{MINUS SIGN}", "-")
    return [float(found) for found in re.findall(r"-?\d+\.\d+", text)]


def test_it_shows_the_drawing_as_the_model_sees_it(how):
    assert np.array_equal(digit(how, X), digit(how, SEEN))
    expect(how.locator("#how [data-whose]")).to_have_text("your drawing")


def test_the_sums_on_the_page_add_up(how):
    mean, deviation, noise, code = numbers(how, "#how [data-z] p:first-child")
    assert code == pytest.approx(mean + deviation * noise, abs=0.00051)
    reconstruction, kl, total = numbers(how, "#how .balance")
    assert total == pytest.approx(reconstruction + kl)
    *terms, sum_of_terms = numbers(how, "#how [data-kl] p:nth-child(2)")
    assert sum_of_terms == pytest.approx(sum(terms)) == pytest.approx(kl)


def test_new_noise_is_another_code_of_the_same_cloud_and_no_noise_is_its_middle(how):
    first, cloud = digit(how, P), numbers(how, "#how [data-posterior]")
    after(how, how.get_by_role("button", name="Draw new noise").click)
    assert not np.array_equal(digit(how, P), first)
    assert numbers(how, "#how [data-posterior]") == cloud
    after(how, how.get_by_role("button", name="No noise", exact=True).click)
    expect(how.locator("#how [data-noise] dd")).to_have_text(["0.00"] * 5)
    expect(how.locator("#how [data-still]")).to_have_attribute("aria-pressed", "true")
    expect(how.locator("#how [data-seed]")).to_have_text("ε = 0")
    mean, _, _, code = numbers(how, "#how [data-z] p:first-child")
    assert mean == code


def test_without_noise_its_sum_is_the_one_that_draw_shows(how):
    after(how, how.get_by_role("button", name="Show it here: no noise").click)
    *_, total = numbers(how, "#how .balance")
    *_, drawn = numbers(how, "#draw [data-verdict]")
    assert total == pytest.approx(drawn, abs=0.15)


def test_a_pixel_is_read_with_the_pointer_and_with_the_keyboard(how):
    picture = how.locator(X)
    picture.scroll_into_view_if_needed()
    side = picture.bounding_box()["width"]
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


def test_another_drawing_is_computed_when_the_tab_is_opened_again(how):
    first = shown(how)
    how.get_by_role("tab", name="Draw").click()
    before = answers(how)
    how.get_by_role("button", name="Example: a 7").first.click()
    answered(how, before)
    assert shown(how) == first  # nobody sees it: nobody asks
    after(how, how.get_by_role("tab", name="How it works").click)
    assert np.array_equal(digit(how, X), digit(how, SEEN))


def test_without_a_drawing_it_shows_an_example(page):
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    opened(page)
    expect(page.locator("#how [data-whose]")).to_have_text("an example")
    assert digit(page, X).max() > 200


def test_another_model_has_its_own_numbers(how):
    after(how, lambda: how.locator("[data-model]").select_option("map"))
    assert how.locator("#how [data-posterior] tr").count() == 2
    expect(how.locator("#how [data-rest]")).to_be_empty()


def test_the_overview_leads_to_a_step(how):
    address = how.url
    how.locator("#how [data-overview] a").last.click()
    expect(how.locator("#how-elbo")).to_be_in_viewport()
    assert how.url == address


def test_the_first_view_ends_between_two_steps(how):
    edges = how.locator("#how-x").evaluate("step => step.getBoundingClientRect()")
    picture = how.locator(X).bounding_box()
    assert picture["y"] + picture["height"] <= 800 <= edges["bottom"] + 30


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(open_page, theme):
    page = opened(open_page(f"?__theme={theme}", **PHONE))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.evaluate(
        "[...document.querySelectorAll('#how p, #how table, #how svg, #how dl')]"
        ".filter(part => part.getBoundingClientRect().right > innerWidth).map(p => p.outerHTML)"
    )
    assert not wide


def test_nothing_jumps_when_new_noise_arrives(how):
    height = how.evaluate("document.documentElement.scrollHeight")
    for _ in range(3):
        after(how, how.get_by_role("button", name="Draw new noise").click)
        assert how.evaluate("document.documentElement.scrollHeight") == height
