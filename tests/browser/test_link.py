"""The link to the page as it is now: it brings back the very same pictures, and trusts nobody."""

import contextlib
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

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
    open_tab,
    settled,
    sheet,
)

CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}
FRAME = "#interpolate [data-frame]"
SAID = "[data-announcer]"
BIG = "#explore [data-digit]"
CODE = "[1.2345,-2,0.5,-0.0001]"


def copied(page: Page) -> str:
    """The query of the link that the button copies."""
    page.evaluate("navigator.clipboard.writeText('')")
    page.get_by_role("button", name="Copy link").click()
    address = page.wait_for_function("navigator.clipboard.readText()").json_value()
    expect(page.locator(SAID)).to_contain_text("Link copied.")
    assert urlsplit(address).netloc == urlsplit(page.url).netloc
    return "?" + urlsplit(address).query


def start_of_the_way(page: Page) -> np.ndarray:
    """What Interpolate shows at A, then at B."""
    return np.stack([end_of_the_way(page, key) for key in ("Home", "End")])


def numbers_of_the_noise(page: Page) -> list[str]:
    """What How it works shows of the noise, the code and the two terms."""
    return [
        page.locator(f"#how {part}").inner_text()
        for part in ("[data-z]", "[data-noise]", ".balance")
    ]


@pytest.fixture
def visitor(open_page) -> Page:
    """Someone who may use the clipboard and has drawn with the mouse, read by another model."""
    page = open_page(**CLIPBOARD)
    before = answers(page)
    page.get_by_label("Model").first.select_option("mlp")
    answered(page, before)
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    before = answers(page)
    draw_line(page, page.locator("#draw [data-pad]"), (0.313, 0.221), (0.697, 0.243), (0.41, 0.87))
    answered(page, before)
    settled(page)
    return page


def test_a_link_brings_back_every_tab_and_opens_the_one_that_was_left(visitor, open_page):
    redrawn = [digit(visitor, SEEN), digit(visitor, REDRAWN)]
    visitor.locator("#draw [data-send=a]").click()
    open_tab(visitor, "Sample")
    another_sheet(visitor, lambda: visitor.locator("#sample-count").select_option("16"))
    visitor.locator("#sample [data-source][value=posterior]").check()
    visitor.locator("#sample-temperature").focus()
    another_sheet(visitor, lambda: visitor.keyboard.press("ArrowLeft"))
    settled(visitor)
    drawn = sheet(visitor)
    open_tab(visitor, "How it works")
    visitor.get_by_role("button", name="Draw new noise", exact=True).click()
    expect(visitor.locator("#how [data-answers='2']")).to_be_visible()
    numbers = numbers_of_the_noise(visitor)
    visitor.evaluate(f"inside.openInExplore({{ code: {CODE}, model: 'mlp' }})")
    expect(visitor.locator(f"#explore [data-code='{CODE}']")).to_be_visible()
    settled(visitor)
    explored = digit(visitor, BIG)
    open_tab(visitor, "Interpolate")
    visitor.locator("[data-end=b] [data-random]").click()
    settled(visitor)
    ends = start_of_the_way(visitor)

    page = open_page(copied(visitor))
    expect(page.get_by_role("tab", name="Interpolate")).to_have_attribute("aria-selected", "true")
    expect(page.locator(SAID)).to_be_empty()
    assert page.get_by_label("Model").first.input_value() == "mlp"
    assert np.array_equal(start_of_the_way(page), ends)
    settled(page)
    assert np.array_equal([digit(page, SEEN), digit(page, REDRAWN)], redrawn)
    open_tab(page, "Explore")
    expect(page.locator(f"#explore [data-code='{CODE}']")).to_be_visible()
    assert np.array_equal(digit(page, BIG), explored)
    open_tab(page, "How it works")
    assert numbers_of_the_noise(page) == numbers
    open_tab(page, "Sample")
    expect(page.locator("#sample [data-sheet] canvas")).to_have_count(16)
    assert sheet(page) == drawn
    expect(page.locator("#sample [data-temperature-value]")).to_have_text("0.95")
    expect(page.locator("#sample [data-source][value=posterior]")).to_be_checked()


def test_a_link_brings_back_what_is_switched_off_or_cleared(visitor, open_page):
    before = answers(visitor)
    visitor.locator("#draw [data-framed]").uncheck()
    answered(visitor, before)
    seen = digit(visitor, SEEN)
    open_tab(visitor, "Interpolate")
    visitor.locator("[data-end=a] [data-clear]").click()
    visitor.wait_for_function("inside.store.get('a') === null")
    open_tab(visitor, "How it works")
    visitor.get_by_role("button", name="No noise", exact=True).click()
    expect(visitor.locator("#how [data-answers='2']")).to_be_visible()

    page = open_page(copied(visitor), **CLIPBOARD)
    expect(page.locator("#draw [data-framed]")).not_to_be_checked()
    assert np.array_equal(digit(page, SEEN), seen)
    expect(page.locator("#how [data-answers]")).to_be_visible()
    settled(page)
    assert numbers_of_the_noise(page) == numbers_of_the_noise(visitor)
    page.get_by_role("tab", name="Interpolate").click()
    expect(page.locator("[data-end=a] [data-hint]")).to_be_visible()
    expect(page.locator("[data-end=b] [data-hint]")).to_be_hidden()
    assert page.locator("[data-end=a] [data-pad]").get_attribute("data-layers") == "0"

    page.get_by_role("tab", name="Draw").click()
    page.get_by_role("button", name="Clear").first.click()
    page.wait_for_function("inside.store.get('drawing') === null")
    empty = open_page(copied(page))
    expect(empty.locator("#draw [data-hint]")).to_be_visible()
    assert empty.locator("#draw [data-pad]").get_attribute("data-layers") == "0"
    assert not digit(empty, SEEN).any()


def test_a_link_brings_back_the_place_on_each_models_map(open_page):
    visitor = open_page(**CLIPBOARD)
    for model, across, down in (("conv", 0.81, 0.22), ("map", 0.31, 0.62)):
        before = visitor.evaluate("JSON.stringify(inside.store.get('spot'))")
        visitor.get_by_label("Model").first.select_option(model)
        open_tab(visitor, "Explore")
        box = visitor.locator("#explore [data-map]").bounding_box()
        visitor.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
        visitor.mouse.move(2, 2)
        visitor.wait_for_function(
            "old => ![old, 'null'].includes(JSON.stringify(inside.store.get('spot')))", arg=before
        )
        settled(visitor)
        page = open_page(copied(visitor))
        expect(page.locator("#explore [data-exact]")).to_be_attached()
        settled(page)
        place = "document.querySelector('#explore [data-ready]').dataset"
        assert page.get_by_label("Model").first.input_value() == model
        assert page.evaluate(f"{place}.view") == "map"
        assert page.evaluate(f"{place}.code") == visitor.evaluate(f"{place}.code")
        assert np.array_equal(digit(page, BIG), digit(visitor, BIG))


def test_a_link_keeps_the_theme_and_says_what_it_does_not_carry(open_page):
    page = open_page("?__theme=dark&__sign=secret&utm_source=x", **CLIPBOARD)
    query = parse_qs(copied(page))
    assert query["__theme"] == ["dark"]
    assert not {"__sign", "utm_source"} & set(query)
    assert "drawing" in query
    for name, value, words in (
        ("drawing", "{ ...inside.store.get('drawing'), layers: [{}] }", "this drawing"),
        ("b", "{ code: [0, 0, 0, 0], model: 'mlp', picture: '' }", "B, which is another model"),
    ):
        page.evaluate(f"window.kept = inside.store.get('{name}')")
        page.evaluate(f"inside.store.set({{ {name}: {value} }})")
        assert name not in parse_qs(copied(page))
        expect(page.locator(SAID)).to_contain_text(f"It does not carry {words}")
        page.evaluate(f"inside.store.set({{ {name}: kept }})")


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_without_a_clipboard_there_is_a_field_to_copy_from(open_page, device):
    page = open_page(**device)
    page.evaluate("delete Navigator.prototype.clipboard")
    button = page.get_by_role("button", name="Copy link")
    button.click()
    field = page.get_by_label("Copy this link:")
    expect(field).to_be_focused()
    assert field.input_value() == page.evaluate("getSelection().toString()")
    assert "model=conv" in field.input_value()
    box = page.locator("[data-link]").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(button).to_be_focused()


def test_in_a_frame_the_link_is_that_of_the_page_itself(contexts, address):
    with contextlib.closing(contexts().new_page()) as page:
        page.set_content(f"<iframe src='{address}' width=1200 height=780></iframe>")
        framed = page.frame_locator("iframe")
        expect(framed.locator("#draw [data-answers]")).to_be_visible()
        framed.get_by_role("button", name="Copy link").click()
        # A frame of another origin may not use the clipboard.
        expect(framed.get_by_label("Copy this link:")).to_have_value(re.compile(re.escape(address)))


SPOILT = {
    "model": ["none", "", "__proto__", "<b>", "conv,mlp"],
    "tab": ["nowhere", "constructor", "#", "draw'"],
    "drawing": ["", "A", "AAAA", "____", "é", "A" * 6000, "_" * 400, "BQAAAA"],
    "framed": ["no", "constructor"],
    "seed": ["-1", "1e3", "2147483648", "NaN", "1.5", "9" * 400],
    "temperature": ["-0.1", "2.1", "Infinity", "one"],
    "count": ["0", "401", "1.5"],
    "source": ["nobody", "toString"],
    "noise": ["-1", "null", "none "],
    "a": ["", "AAAA", "A" * 21, "fwAA" * 5],
    "b": ["f" * 20, "?"],
    "code": ["A" * 5000, "gAAAgAAAgAAAgAAAgAAA"],
}


def test_what_is_not_in_order_is_left_out_and_named(untouched):
    for name, values in SPOILT.items():
        for value in values:
            search = "?" + untouched.evaluate(
                "pair => String(new URLSearchParams(pair))", {name: value}
            )
            found = untouched.evaluate("search => inside.readLink(search)", search)
            assert found["spoilt"] == [name], (name, value)
            assert found["changes"] == found["ends"] == {}, (name, value)
            assert found["tab"] is None, (name, value)


def test_a_spoilt_link_opens_a_page_that_works_and_says_so(open_page):
    page = open_page("?model=none&tab=sample&seed=7&temperature=9&a=AAAA&utm_source=x")
    expect(page.locator(SAID)).to_have_text(
        "Part of this link could not be used: model, temperature, a."
    )
    expect(page.locator("#sample-seed")).to_have_value("7")
    expect(page.locator("#sample [data-temperature-value]")).to_have_text("1.00")
    assert page.get_by_label("Model").first.input_value() == "conv"


def test_a_link_of_a_megabyte_is_left_alone(untouched):
    found = untouched.evaluate("inside.readLink('?seed=1&drawing=' + 'A'.repeat(1e6))")
    assert found["changes"] == {}
    assert found["spoilt"] == ["its length"]


def test_every_code_comes_back_with_all_its_decimals(untouched):
    code = [0, -0.0001, 100, -100, 1.2345, -3.0007, 0.1, 12.3456]
    text = untouched.evaluate("code => inside.encodeCode(code)", code)
    assert len(text) == 32
    decode = "text => inside.decodeCode(text, { latentDim: 8, largestCoordinate: 100 })"
    assert untouched.evaluate(decode, text) == code


def test_every_stroke_comes_back_as_it_was(untouched):
    layers = [
        {"points": [[0.5, 0.5]], "width": 0.075},
        {"points": [[-0.25, 1.75], [0.0001, 0.9999], [0.5, 0.5003], [1, 0]], "width": 0.2},
    ]
    text = untouched.evaluate("layers => inside.encodeStrokes(layers)", layers)
    assert untouched.evaluate("text => inside.decodeStrokes(text)", text) == layers
    many = [{"points": [[0.1, 0.2]] * 3001, "width": 0.1}]
    assert untouched.evaluate("layers => inside.encodeStrokes(layers)", many) is None
