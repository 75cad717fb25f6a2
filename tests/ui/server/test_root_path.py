"""Under a root path: as without one, whether a proxy keeps the prefix or takes it off."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.serving.in_process import served, small_service
from vae.ui.server.service import Service

MCP = {"Accept": "application/json, text/event-stream"}
PREFIXES = ["", "/vae"]  # as the app sees it: taken off, and kept
pytestmark = pytest.mark.xdist_group("root path")  # each app is started once


@pytest.fixture(scope="module")
def service() -> Service:
    return small_service()


@pytest.fixture(scope="module", params=["/vae", "/vae/", "https://example.com/vae"])
def client(request, service) -> Iterator[httpx.Client]:
    """Asks an app under this root path."""
    # A new client for each question would read the certificates each time.
    with (
        served(service, root_path=request.param) as demo,
        httpx.Client(base_url=demo.local_url, verify=False) as client,
    ):
        yield client


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_endpoints_answer(client, prefix):
    answer = client.post(f"{prefix}/gradio_api/run/decode", json={"data": [[0.0] * 5]})
    assert answer.json()["data"][0].startswith("data:image/png;base64,")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_pages_functions_answer(client, prefix):
    config = client.get(f"{prefix}/config").json()
    sample = next(each for each in config["components"] if each["props"].get("elem_id") == "sample")
    request = {"index": 0, "seed": 1, "temperature": 1.0}
    body = {"data": request, "fn_name": "code", "component_id": sample["id"], "session_hash": "a"}
    answer = client.post(f"{prefix}/gradio_api/component_server", json=body)
    assert len(answer.json()["code"]) == 5


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_assistants_are_answered(client, prefix):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    answer = client.post(f"{prefix}/gradio_api/mcp/", json=message, headers=MCP)
    assert "interpolate" in answer.text


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_modules_are_there(client, prefix):
    page = client.get(f"{prefix}/").text
    module = re.search(r"page-\w+/client/mount\.js", page)[0]
    answer = client.get(f"{prefix}/{module}")
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("prefix", [*PREFIXES, "/other", "/vae/vae"])
@pytest.mark.parametrize("route", ["proxy=http://127.0.0.1:1/", "file=/etc/passwd", "mcp/sse"])
def test_closed_routes_are_closed(client, prefix, route):
    assert client.get(f"{prefix}/gradio_api/{route}").status_code == 404


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("route", ["process_recording", "login", "nowhere"])
def test_nothing_else_can_be_posted_to(client, prefix, route):
    answer = client.post(f"{prefix}/gradio_api/{route}", json={})
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is nothing here."}


def test_a_body_is_bounded_under_the_prefix_too(client):
    body = b'{"data": ["' + b"a" * 12_000_000 + b'"]}'
    address = client.base_url.join("/vae/gradio_api/run/encode")
    try:
        answer = httpx.post(address, content=body, verify=False)  # the connection is lost
    except httpx.TransportError:
        return  # refused and hung up while the rest was sent
    assert answer.status_code == 413
