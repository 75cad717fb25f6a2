"""Everyone can use every tab: axe's rules, names, room for a finger, the keyboard, the phone."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.browser.steps import DESKTOP, PHONE, SHOWN, open_tab

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")

SCREENS = {"desktop": DESKTOP, "phone": PHONE}
FINGER = 44  # pixels of the screen, both ways
# Every control that can be seen and worked, in the order of the document, with all of its names.
CONTROLS = """() => [...document.querySelectorAll(
    "button, input, select, textarea, a[href], [tabindex]:not([tabindex='-1'])")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled)
  .map((element) => {
    const referred = element.getAttribute("aria-labelledby")?.split(" ") ?? [];
    const names = [
      element.ariaLabel,
      ...referred.map((id) => document.getElementById(id)?.textContent),
      ...[...(element.labels ?? [])].map((label) => label.textContent),
      element.matches("button, a") ? element.innerText : "",
    ];
    return {
      ...placeOf(element),
      name: names.find((text) => text?.trim()) ?? "",
      reached: element.type !== "radio" || element.checked,
      sheet: Boolean(element.closest("[data-sheet]")),
    };
  })"""
# Where the focus is, and how wide the outline is that shows it: the control's, or its label's.
FOCUS = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const outlines = [element, element.closest("label") ?? element].map((part) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(part);
    return outlineStyle === "none" ? 0 : parseFloat(outlineWidth);
  });
  return { ...placeOf(element), outline: Math.max(...outlines) };
}"""
# A control that its label is drawn for, as a radio button of a segment is, has its label's place.
# Its number tells it from every other, whatever becomes of its attributes.
PLACE_OF = """() => { const numbers = new Map(); window.placeOf = (element) => {
  const target = (element.type !== "range" && element.closest("label")) || element;
  const { x, y, width, height } = target.getBoundingClientRect();
  if (!numbers.has(element)) numbers.set(element, numbers.size);
  return {
    number: numbers.get(element),
    kind: element.cloneNode().outerHTML, x, y: y + scrollY, width, height,
    inPanel: element.closest("[role=tabpanel]") !== null,
    isTab: element.matches("[role=tab]"),
  };
}; }"""


def controls(page: Page) -> list[dict]:
    found = page.evaluate(CONTROLS)
    assert len(found) > len(SHOWN)
    return found


def walk(page: Page) -> list[dict]:
    """Where Tab leads from the selected tab on, through what that tab shows."""
    page.locator("[role=tab][aria-selected=true]").focus()
    path = []
    while len(path) < 200:
        page.keyboard.press("Tab")
        place = page.evaluate(FOCUS)
        if place is None or not (place["inPanel"] or place["isTab"]):
            break
        path.append(place)
    path = [place for place in path if place["inPanel"]]
    assert path
    return path


def serious(page: Page) -> Iterator[tuple]:
    """What axe finds that keeps someone from using the page."""
    for violation in axe.Axe().run(page).response["violations"]:
        if violation["impact"] in ("serious", "critical"):
            yield from ((violation["id"], *node["target"]) for node in violation["nodes"])


def nameless(page: Page) -> list[str]:
    return [control["kind"] for control in controls(page) if not control["name"]]


def too_small(page: Page) -> list[str]:
    """Controls without room for a finger.

    Sixty-four digits in a square are narrower than a finger on a phone: there the enlarged digit
    shows which one was hit, and "How many" makes them larger.
    """
    return [
        control["kind"]
        for control in controls(page)
        if min(control["width"], control["height"]) < FINGER and not control["sheet"]
    ]


def too_wide(page: Page) -> list[int]:
    """The width of the page, where it is wider than the screen."""
    width = page.evaluate("document.documentElement.scrollWidth")
    return [width] if width > page.viewport_size["width"] else []


def astray(page: Page) -> Iterator[tuple]:
    """Where Tab leads that it should not: past a control, unseen, or against the eye's way."""
    path = walk(page)
    yield from (("unseen", place["kind"]) for place in path if not place["outline"])
    # Of radio buttons the chosen one is reached; arrow keys lead to the others.
    expected = [control for control in controls(page) if control["inPanel"] and control["reached"]]
    found, wanted = ([place["number"] for place in places] for places in (path, expected))
    yield from (("missed", each["kind"]) for each in expected if each["number"] not in found)
    # On a phone, Interpolate's film comes before its ends, in view and by keyboard.
    if found != wanted and page.viewport_size["width"] >= DESKTOP["viewport"]["width"]:
        yield "another order than the document's", found, wanted
    # Never to something that is above what was there before, and not to the right of it.
    for before, after in pairwise(path):
        if after["y"] + after["height"] <= before["y"] and after["x"] <= before["x"]:
            yield "backwards", before["kind"], after["kind"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_everyone_can_use_every_tab(open_page, screen, theme):
    page = open_page(f"?__theme={theme}", **SCREENS[screen])
    page.evaluate(PLACE_OF)
    found = []
    for tab in SHOWN:
        open_tab(page, tab)
        for complaint in (serious, nameless, too_small, too_wide):
            found += [(tab, complaint.__name__, each) for each in complaint(page)]
        if theme == "light":  # colours lead nobody astray
            found += [(tab, *each) for each in astray(page)]
    assert found == []


@pytest.mark.parametrize("width", [390, 360])
def test_the_tabs_stand_in_one_row_on_a_phone(open_page, width):
    page = open_page(**(PHONE | {"viewport": {"width": width, "height": 800}}))
    boxes = [tab.bounding_box() for tab in page.get_by_role("tab").all()]
    assert len({box["y"] for box in boxes}) == 1
    assert min(box["height"] for box in boxes) >= FINGER
    assert boxes[-1]["x"] + boxes[-1]["width"] <= width
    sizes = page.get_by_role("tab").evaluate_all(
        "all => all.map(tab => parseFloat(getComputedStyle(tab).fontSize))"
    )
    assert min(sizes) >= 14
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_moves_where_less_motion_is_asked_for(open_page):
    page = open_page(reduced_motion="reduce")
    moving = page.locator("#draw button").evaluate_all(
        "all => all.filter(button => getComputedStyle(button).transitionDuration !== '0s').length"
    )
    assert moving == 0
