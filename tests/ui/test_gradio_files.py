"""Gradio's own scripts and sheets: as on disk, named by their content, kept by browsers."""

import re
from pathlib import Path

import gradio
import httpx
import pytest

ASSETS = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
HASHED = re.compile(r"-[\w-]{8}\d?\.\w+")


@pytest.fixture(scope="module")
def client(app):
    with httpx.Client(base_url=app.local_url, verify=False) as client:
        yield client


def test_every_name_has_the_hash_of_its_content():
    names = [path.name for path in ASSETS.iterdir()]
    assert names
    assert [name for name in names if not HASHED.search(name)] == []


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_what_the_page_asks_for_is_what_lies_on_disk(client, coding):
    """Twice: a second visitor is answered from memory."""
    for path in re.findall(r'"\./(assets/[^"]+)"', client.get("/").text) * 2:
        answer = client.get(path, headers={"Accept-Encoding": coding})
        assert answer.content == (ASSETS / Path(path).name).read_bytes()
        assert answer.headers.get("content-encoding", "identity") == coding
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["access-control-allow-origin"] == "*"
        kind = {".js": "javascript", ".css": "text/css"}[Path(path).suffix]
        assert kind in answer.headers["content-type"]


def test_a_font_is_served_as_it_is(client):
    font = next(ASSETS.glob("*.woff2"))
    answer = client.get(f"assets/{font.name}")
    assert answer.content == font.read_bytes()
    assert answer.headers["content-type"] == "font/woff2"


OUTSIDE = ["index-00000000.js", "..%2f..%2f..%2froutes.py", "%2fetc%2fpasswd"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_else_is_served(client, name):
    assert client.get(f"assets/{name}").status_code in (403, 404)
