"""What the browser's tests do on the page, and how they read it.

The page says by itself when something is there: `data-answers` counts what Draw has shown, and so
on. A test waits for these marks, never for a time.
"""

import base64
import io
from collections.abc import Callable

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
# What is on each tab's panel once it has shown what it has to show.
SHOWN = {
    "Draw": "#draw [data-answers][data-draws]",
    "Sample": "#sample [data-sheets]",
    "Interpolate": "#interpolate [data-strips]",
    "Explore": "#explore [data-ready]:is([data-maps][data-exact], [data-strips][data-digits])",
    "How it works": "#how [data-answers]",
}
# `inside` holds what these modules of the page export, as soon as it names them.
INSIDE = """(() => {
  const names = ["page", "store", "link", "encoding", "layers", "ink", "live", "pointer"];
  const look = async () => {
    const mount = document.querySelector('link[href$="/client/mount.js"]');
    if (!mount) return;
    observer.disconnect();
    const modules = names.map((name) => import(new URL(`${name}.js`, mount.href)));
    window.inside = Object.assign({}, ...(await Promise.all(modules)));
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true });
  look();
})()"""
SEEN, REDRAWN = "#draw [data-seen]", "#draw [data-reconstruction]"


def goto(page: Page, url: str) -> None:
    """Open the app, until its first view shows something and `inside` is there."""
    page.add_init_script(INSIDE)
    page.goto(url)
    expect(page.locator("#draw [data-answers]")).to_be_attached()
    page.wait_for_function("window.inside")


def settled(page: Page) -> None:
    """Wait until the page has shown every answer that it asked for."""
    expect(page.locator("html")).to_have_attribute("data-asking", "0")


def open_tab(page: Page, name: str) -> None:
    """Open a tab, until it has shown what it has to show."""
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    expect(page.locator(SHOWN[name])).to_be_visible()
    settled(page)


def frames(page: Page, count: int = 1) -> None:
    """Wait until the browser has drawn so many frames."""
    page.evaluate(
        "async (count) => { for (; count; count--) await new Promise(requestAnimationFrame); }",
        count,
    )


def choose_file(page: Page, name: str, kind: str, content: bytes) -> None:
    """Choose a file of this MIME type with Draw's Photo button."""
    page.locator("#draw [data-file]").set_input_files(
        {"name": name, "mimeType": kind, "buffer": content}
    )


def choose_picture(page: Page, levels: np.ndarray) -> None:
    """Choose a PNG file that holds grey levels (H, W) uint8."""
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "PNG")
    choose_file(page, "photo.png", "image/png", file.getvalue())


def answers(page: Page) -> int:
    return int(page.locator("#draw [data-answers]").get_attribute("data-answers"))


def answered(page: Page, more_than: int) -> None:
    """Wait until the Draw tab has shown more answers than that, and none is on its way."""
    page.wait_for_function(
        "n => document.querySelector('#draw [data-answers]').dataset.answers > n", arg=more_than
    )


def digit(page: Page, selector: str) -> np.ndarray:
    """The grey levels of a canvas: (H, W)."""
    data = page.locator(selector).evaluate("canvas => canvas.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.split(",")[1]))).convert("L"))


def draw_line(page: Page, pad: Locator, *points: tuple[float, float]) -> None:
    """With the mouse, through points given as shares of the pad's side."""
    box = pad.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def sheet(page: Page) -> str:
    return page.locator("#sample [data-sheet] canvas").evaluate_all(
        "all => all.map(canvas => canvas.toDataURL()).join()"
    )


def sheets(page: Page) -> int:
    return int(page.locator("#sample [data-sheets]").get_attribute("data-sheets"))


def another_sheet(page: Page, act: Callable[[], object]) -> str:
    """The sheet that `act` brings."""
    before = sheets(page)
    act()
    page.wait_for_function(
        "n => document.querySelector('#sample [data-sheets]').dataset.sheets > n", arg=before
    )
    return sheet(page)


def strips(page: Page) -> int:
    return int(page.locator("#interpolate [data-strips]").get_attribute("data-strips"))


def end_of_the_way(page: Page, key: str) -> np.ndarray:
    """What Interpolate shows at A ("Home") or at B ("End")."""
    open_tab(page, "Interpolate")
    page.locator("#interpolate [data-slider]").focus()
    page.keyboard.press(key)
    return digit(page, "#interpolate [data-frame]")
