"""Browsers and files as they are: guarded canvases, high contrast, pictures from anywhere, phones
that zoom."""

import base64
import io
import zlib

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.steps import (
    PHONE,
    answered,
    answers,
    choose_file,
    choose_picture,
    digit,
    settled,
)
from tests.pictures_of import drawing, uri

PAD = "#draw [data-pad]"
PROBLEM = "#draw [data-problem]"
SAID = "[data-announcer]"
# What browsers that guard against fingerprinting give a page that reads a canvas.
FALSIFY = """
const read = CanvasRenderingContext2D.prototype.getImageData;
CanvasRenderingContext2D.prototype.getImageData = function (...place) {
  const image = read.apply(this, place);
  image.data.forEach((_, index) => (image.data[index] = (index * 7919) % 256));
  return image;
};
HTMLCanvasElement.prototype.toDataURL = () => "data:image/png;base64,";
"""
UNPACKED = "delete window.CompressionStream"
BLOCK = """
CanvasRenderingContext2D.prototype.getImageData = () => { throw new Error("blocked") };
HTMLCanvasElement.prototype.toDataURL = () => null;
"""
# Only files made of a canvas are falsified.
FALSE_FILES = """
const write = HTMLCanvasElement.prototype.toDataURL;
HTMLCanvasElement.prototype.toDataURL = () => write.call(document.createElement("canvas"));
"""


def code(page: Page) -> list[float]:
    return page.evaluate("inside.store.get('drawing').code")


def code_of_a_photo(page: Page) -> list[float]:
    before = answers(page)
    choose_picture(page, np.asarray(drawing()))
    answered(page, before)
    return code(page)


def test_drawings_and_photos_are_read_the_same_in_guarded_and_old_browsers(open_page):
    page = open_page()
    drawn, of_a_photo = code(page), code_of_a_photo(page)
    assert drawn != of_a_photo
    for script in (FALSIFY, BLOCK, UNPACKED, FALSE_FILES):
        page = open_page(script=script)
        assert code(page) == drawn, script
        if script in (FALSIFY, BLOCK):
            expect(page.locator("#draw .difference-plate")).to_contain_text("falsifies")
        if script in (FALSIFY, FALSE_FILES):
            assert code_of_a_photo(page) == of_a_photo, script


def test_what_cannot_be_read_of_a_canvas_is_said(open_page):
    page = open_page(script=FALSIFY)
    page.get_by_role("tab", name="Interpolate").click()
    expect(page.locator("#interpolate [data-strips]")).to_be_visible()
    page.locator("[data-end=a] [data-random]").click()
    page.wait_for_function("inside.store.get('a')?.picture")
    page.get_by_label("Model").first.select_option("mlp")
    # B is strokes and is encoded again: it does not take back what is said of A.
    page.wait_for_function("inside.store.get('b').model === 'mlp'")
    settled(page)
    expect(page.locator("#interpolate [data-problem]")).to_contain_text("falsifies")
    page.get_by_role("tab", name="Sample").click()
    expect(page.locator("#sample [data-sheets]")).to_be_visible()
    page.locator("#sample [data-save]").click()
    expect(page.locator("#sample [data-problem]")).to_contain_text("falsifies")


def test_strokes_are_rastered_as_a_canvas_paints_them(untouched):
    painted = untouched.evaluate("""() => {
      const layers = [..."0123456789"].flatMap((digit, index) =>
        inside.example(digit).map(({ points, width }) => ({
          points: points.map(([x, y]) => [(x + index % 4) / 4, (y + Math.floor(index / 4)) / 4]),
          width: width / 4,
        })));
      layers.push({ points: [[0.8, 0.9]], width: 0.1 });
      const canvas = Object.assign(document.createElement("canvas"), { width: 448, height: 448 });
      const context = canvas.getContext("2d");
      inside.paintLayers(context, 448, layers);
      const { data } = context.getImageData(0, 0, 448, 448);
      const levels = data.filter((_, index) => index % 4 === 0);
      return [inside.raster(layers, 448), levels].map(inside.base64);
    }""")
    ours, canvas = (np.frombuffer(base64.b64decode(each), np.uint8).astype(int) for each in painted)
    difference = np.abs(ours - canvas)
    assert ours.max() == 255
    assert len(ours) == len(canvas) == 448 * 448
    assert difference.mean() < 1
    assert (difference > 64).mean() < 0.001


def test_what_is_sent_uncompressed_is_in_zlibs_format(untouched):
    for size in (0, 1, 12_544):
        grey = [(31 * index) % 256 for index in range(size)]
        sent = untouched.evaluate("grey => inside.stored(Uint8Array.from(grey))", grey)
        assert zlib.decompress(bytes(sent)) == bytes(grey)


# Answers come after the milliseconds that a question names; what is shown takes a while too.
CONVERSATION = """async (delays) => {
  let [underWay, most] = [0, 0];
  const shown = [];
  const ask = async ({ delay }) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, delay));
    underWay -= 1;
    return {};
  };
  const show = async (_, { number }) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    shown.push(number);
  };
  const live = new inside.Live(ask, show, { most: 3 });
  for (const [number, delay] of delays.entries()) {
    live.send({ number, delay });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  while (shown.at(-1) !== delays.length - 1) await new Promise(requestAnimationFrame);
  return { shown, most };
}"""


def test_a_distant_server_is_asked_three_things_at_a_time_and_shown_in_order(untouched):
    found = untouched.evaluate(CONVERSATION, [120, 150, 90, 200, 40, 130, 110, 170, 60, 100] * 4)
    assert found["most"] == 3
    assert found["shown"] == sorted(set(found["shown"]))
    assert found["shown"][-1] == 39


def test_what_is_chosen_is_told_in_forced_colours(open_page):
    page = open_page(forced_colors="active")
    page.get_by_role("tab", name="Explore").click()
    expect(page.locator("#explore [data-ready]")).to_be_visible()

    def foot(tab: str) -> np.ndarray:
        box = page.get_by_role("tab", name=tab, exact=True).bounding_box()
        clip = {
            **box,
            "y": box["y"] + box["height"] - 3,
            "height": 2,
            "width": 20,
            "x": box["x"] + 8,
        }
        return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"))

    assert not np.array_equal(foot("Explore"), foot("Draw"))
    widths = page.locator("#explore .segments label").evaluate_all(
        "all => all.map(label => [label.control.checked, getComputedStyle(label).borderTopWidth])"
    )
    assert dict(widths) == {True: "3px", False: "1px"}


DROP = """([target, uri, texts]) => {
    const transfer = new DataTransfer();
    for (const [kind, text] of Object.entries(texts)) transfer.setData(kind, text);
    if (uri) {
        const bytes = Uint8Array.from(atob(uri.split(",")[1]), (c) => c.charCodeAt(0));
        transfer.items.add(new File([bytes], "seven.png", { type: "image/png" }));
    }
    const send = (kind) => document.querySelector(target).dispatchEvent(
        new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    return [send("dragover"), send("drop")];
}"""


def clear(page: Page) -> None:
    page.locator("#draw [data-clear]").click()
    settled(page)
    assert page.evaluate("inside.store.get('drawing')") is None


def test_a_picture_dropped_anywhere_or_dragged_from_a_page_is_used_or_told_where_it_goes(page):
    assert page.evaluate(DROP, [PAD, None, {"text/plain": "7"}]) == [True, True]  # the fields' own
    for place in ("#draw .verdict", "#masthead h1", "body"):
        clear(page)
        before = answers(page)
        assert page.evaluate(DROP, [place, uri(drawing()), {}]) == [False, False], place
        answered(page, before)
        layer = page.evaluate("Object.keys(inside.store.get('drawing').layers[0])")
        assert "picture" in layer, place

    elsewhere = {"text/uri-list": "http://other.example/7.png"}
    assert page.evaluate(DROP, [PAD, None, elsewhere]) == [False, False]
    expect(page.locator(PROBLEM)).to_contain_text("copy it")
    before = answers(page)
    within = {"text/html": f'<img src="{uri(drawing())}">', "text/uri-list": "http://a.example/"}
    page.evaluate(DROP, [PAD, None, within])
    answered(page, before)
    expect(page.locator(PROBLEM)).to_be_empty()

    # On another tab a file does not leave the page.
    page.get_by_role("tab", name="Sample").click()
    expect(page.locator("#sample [data-sheets]")).to_be_visible()
    assert page.evaluate(DROP, ["#sample .controls", uri(drawing()), {}]) == [False, False]
    expect(page.locator(SAID)).to_contain_text("Draw tab")


def test_an_svg_is_read_as_a_picture_and_a_heic_photo_is_told_what_to_become(page):
    choose_file(page, "IMG_1.HEIC", "image/heic", b"\0\0\0\x18ftypheic")
    expect(page.locator(PROBLEM)).to_contain_text("HEIC")
    expect(page.locator(PROBLEM)).to_contain_text("JPEG")
    for size in ("", 'width="60" height="60"'):
        clear(page)
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60" {size}>'
            '<path d="M15 10h30L25 50" fill="none" stroke="black" stroke-width="6"/></svg>'
        )
        before = answers(page)
        choose_file(page, "seven.svg", "image/svg+xml", svg.encode())
        answered(page, before)
        seen = digit(page, "#draw [data-seen]")
        assert seen.max() > 200, size
        assert 10 < seen.mean() < 90, size


def test_no_field_is_so_small_that_a_phone_zooms_in_on_it(open_page):
    page = open_page(**PHONE)
    for tab in page.get_by_role("tab").all():
        tab.click()
        expect(page.get_by_role("tabpanel").locator("[data-ready]")).to_be_attached()
    page.evaluate("document.querySelector('[data-link]').hidden = false")
    sizes = page.locator(
        "select, textarea, input:not([type=range], [type=checkbox], [type=radio], [type=file])"
    ).evaluate_all("all => all.map(field => parseFloat(getComputedStyle(field).fontSize))")
    assert len(sizes) >= 4
    assert min(sizes) >= 16
