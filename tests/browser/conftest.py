"""The page in headless Chromium: opened anew for each test, and held to silence."""

from collections.abc import Callable, Iterator

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")

from tests.browser.steps import DESKTOP, goto  # noqa: E402

sync_api.expect.set_options(timeout=30_000)  # ms; a loaded machine is no failure


@pytest.fixture(scope="session")
def contexts(browser) -> Callable[..., "sync_api.BrowserContext"]:
    """contexts(**options) is the one context of a worker with these options.

    Its cache keeps the page's files. What belongs to a visitor lies in the page, which is closed.
    """
    opened: dict[str, sync_api.BrowserContext] = {}

    def context(**options: object) -> "sync_api.BrowserContext":
        key = repr(sorted((DESKTOP | options).items()))
        if key not in opened:
            opened[key] = browser.new_context(**(DESKTOP | options))
        return opened[key]

    return context


@pytest.fixture
def open_page(contexts, address) -> Iterator[Callable[..., "sync_api.Page"]]:
    """open_page(path="", script="", **context options) opens the page after running `script` in it.

    What the page complains of is a failure.
    """
    used, complaints = [], []

    def watch(page: "sync_api.Page") -> None:
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("console", lambda line: line.type == "error" and complaints.append(line.text))

    def open_one(path: str = "", script: str = "", **options: object) -> "sync_api.Page":
        used.append(contexts(**options))
        page = used[-1].new_page()
        watch(page)
        page.add_init_script(script)
        goto(page, address + path)
        return page

    yield open_one
    for page in [page for context in used for page in context.pages]:
        page.close()
    assert not complaints


@pytest.fixture(scope="session")
def untouched(browser, app) -> "sync_api.Page":
    """A page that tests only ask what its modules compute: none of them changes it."""
    page = browser.new_context(**DESKTOP).new_page()
    goto(page, app.local_url)
    return page


@pytest.fixture
def page(open_page) -> "sync_api.Page":
    return open_page()
