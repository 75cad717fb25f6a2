"""Hands as they are: a palm rests before the pen that it holds."""

from playwright.sync_api import Page, expect

from tests.browser.steps import PHONE, digit, open_tab

PAD = "#draw [data-pad]"


class Hand:
    """A palm and a pen over an element, at places given as shares of its width and height."""

    def __init__(self, page: Page, selector: str):
        page.locator(selector).scroll_into_view_if_needed()
        self.box = page.locator(selector).bounding_box()
        self.session = page.context.new_cdp_session(page)

    def palm(self, kind: str, *places: tuple[float, float]) -> None:
        points = [self._place(*each) for each in places]
        event = {"type": f"touch{kind}", "touchPoints": points}
        self.session.send("Input.dispatchTouchEvent", event)

    def pen(self, kind: str, x: float, y: float, buttons: int = 1) -> None:
        event = {"type": f"mouse{kind}", "pointerType": "pen", "button": "left", "clickCount": 1}
        event |= {"buttons": buttons} | self._place(x, y)
        self.session.send("Input.dispatchMouseEvent", event)

    def _place(self, x: float, y: float) -> dict:
        box = self.box
        return {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}


def test_a_pen_takes_over_from_the_palm_that_rests_on_the_pad(open_page):
    page = open_page(**PHONE)
    page.locator("#draw [data-clear]").click()
    expect(page.locator("#draw [data-hint]")).to_be_visible()
    hand = Hand(page, PAD)
    hand.palm("Start", (0.85, 0.8))
    hand.palm("Move", (0.85, 0.9))
    hand.pen("Pressed", 0.3, 0.2)
    for step in range(1, 11):
        hand.pen("Moved", 0.3, 0.2 + 0.06 * step)
        hand.palm("Move", (0.85, 0.9 - 0.01 * step))
    hand.palm("End")
    hand.palm("Start", (0.7, 0.9))  # the pen is there first this time
    hand.palm("Move", (0.9, 0.9))
    hand.pen("Moved", 0.3, 0.85)
    hand.palm("End")
    hand.pen("Released", 0.3, 0.85, 0)
    page.wait_for_function("inside.store.get('drawing')?.layers.length === 1")
    expect(page.locator(PAD)).to_have_attribute("data-layers", "1")
    ink = digit(page, PAD)
    side = len(ink)
    assert ink[side // 2, int(0.3 * side)] > 200
    assert ink[int(0.83 * side), int(0.3 * side)] > 200
    assert ink[:, side // 2 :].max() == 0


def test_a_pen_is_followed_and_not_the_palm(open_page):
    page = open_page(has_touch=True)
    for tab, element, place in (
        ("Explore", "#explore [data-map]", "#explore [data-spot]"),
        ("Interpolate", "#interpolate [data-film]", "#interpolate [data-marker]"),
        ("How it works", "#how [data-pixels=x] canvas", "#how [data-pixels=x] .cursor"),
    ):
        open_tab(page, tab)
        check_that_a_pen_is_followed(page, element, place)


def check_that_a_pen_is_followed(page: Page, element: str, place: str) -> None:
    hand = Hand(page, element)
    hand.palm("Start", (0.9, 0.5))
    hand.pen("Pressed", 0.3, 0.5)
    hand.palm("Move", (0.8, 0.5))
    hand.pen("Moved", 0.4, 0.5)
    hand.palm("End")
    hand.pen("Moved", 0.2, 0.5)
    page.wait_for_function(
        """([element, place]) => {
          const middle = (box) => box.left + box.width / 2;
          const all = document.querySelector(element).getBoundingClientRect();
          const mark = document.querySelector(place).getBoundingClientRect();
          return Math.abs((middle(mark) - all.left) / all.width - 0.2) < 0.03;
        }""",
        arg=[element, place],
    )
    hand.pen("Released", 0.2, 0.5, 0)


# What is pressed and let go, and which of it is followed.
FOLLOWED = {
    "touch 1 down, touch 1 up, touch 2 down": "touch 1, touch 2",
    "touch 1 down, touch 2 down, touch 2 up": "touch 1",
    "touch 1 down, pen 2 down, touch 1 up, touch 3 down, pen 2 up": "touch 1, pen 2",
    "pen 2 down, touch 1 down, pen 2 up, touch 1 up": "pen 2",
    "mouse 1 down, pen 2 down": "mouse 1",
    "pen 2 down, pen 3 down": "pen 2",
}


def test_one_pointer_is_followed_and_a_pen_goes_before_a_touch(untouched):
    found = untouched.evaluate(
        """(all) => all.map((steps) => {
          const pointer = new inside.Pointer();
          const followed = ([pointerType, id, way]) => {
            const event = { button: 0, pointerType, pointerId: Number(id) };
            return way === "down" ? pointer.press(event) : void pointer.release(event);
          };
          const presses = steps.split(", ").map((step) => step.split(" ")).filter(followed);
          return presses.map(([kind, id]) => `${kind} ${id}`).join(", ");
        })""",
        list(FOLLOWED),
    )
    assert found == list(FOLLOWED.values())
