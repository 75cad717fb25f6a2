"""Explore's directions and Sample's digits: asked for, linked, and without a request in between."""

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.steps import digit, open_tab, settled

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


def towards(page: Page, value: int) -> None:
    page.locator(f"#explore [data-towards] input[value='{value}']").check(force=True)


def sheets(page: Page, times: int) -> None:
    page.wait_for_function(
        "n => Number(document.querySelector('#sample [data-sheets]')?.dataset.sheets) >= n",
        arg=times,
    )


def test_rows_lead_along_each_attribute_and_towards_a_digit_where_there_are_directions(page):
    directions(page)
    rows = page.locator("#explore [data-directions] input")
    names = "all => all.map((each) => each.dataset.direction)"
    assert rows.evaluate_all(names) == ["slant", "width", "breadth", "9"]
    assert code(page) == page.evaluate("inside.store.get('drawing').code")
    # To the right of the slant's middle is a negative slant, which leans to the right.
    slide(page, "slant", 24)
    assert page.evaluate("inside.store.get('steered')") is not None
    steered(page, 2)
    assert page.evaluate("inside.store.get('steered').amounts.slant") == -1
    expect(page.locator("#explore .direction").first).to_contain_text("1.00 right")
    towards(page, 2)
    steered(page, 3)
    expect(page.locator("#explore [data-direction='2']")).to_have_count(1)
    expect(page.locator("#explore [data-direction='9']")).to_have_count(0)
    page.evaluate("inside.store.set({ model: 'map' })")  # which has none
    expect(page.locator("#explore label", has_text="Directions")).to_be_hidden()
    expect(page.locator("#explore [data-map]")).to_be_visible()


def test_changes_add_up_and_are_taken_back_and_a_slider_that_moves_asks_nobody(page):
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
    settled(page)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    before = digit(page, DIGIT)
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
    steered(page, 6)  # at rest the other rows follow


def test_a_link_brings_back_the_digit_that_sample_was_asked_for_and_every_change(page, open_page):
    """A digit can be asked for where the posterior is the source, and the model knows classes."""
    page.get_by_role("tab", name="Sample").click()
    sheets(page, 1)
    row, seven = page.locator("#sample [data-digits]"), "#sample [data-digits] input[value='7']"
    expect(row).to_be_hidden()
    page.locator("#sample [data-source][value=posterior]").check(force=True)
    sheets(page, 2)
    expect(row.locator("input")).to_have_count(11)
    page.locator(seven).check(force=True)
    sheets(page, 3)
    assert page.evaluate("inside.store.get('sample').digit") == 7
    directions(page)
    towards(page, 4)
    steered(page, 2)
    slide(page, "slant", 20)
    steered(page, 3)
    slide(page, "4", 16)
    steered(page, 4)
    other = open_page(f"?{page.evaluate('inside.writeLink().address').partition('?')[2]}")
    steered(other, 1)
    assert code(other) == code(page)
    expect(other.locator("#explore [data-direction='4']")).to_have_value("16")
    expect(other.locator("#explore [data-direction='slant']")).to_have_value("20")
    other.get_by_role("tab", name="Sample").click()
    sheets(other, 1)
    expect(other.locator(seven)).to_be_checked()
    first = "#sample [data-sheet] button:first-child canvas"
    assert np.array_equal(digit(other, first), digit(page, first))
    page.get_by_role("tab", name="Sample").click()
    expect(row).to_be_visible()
    page.evaluate("inside.store.set({ model: 'map' })")
    expect(row).to_be_hidden()
    sheets(page, 4)
    assert page.evaluate("inside.store.get('sample').digit") is None
