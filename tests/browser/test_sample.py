"""Sample: sheets, seeds, and one digit of them sent elsewhere."""

import numpy as np
from playwright.sync_api import expect

from tests.browser.steps import another_sheet, digit, open_tab, settled, sheet


def test_a_sheet_follows_its_controls_and_a_digit_of_it_is_opened_in_explore(page):
    open_tab(page, "Sample")
    digits = page.locator("#sample [data-sheet] canvas")
    expect(digits).to_have_count(64)
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

    page.locator("#sample-count").select_option("16")
    expect(digits).to_have_count(16)
    settled(page)

    page.locator("#sample [data-sheet] button").nth(7).click()
    expect(page.locator("#sample [data-explore]")).to_be_enabled()
    chosen = digit(page, "#sample [data-chosen]")
    page.locator("#sample [data-explore]").click()
    expect(page.get_by_role("tab", name="Explore")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#explore [data-code]")).to_be_visible()
    settled(page)
    assert np.array_equal(digit(page, "#explore [data-digit]"), chosen)
