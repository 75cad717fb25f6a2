"""Explore's directions and Sample's digits: asked for, linked, and without a request in between."""

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.steps import digit, open_tab

DIGIT = "#explore [data-digit]"


def directions(page: Page) -> Page:
    open_tab(page, "Explore")
    page.locator("#explore label", has_text="Directions").click()
    steered(page, 1)
    return page


def steered(page: Page, times: int) -> None:
    """Wait until the rows have been shown so often."""
    page.wait_for_function(
        "n => Number(document.querySelector('#explore [data-steered]')?.dataset.steered) >= n",
        arg=times,
    )


def code(page: Page) -> list[float]:
    return page.evaluate("inside.store.get('exploring').code")


def slide(page: Page, direction: str, at: int) -> None:
    page.locator(f"#explore [data-direction='{direction}']").fill(str(at))


def test_there_is_a_row_for_each_attribute_and_one_towards_a_digit(page):
    directions(page)
    rows = page.locator("#explore [data-directions] input")
    assert rows.evaluate_all("all => all.map((each) => each.dataset.direction)") == [
        "slant",
        "width",
        "breadth",
        "9",
    ]
    assert code(page) == page.evaluate("inside.store.get('drawing').code")


def test_a_slider_that_moves_asks_nobody(page):
    directions(page)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    before, start = digit(page, DIGIT), code(page)
    changed = page.evaluate(
        """() => {
          const slider = document.querySelector("#explore [data-direction='width']");
          const codes = [];
          for (let at = 17; at <= 32; at++) {
            slider.value = at;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            codes.push(String(inside.store.get("exploring").code));
          }
          return new Set(codes).size;
        }"""
    )
    assert changed == 16
    assert not requests
    assert not np.array_equal(digit(page, DIGIT), before)
    assert code(page) != start
    steered(page, 2)  # at rest the other rows follow


def test_changes_add_up_and_are_taken_back(page):
    directions(page)
    start = code(page)
    slide(page, "width", 24)
    steered(page, 2)
    slide(page, "breadth", 8)
    steered(page, 3)
    assert code(page) != start
    slide(page, "width", 16)
    steered(page, 4)
    slide(page, "breadth", 16)
    steered(page, 5)
    assert code(page) == start


def test_the_slant_slider_goes_where_the_digit_leans(page):
    """To the right of its middle is a negative slant, which leans to the right."""
    directions(page)
    slide(page, "slant", 24)
    assert page.evaluate("inside.store.get('steered')") is not None
    steered(page, 2)
    assert page.evaluate("inside.store.get('steered').amounts.slant") == -1
    expect(page.locator("#explore .direction").first).to_contain_text("1.00 right")


def test_another_digit_to_go_towards_has_its_own_row(page):
    directions(page)
    page.locator("#explore [data-towards] input[value='2']").check(force=True)
    steered(page, 2)
    expect(page.locator("#explore [data-direction='2']")).to_have_count(1)
    expect(page.locator("#explore [data-direction='9']")).to_have_count(0)


def test_a_link_brings_back_every_change(page, open_page):
    directions(page)
    page.locator("#explore [data-towards] input[value='4']").check(force=True)
    steered(page, 2)
    slide(page, "slant", 20)
    slide(page, "4", 16)
    steered(page, 3)
    address = page.evaluate("inside.writeLink().address")
    other = open_page(f"?{address.partition('?')[2]}")
    steered(other, 1)
    assert code(other) == code(page)
    expect(other.locator("#explore [data-direction='4']")).to_have_value("16")
    expect(other.locator("#explore [data-direction='slant']")).to_have_value("20")


def test_a_model_without_directions_offers_none(page):
    directions(page)
    page.evaluate("inside.store.set({ model: 'map' })")
    expect(page.locator("#explore label", has_text="Directions")).to_be_hidden()
    expect(page.locator("#explore [data-map]")).to_be_visible()


def sheets(page: Page, times: int) -> None:
    page.wait_for_function(
        "n => Number(document.querySelector('#sample [data-sheets]')?.dataset.sheets) >= n",
        arg=times,
    )


def test_a_digit_is_asked_for_where_the_posterior_is_the_source(page, open_page):
    page.get_by_role("tab", name="Sample").click()
    sheets(page, 1)
    row = page.locator("#sample [data-digits]")
    expect(row).to_be_hidden()
    page.locator("#sample [data-source][value=posterior]").check(force=True)
    sheets(page, 2)
    expect(row.locator("input")).to_have_count(11)
    row.locator("input[value='7']").check(force=True)
    sheets(page, 3)
    assert page.evaluate("inside.store.get('sample').digit") == 7
    other = open_page(f"?{page.evaluate('inside.writeLink().address').partition('?')[2]}")
    sheets(other, 1)
    expect(other.locator("#sample [data-digits] input[value='7']")).to_be_checked()
    first = "#sample [data-sheet] button:first-child canvas"
    assert np.array_equal(digit(other, first), digit(page, first))
    page.evaluate("inside.store.set({ model: 'map' })")
    expect(row).to_be_hidden()
    sheets(page, 4)
    assert page.evaluate("inside.store.get('sample').digit") is None
