"""The whole page: what a visitor meets, the tabs, a first visit from one to the next."""

from playwright.sync_api import expect

from tests.browser.steps import REDRAWN, SEEN, answered, answers, digit, draw_line


def test_nobody_meets_an_empty_page_or_must_scroll_on_it(page):
    assert digit(page, SEEN).max() > 200
    assert digit(page, REDRAWN).max() > 0
    expect(page.locator("#draw [data-verdict]")).to_contain_text("nats")
    assert page.title() == "VAE Playground"
    draws = page.locator("#draw .draws").bounding_box()
    assert draws["y"] + draws["height"] <= 800
    page.get_by_role("button", name="Example: a 8").first.click()
    page.reload()
    expect(page.locator("#draw [data-answers]")).to_be_visible()
    assert digit(page, SEEN).max() > 200


def test_the_keyboard_reaches_every_control_of_the_first_view_and_goes_through_the_tabs(page):
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.ariaLabel || document.activeElement.innerText")
        )
    for name in ("Undo", "Clear", "Send to A", "Example: a 0", "Sample"):
        assert name in reached, name

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
