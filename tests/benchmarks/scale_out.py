"""Two instances of the app behind nginx, in turn; one is killed while visitors draw.

    python -m tests.benchmarks.scale_out --seconds 10

Needs nginx (Debian: nginx-light); with --browser also playwright and Chromium, which draw a stroke
on the page while the instance that serves it is killed.
"""

import argparse
import contextlib
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.browser.steps import INSIDE
from tests.conftest import BROWSER_ARGUMENTS, browser_path
from tests.serving import calls
from tests.serving.calls import GoodCalls, Reference
from tests.serving.process import API, Connection, Function, Server, free_port, models, serving

TEMPLATE = Path(__file__).with_name("nginx.conf.template")
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
CLIENTS = 8
MOST_WAITING = 30.0  # seconds until a retry must have succeeded


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of posting")
    parser.add_argument("--weights", type=Path, help="folder of weights folders")
    parser.add_argument("--browser", action="store_true", help="also draw on the page")
    flags = parser.parse_args(argv)
    if NGINX is None:
        sys.exit("nginx is not installed: apt-get install nginx-light")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        weights = models(flags.weights, Path(folder))
        servers = [stack.enter_context(serving(weights)) for _ in range(2)]
        browse = draw_a_stroke if flags.browser else None
        complaints = rehearse(servers, Reference(weights), flags.seconds, browse)
    print("\n".join(complaints) or "All laws hold.")
    sys.exit(1 if complaints else 0)


def rehearse(servers: list[Server], reference: Reference, seconds: float, browse=None) -> list[str]:
    """Everything through nginx, then with the second of two instances killed; a sentence for each
    law broken."""
    with behind_nginx([server.port for server in servers]) as port:
        found = agree(servers) + through(port, servers[0], reference)
        if browse:
            found += browse(f"http://127.0.0.1:{port}", servers)
        else:
            found += killed_amid_posts(port, servers, reference, seconds)
    return found


@contextlib.contextmanager
def behind_nginx(ports: list[int]) -> Iterator[int]:
    """nginx in front of the instances at `ports`, until the end of the `with`: its own port."""
    port = free_port()
    # A replica that failed is left alone for a second, then tried again.
    replicas = " ".join(f"server 127.0.0.1:{each} max_fails=1 fail_timeout=1s;" for each in ports)
    with tempfile.TemporaryDirectory(prefix="nginx-") as folder:
        config = TEMPLATE.read_text(encoding="utf-8").replace("{{replicas}}", replicas)
        config = config.replace("{{listen}}", f"127.0.0.1:{port}")
        (Path(folder) / "nginx.conf").write_text(config, encoding="utf-8")
        process = subprocess.Popen(
            [
                *(NGINX, "-p", folder, "-e", "error.log", "-c", "nginx.conf"),
                *("-g", "daemon off; master_process off;"),
            ],
        )
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def wait_for(port: int, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with Connection(port) as connection:
                connection.send("GET", "/")
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def agree(servers: list[Server]) -> list[str]:
    """A page that one instance served asks the other by the same numbers."""
    configs = [server.config() for server in servers]
    same = [
        [(each["id"], each["type"], each["props"].get("elem_id")) for each in config["components"]]
        for config in configs
    ]
    numbers = [[(each["id"], each["api_name"]) for each in c["dependencies"]] for c in configs]
    return [] if same[0] == same[1] and numbers[0] == numbers[1] else ["the instances differ"]


def through(port: int, server: Server, reference: Reference) -> list[str]:
    """The page and everything that it and programs ask, through nginx: from each in turn, right."""
    replicas: Counter = Counter()
    good = GoodCalls(server, reference)
    found = []
    with Connection(port) as connection:
        for _ in range(6):
            answer = connection.send("GET", "/")
            replicas[answer.headers.get("x-replica")] += answer.status == 200
        for index, last in enumerate(list(replicas)):
            # The other replica begins this round: each answers every question in one of the two.
            if connection.send("GET", "/").headers.get("x-replica") != last:
                connection.send("GET", "/")
            found += good.wrong(connection, index)
    print(f"GET /, by replica: {dict(replicas)}; every question in turn: {found or 'right'}")
    found += by_gradio_client(port, reference)
    if sorted(replicas.values()) != [3, 3]:
        found.append("the replicas do not take turns")
    return found


def by_gradio_client(port: int, reference: Reference) -> list[str]:
    """Gradio's own client joins a queue at one replica and has to listen there: it is sent back."""
    from gradio_client import Client

    client = Client(f"http://127.0.0.1:{port}", verbose=False, analytics_enabled=False)
    wrong = []
    for index in range(4):
        code = calls.codes(index, reference.dimensions)
        data = (code, reference.default)
        if client.predict(*data, api_name="/decode") != reference.call("decode", *data):
            wrong.append(f"gradio_client got a wrong digit for code {index}")
    client.close()
    print(f"gradio_client, four calls: {wrong or 'right'}")
    return wrong


def killed_amid_posts(
    port: int, servers: list[Server], reference: Reference, seconds: float
) -> list[str]:
    """Visitors draw; one instance is killed; each visitor's retry, like the page's, succeeds."""
    read = next(each for each in servers[0].functions() if each.label == "draw.read")
    expected = [reference.ask(read, {"ink": calls.ink(index)}) for index in range(CLIENTS)]
    end = time.monotonic() + seconds
    asked, lost, wrong, longest = [0] * CLIENTS, [0] * CLIENTS, [0] * CLIENTS, [0.0] * CLIENTS

    def visitor(number: int) -> None:
        with Connection(port) as connection:
            while time.monotonic() < end:
                began = time.monotonic()
                answer, failures = patient(connection, read, {"ink": calls.ink(number)})
                asked[number] += 1
                lost[number] += failures
                wrong[number] += answer != expected[number]
                longest[number] = max(longest[number], time.monotonic() - began)

    threads = [threading.Thread(target=visitor, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds / 2)
    servers[1].kill()
    for thread in threads:
        thread.join(seconds + 2 * MOST_WAITING)
    print(
        f"one of two instances killed amid {sum(asked)} posts by {CLIENTS} visitors: "
        f"{sum(lost)} had to be repeated, {sum(wrong)} answered wrong, "
        f"the longest took {max(longest):.2f} s"
    )
    found = [] if not sum(wrong) else [f"{sum(wrong)} answers are wrong or missing"]
    return found + ([f"a visitor waited {max(longest):.0f} s"] if max(longest) > 10 else [])


def patient(connection: Connection, function: Function, request: dict) -> tuple[object, int]:
    """Ask as the page's live.js does, again after 0.5, 1, 2 ... seconds: (answer, failures)."""
    failures, began = 0, time.monotonic()
    while time.monotonic() < began + MOST_WAITING:
        try:
            answer = connection.post(f"{API}/component_server", function.body(request))
            if answer.status == 200:
                return answer.json(), failures
        except (OSError, http.client.HTTPException):
            pass
        failures += 1
        time.sleep(min(0.5 * 2 ** (failures - 1), 8.0))
    return None, failures


def draw_a_stroke(url: str, servers: list[Server]) -> list[str]:
    """Draw on the page, kill an instance in the middle of the stroke, and go on drawing."""
    from playwright.sync_api import expect, sync_playwright

    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER_ARGUMENTS)
        page = browser.new_page()
        page.goto(url)
        draw = page.locator("#draw [data-answers]").or_(page.locator("#draw[data-answers]")).first
        expect(draw).to_have_attribute("data-answers", "1", timeout=30_000)
        page.evaluate("window.opened = 'once'")
        page.evaluate(INSIDE)
        pad = page.locator("#draw [data-pad]")
        page.locator("#draw [data-clear]").click()
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()

        def move(part: float) -> None:
            page.mouse.move(box["x"] + box["width"] * (0.3 + 0.4 * part),
                            box["y"] + box["height"] * (0.25 + 0.5 * part))  # fmt: skip

        move(0)
        page.mouse.down()
        for step in range(1, 60):
            move(step / 60)
            page.wait_for_timeout(30)
            if step == 30:
                servers[1].kill()
                middle = int(draw.get_attribute("data-answers"))
        page.mouse.up()
        # The last answer is that of the whole stroke: the drawing that the page holds.
        page.wait_for_function("inside.store.get('drawing')?.layers.length === 1", timeout=60_000)
        answers = int(draw.get_attribute("data-answers"))
        said = page.locator("[data-announcer]").text_content()
        print(f"a stroke drawn on while an instance died: {answers - middle} answers after it; "
              f"the page says {said!r}")  # fmt: skip
        if page.evaluate("window.opened") != "once":
            found.append("the page was loaded anew")
        if answers <= middle:
            found.append("the page got no answers any more")
        browser.close()
    return found


if __name__ == "__main__":
    main()
