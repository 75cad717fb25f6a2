"""The page's own modules: where they are asked for, when, and what if the server lacks them."""

import contextlib
import functools
import http.server
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio
import numpy as np
import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.steps import (
    INSIDE,
    REDRAWN,
    answered,
    answers,
    digit,
    draw_line,
    goto,
    open_tab,
    settled,
)
from tests.serving.in_process import served, small_service

MODULES = re.compile(r"/page-\w+/")
TABS = re.compile(r"/page-\w+/tabs/(\w+)/")
HOST = "http://127.0.0.1:9"  # nobody listens there: what is asked of it is answered by the test


@pytest.fixture
def blank(contexts) -> Iterator[Page]:
    """A page that has not been opened yet; it may lack modules."""
    with contextlib.closing(contexts().new_page()) as page:
        yield page


def asked(page: Page) -> list[str]:
    """The addresses of modules that the page asks for from now on."""
    found: list[str] = []

    def note(request: Request) -> None:
        if MODULES.search(request.url):
            found.append(request.url)

    page.on("request", note)
    return found


def test_every_module_is_fetched_once_and_every_tab_is_shown_with_its_sheet(blank, address):
    """The other tabs' modules come after the first's. Of each panel that is filled, the sheet is
    there: its first element has its own layout."""
    everything: list[str] = []
    blank.on("request", lambda request: everything.append(request.url))
    goto(blank, address)
    for name in ("draw", "sample", "interpolate", "explore"):
        blank.locator(f"#tab-{name}").click()
        section = blank.locator(f"#{name} section")
        expect(section).to_be_visible()
        assert section.evaluate("part => getComputedStyle(part).display") == "grid"
    blank.locator("#tab-how").click()
    expect(blank.locator("#how [data-answers]")).to_be_visible()
    assert [url for url in everything if not url.startswith((address, "data:", "blob:"))] == []
    found = list(filter(MODULES.search, everything))
    assert len(found) == len(set(found))
    tabs = [match[1] for match in map(TABS.search, found) if match]
    last = len(tabs) - 1 - tabs[::-1].index("draw")
    assert set(tabs[: last + 1]) == {"draw"}
    assert set(tabs) == {"draw", "sample", "interpolate", "explore", "how"}


def test_under_a_root_path_the_page_works_whether_or_not_the_proxy_keeps_it(blank):
    with served(small_service(), root_path="/vae") as demo:
        local = demo.local_url.removesuffix("/").removesuffix("/vae")
        for taken_off in ("", "/vae"):
            check_behind_a_proxy(blank, lambda path, off=taken_off: local + path.removeprefix(off))


def check_behind_a_proxy(page: Page, behind: Callable[[str], str]) -> None:
    """The page at HOST/vae/ works; `behind` maps a path at HOST to where its answer is."""

    def proxy(route: Route) -> None:
        route.fulfill(response=route.fetch(url=behind(route.request.url.removeprefix(HOST))))

    page.route(f"{HOST}/vae/**", proxy)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    found = asked(page)
    goto(page, f"{HOST}/vae/")
    assert found
    assert all(url.startswith(f"{HOST}/vae/page-") for url in found)
    before = answers(page)
    page.get_by_role("button", name="Example: a 7").first.click()
    answered(page, before)
    link = page.evaluate("inside.writeLink().address")
    assert link.startswith(f"{HOST}/vae/?model=conv")
    assert not complaints
    page.unroute_all(behavior="ignoreErrors")  # the other tabs' modules may be on their way
    page.goto("about:blank")  # before its server goes


def lacking(route: Route) -> None:
    route.fulfill(status=404, body="There is no such file here.")


def test_a_page_whose_modules_are_gone_reloads_itself_once_and_says_so(blank, address):
    opened: list[str] = []
    blank.on("framenavigated", lambda frame: opened.append(frame.url))
    blank.route(MODULES, lacking)
    blank.goto(address)
    expect(blank.locator("#masthead")).to_contain_text("could not be loaded: reload the page")
    assert len(opened) == 2
    blank.unroute(MODULES)
    blank.reload()
    expect(blank.locator("#draw [data-answers]")).to_be_attached()


def test_a_link_whose_reader_is_gone_opens_by_a_reload(blank, address):
    """Any address with a query is read by a module of its own."""
    lost: list[str] = []

    def lack(route: Route) -> None:
        lost.append(route.request.url)
        route.continue_() if len(lost) > 1 else lacking(route)

    blank.route(re.compile(r"/page-\w+/client/link\.js"), lack)
    blank.goto(f"{address}?model=mlp")
    expect(blank.locator("#draw [data-answers]")).to_be_attached()
    expect(blank.locator("#masthead select")).to_have_value("mlp")
    assert len(lost) > 1


def test_a_page_between_two_versions_reloads_itself_and_works(blank, address):
    lost: list[str] = []

    def lack(route: Route) -> None:
        if len(lost) < 40 and "draw.js" in route.request.url and not lost:
            lost.append(route.request.url)
            lacking(route)
        else:
            route.continue_()

    blank.route(MODULES, lack)
    goto(blank, address)
    assert len(lost) == 1


def test_a_tab_whose_module_is_gone_is_opened_by_a_reload_that_keeps_the_drawing(blank, address):
    gone = re.compile(r"/page-\w+/tabs/how/")
    blank.route(gone, lacking)
    goto(blank, address)
    before = answers(blank)
    blank.get_by_role("button", name="Example: a 7").first.click()
    answered(blank, before)
    drawn = blank.evaluate("inside.store.get('drawing').code")
    with blank.expect_navigation():
        blank.get_by_role("tab", name="How it works").click()
        blank.unroute(gone)
    expect(blank.locator("#how [data-answers]")).to_be_visible()
    assert blank.evaluate("inside.store.get('drawing').code") == drawn


class OtherSite(http.server.SimpleHTTPRequestHandler):
    """Another site: its page holds the app, its folder Gradio's own scripts."""

    page = b""

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)
        return None

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def other_site(address: str) -> Iterator[str]:
    """The address of a page that holds the app of `address` as <gradio-app>."""
    page = f"""<!doctype html><script type="module" src="gradio.js"></script>
      <h1>Another site</h1><gradio-app src="{address}"></gradio-app>"""
    handler = functools.partial(
        type("Handler", (OtherSite,), {"page": page.encode()}),
        directory=Path(gradio.__file__).parent / "templates" / "frontend",
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_in_the_page_of_another_site_it_works(blank, address):
    found = asked(blank)
    complaints: list[str] = []
    blank.on("pageerror", lambda error: complaints.append(str(error)))
    blank.add_init_script(INSIDE)
    with other_site(address) as host:
        blank.goto(host)
        expect(blank.locator("#draw [data-answers][data-draws]")).to_be_visible()
        blank.wait_for_function("window.inside")
        assert (
            blank.locator("#draw section").evaluate("part => getComputedStyle(part).display")
            == "grid"
        )
        settled(blank)
        before, redrawn = answers(blank), digit(blank, REDRAWN)
        blank.locator("#draw [data-clear]").click()
        draw_line(blank, blank.locator("#draw [data-pad]"), (0.5, 0.1), (0.5, 0.9))
        blank.wait_for_function("inside.store.get('drawing')?.layers.length === 1")
        answered(blank, before)
        settled(blank)
        assert not np.array_equal(digit(blank, REDRAWN), redrawn)
        for tab in ("Sample", "Interpolate", "Explore", "How it works"):
            open_tab(blank, tab)
        assert found
        assert all(url.startswith(address) for url in found)
        assert blank.evaluate("inside.writeLink().address").startswith(f"{address}?model=")
        blank.goto("about:blank")
    assert not complaints


def test_in_the_page_of_another_site_it_does_not_reload_that_page(blank, address):
    opened: list[str] = []
    blank.on("framenavigated", lambda frame: opened.append(frame.url))
    blank.route(MODULES, lacking)
    with other_site(address) as host:
        blank.goto(host)
        expect(blank.locator("#masthead")).to_contain_text("could not be loaded: reload the page")
        assert opened == [host]
        blank.goto("about:blank")
