"""Everyone can use every tab: axe's rules, names, room for a finger, the keyboard, the phone."""

from itertools import pairwise

import pytest
from conftest import DESKTOP, PHONE
from playwright.sync_api import Page, expect

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")

TABS = ["Draw", "Sample", "Interpolate", "Explore", "How it works"]
SCREENS = {"desktop": DESKTOP, "phone": PHONE}
FINGER = 44  # pixels of the screen, both ways
# What can be seen and worked, in the order of the document. A control that is drawn by its label,
# as a radio button of a segment is, has its label's place.
CONTROLS = """() => {
  const seen = (element) => element.checkVisibility({ visibilityProperty: true });
  const kinds = "button, input, select, textarea, a[href], [tabindex]";
  return [...document.querySelectorAll(kinds)]
    .filter((element) => seen(element) && !element.disabled && !element.closest("[inert]"))
    .map((element) => {
      const target = (element.type !== "range" && element.closest("label")) || element;
      const { x, y, width, height } = target.getBoundingClientRect();
      const labels = [...(element.labels ?? [])].map((label) => label.textContent);
      const referred = element.getAttribute("aria-labelledby")?.split(" ") ?? [];
      const names = [
        element.ariaLabel,
        ...referred.map((id) => document.getElementById(id)?.textContent),
        ...labels,
        element.matches("button, a") ? element.innerText : "",
      ];
      const name = names.find((text) => text?.trim())?.trim() ?? "";
      return { name, kind: element.outerHTML.slice(0, 120), x, y, width, height,
               sheet: Boolean(element.closest("[data-sheet]")) };
    });
}"""
# Where the focus is, and whether it can be seen: the outline is the control's, or its label's.
FOCUS = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const outlines = [element, element.closest("label")].filter(Boolean).map((part) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(part);
    return outlineStyle === "none" ? 0 : parseFloat(outlineWidth);
  });
  const target = (element.type !== "range" && element.closest("label")) || element;
  const { x, y, width, height } = target.getBoundingClientRect();
  const panel = element.closest("[role=tabpanel]");
  return {
    name: (element.ariaLabel || target.innerText || element.id).trim(),
    kind: element.outerHTML.slice(0, 120),
    outline: Math.max(...outlines),
    x, y: y + scrollY, width, height,
    inPanel: Boolean(panel),
  };
}"""


def opened(page: Page, tab: str) -> Page:
    """Open a tab and wait until it has shown what it has to show."""
    page.get_by_role("tab", name=tab).click()
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    page.wait_for_load_state("networkidle")
    return page


def controls(page: Page) -> list[dict]:
    found = page.evaluate(CONTROLS)
    assert len(found) > len(TABS)
    return found


def walk(page: Page) -> list[dict]:
    """Where Tab leads from the selected tab on, through its panel."""
    page.locator("[role=tab][aria-selected=true]").focus()
    path = []
    while len(path) < 200:
        page.keyboard.press("Tab")
        place = page.evaluate(FOCUS)
        if place is None or (not place["inPanel"] and 'role="tab"' not in place["kind"]):
            break
        path.append(place)
    return [place for place in path if place["inPanel"]]


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_serious(open_page, screen, theme, tab):
    page = opened(open_page(f"?__theme={theme}", **SCREENS[screen]), tab)
    violations = axe.Axe().run(page).response["violations"]
    assert not [
        f"{found['id']}: {node['target']} {node['failureSummary']}"
        for found in violations
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("screen", SCREENS)
def test_every_control_has_a_name(open_page, screen, tab):
    page = opened(open_page(**SCREENS[screen]), tab)
    assert not [control["kind"] for control in controls(page) if not control["name"]]


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("screen", SCREENS)
def test_every_control_has_room_for_a_finger(open_page, screen, tab):
    page = opened(open_page(**SCREENS[screen]), tab)
    # Sixty-four digits in a square are narrower than a finger on a phone: there the enlarged digit
    # shows which one was hit, and "How many" makes them larger.
    small = [
        control["kind"]
        for control in controls(page)
        if min(control["width"], control["height"]) < FINGER and not control["sheet"]
    ]
    assert not small


@pytest.mark.parametrize("tab", TABS)
def test_tab_reaches_what_a_tab_shows_and_the_focus_is_seen(page, tab):
    opened(page, tab)
    path = walk(page)
    assert path
    assert not [place["kind"] for place in path if not place["outline"]]
    names = {place["name"] for place in path}
    # Of a group of radio buttons the chosen one is reached; arrow keys lead to the others.
    missed = page.evaluate(
        """(names) =>
      [...document.querySelectorAll("[role=tabpanel] :is(button, select, input, [tabindex='0'])")]
        .filter((element) => element.checkVisibility() && !element.disabled)
        .filter((element) => element.type !== "radio" || element.checked)
        .map((element) => element.ariaLabel || (element.closest("label") ?? element).innerText
          || element.id)
        .filter((name) => !names.includes(name.trim()))""",
        sorted(names),
    )
    assert not missed


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("screen", SCREENS)
def test_tab_goes_through_a_tab_as_the_eye_does(open_page, screen, tab):
    """Never to something that lies wholly above and not to the right of what was there before."""
    path = walk(opened(open_page(**SCREENS[screen]), tab))
    backwards = [
        (before["name"], after["name"])
        for before, after in pairwise(path)
        if after["y"] + after["height"] <= before["y"] and after["x"] <= before["x"]
    ]
    assert not backwards


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
