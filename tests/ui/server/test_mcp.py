"""The endpoints as tools for assistants: the same five, over the Model Context Protocol."""

import ast
import asyncio
import threading
from collections.abc import Callable

import httpx
import pytest

from tests.pictures_of import drawing, uri

pytest.importorskip("mcp", reason='needs the extra "gradio[mcp]"')

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

ENDPOINTS = {"reconstruct", "encode", "decode", "sample", "interpolate"}
SEVEN = uri(drawing())


@pytest.fixture
def address(app) -> str:
    return f"{app.local_url}gradio_api/mcp/"


def ask(address: str, question: Callable) -> object:
    """The answer to `await question(session)`, from a thread: another loop may run in this one."""
    answers: list = []

    async def talk() -> None:
        async with (
            streamablehttp_client(address) as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            answers.append(await question(session))

    thread = threading.Thread(target=lambda: asyncio.run(talk()))
    thread.start()
    thread.join()
    return answers[0]


def call(address: str, tool: str, **arguments: object) -> object:
    return ask(address, lambda session: session.call_tool(tool, arguments))


def test_the_tools_are_the_endpoints_described(address):
    tools = ask(address, lambda session: session.list_tools()).tools
    assert {tool.name for tool in tools} == ENDPOINTS
    for tool in tools:
        assert len(tool.description) > 40
        for name, schema in tool.inputSchema["properties"].items():
            assert schema.get("type"), f"{tool.name} does not say what {name} is"
            assert schema.get("description"), f"{tool.name} does not describe {name}"


def test_every_tool_answers(address):
    posterior = ast.literal_eval(call(address, "encode", image=SEVEN).content[0].text)
    assert len(posterior["mean"]) == 5
    digit = call(address, "decode", code=posterior["mean"]).content[0].text
    assert digit.startswith("data:image/png;base64,")
    found = ast.literal_eval(call(address, "reconstruct", image=SEVEN, model="mlp").content[0].text)
    assert found["reconstruction_nats"] > 0
    sheet = ast.literal_eval(call(address, "sample", count=4, seed=1).content[0].text)
    assert len(sheet["codes"]) == 4
    frames = call(address, "interpolate", start=SEVEN, end=SEVEN, steps=3).content[0].text
    assert len(ast.literal_eval(frames)) == 3


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("decode", {"code": [1.0]}, "5 numbers"),
        ("sample", {"count": 0}, "count"),
        ("reconstruct", {"image": "http://127.0.0.1/x.png"}, "data URI"),
    ],
)
def test_a_call_that_cannot_be_answered_says_why(address, tool, arguments, sentence):
    answer = call(address, tool, **arguments)
    assert answer.isError
    assert sentence in answer.content[0].text


@pytest.mark.parametrize(
    "message",
    [
        {"method": "resources/read", "params": {"uri": "http://127.0.0.1/"}},
        {"method": "tools/call", "params": {"name": "decode", "arguments": {"code": {"a": 1}}}},
        {"method": "tools/call", "params": {"name": "decode", "arguments": [1]}},
        {"method": 7},
    ],
)
def test_what_no_tool_takes_is_refused_before_gradio_sees_it(address, message):
    answer = httpx.post(address, json={"jsonrpc": "2.0", "id": 1, **message})
    assert answer.status_code == 400
    assert len(answer.json()["error"]) > 20


def test_the_old_transport_is_closed(address):
    assert httpx.get(f"{address}sse").status_code == 404
