"""Everyone can use every tab: axe's rules, names, room for a finger, the keyboard, the phone."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import DESKTOP, PHONE

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")

# What is on each tab's panel once it has shown what it has to show.
SHOWN = {
    "Draw": "#draw [data-answers][data-draws]",
    "Sample": "#sample [data-sheets]",
    "Interpolate": "#interpolate [data-strips]",
    "Explore": "#explore [data-maps][data-exact]",
    "How it works": "#how [data-answers]",
}
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


def opened(page: Page) -> Iterator[tuple[str, Page]]:
    """Each tab in turn, by its name, once it has shown what it has to show."""
    page.evaluate(PLACE_OF)
    for tab in SHOWN:
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        expect(page.locator(SHOWN[tab])).to_have_count(1)
        yield tab, page


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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_serious(open_page, screen, theme):
    found = []
    for tab, page in opened(open_page(f"?__theme={theme}", **SCREENS[screen])):
        for violation in axe.Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                found += [(tab, violation["id"], *node["target"]) for node in violation["nodes"]]
    assert not found


@pytest.mark.parametrize("screen", SCREENS)
def test_every_control_has_a_name(open_page, screen):
    for tab, page in opened(open_page(**SCREENS[screen])):
        nameless = [control["kind"] for control in controls(page) if not control["name"]]
        assert not nameless, tab


@pytest.mark.parametrize("screen", SCREENS)
def test_every_control_has_room_for_a_finger(open_page, screen):
    # Sixty-four digits in a square are narrower than a finger on a phone: there the enlarged digit
    # shows which one was hit, and "How many" makes them larger.
    for tab, page in opened(open_page(**SCREENS[screen])):
        small = [
            control["kind"]
            for control in controls(page)
            if min(control["width"], control["height"]) < FINGER and not control["sheet"]
        ]
        assert not small, tab


def test_tab_reaches_every_control_and_the_focus_is_seen(page):
    for tab, _ in opened(page):
        path = walk(page)
        assert not [place["kind"] for place in path if not place["outline"]], tab
        # Of radio buttons the chosen one is reached; arrow keys lead to the others.
        expected = [
            control for control in controls(page) if control["inPanel"] and control["reached"]
        ]
        found, wanted = ([place["number"] for place in places] for places in (path, expected))
        missed = [control["kind"] for control in expected if control["number"] not in found]
        assert found == wanted, (tab, missed)


@pytest.mark.parametrize("screen", SCREENS)
def test_tab_goes_through_a_tab_as_the_eye_does(open_page, screen):
    """Never to something that is above what was there before, and not to the right of it."""
    for tab, page in opened(open_page(**SCREENS[screen])):
        backwards = [
            (before["kind"], after["kind"])
            for before, after in pairwise(walk(page))
            if after["y"] + after["height"] <= before["y"] and after["x"] <= before["x"]
        ]
        assert not backwards, tab


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
