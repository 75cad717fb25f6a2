"""The endpoints as tools for assistants: the same seven, over the Model Context Protocol."""

import ast
import asyncio
import json
import threading
from collections.abc import Callable

import httpx
import pytest

from tests.pictures_of import drawing, uri

pytest.importorskip("mcp", reason='needs the extra "gradio[mcp]"')

from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamable_http_client

ENDPOINTS = {
    "reconstruct",
    "encode",
    "decode",
    "sample",
    "interpolate",
    "complete",
    "steer",
}
SEVEN = uri(drawing())


@pytest.fixture
def address(app) -> str:
    return f"{app.local_url}gradio_api/mcp/"


def ask(address: str, question: Callable) -> object:
    """The answer to `await question(session)`, from a thread: another loop may run in this one."""
    answers: list = []

    async def talk() -> None:
        async with (
            streamable_http_client(address) as (reading, writing, _),
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
            kinds = {"type", "anyOf", "oneOf"}
            assert kinds & schema.keys(), f"{tool.name} does not say what {name} is"
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
    mask = [1] * 500 + [0] * 284
    found = call(address, "complete", image=SEVEN, visible=mask, count=2).content[0].text
    assert len(ast.literal_eval(found)["completions"]) == 2
    found = call(address, "steer", image=SEVEN, direction="3", amount=0.5).content[0].text
    assert len(ast.literal_eval(found)["code"]) == 5
    sheet = call(address, "sample", count=4, source="posterior", digit=3).content[0].text
    assert len(ast.literal_eval(sheet)["codes"]) == 4


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


def send(address: str, message: object) -> httpx.Response:
    accept = {"Accept": "application/json, text/event-stream"}
    return httpx.post(address, json=message, headers=accept)


def answer_to(address: str, method: str, params: dict | None = None) -> dict:
    """The JSON-RPC answer to a request."""
    request = {"jsonrpc": "2.0", "id": 7, "method": method}
    answered = send(address, request if params is None else request | {"params": params})
    assert answered.status_code == 200
    found = json.loads(answered.text.partition("data: ")[2] or answered.text)
    assert found["id"] == 7
    return found


@pytest.mark.parametrize(
    "method", ["ping", "tools/list", "prompts/list", "resources/list", "resources/templates/list"]
)
def test_what_may_be_asked_is_answered(address, method):
    assert "result" in answer_to(address, method)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("resources/read", {"uri": "file:///etc/passwd"}),
        ("resources/subscribe", {"uri": "file:///etc/passwd"}),
        ("prompts/get", {"name": "none"}),
        ("logging/setLevel", {"level": "debug"}),
        ("completion/complete", {"ref": {"type": "ref/prompt", "name": "a"}, "argument": {}}),
        ("tasks/list", None),
        ("tools/call", {"name": "decode", "arguments": [1]}),
        ("nothing/like/it", None),
    ],
)
def test_what_the_page_does_not_offer_is_an_error_of_the_protocol(address, method, params):
    assert answer_to(address, method, params)["error"]["message"]


@pytest.mark.parametrize(
    "message",
    [
        {"method": "notifications/initialized"},
        {"method": "notifications/roots/list_changed"},
        {"method": "notifications/cancelled", "params": {"requestId": 1}},
        {"method": "notifications/progress", "params": {"progressToken": 1, "progress": 0.5}},
        {"method": "notifications/nothing/like/it"},
        {"method": "tools/call", "params": {"name": "decode", "arguments": {"code": {}}}},
        {"id": 3, "result": {"roots": []}},
        {"id": 3, "error": {"code": -32601, "message": "Method not found"}},
    ],
    ids=lambda message: message.get("method", "response"),
)
def test_what_needs_no_answer_is_accepted(address, message):
    assert send(address, {"jsonrpc": "2.0", **message}).status_code == 202


def test_a_session_outlives_what_the_page_has_no_use_for(address):
    async def talk(session: ClientSession) -> list:
        await session.send_roots_list_changed()
        with pytest.raises(McpError):
            await session.subscribe_resource("file:///etc/passwd")
        refused = await session.call_tool("decode", {"code": {"path": "/etc/passwd"}})
        assert "no files" in refused.content[0].text
        return (await session.list_tools()).tools

    assert {tool.name for tool in ask(address, talk)} == ENDPOINTS


@pytest.mark.parametrize("tool", ["decode", "reconstruct", "sample"])
@pytest.mark.parametrize("where", ["object", "list"])
def test_an_object_among_the_arguments_does_not_reach_gradio(address, tool, where):
    file = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    arguments = {"model": file if where == "object" else [[file]]}
    result = answer_to(address, "tools/call", {"name": tool, "arguments": arguments})["result"]
    assert result["isError"]
    assert result["content"][0]["text"].endswith(".")


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"7", b"null", b"\xff"])
def test_what_is_no_message_is_refused(address, body):
    headers = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
    }
    assert httpx.post(address, content=body, headers=headers).status_code == 400


def test_a_session_may_be_ended(address):
    assert httpx.delete(address).status_code == 405  # there are none to end


def test_a_malformed_message_is_one_line_of_the_log(address, caplog):
    answer_to(address, "nothing/like/it")
    assert caplog.messages
    assert not any("\n" in line for line in caplog.messages)


def test_the_old_transport_is_closed(address):
    assert httpx.get(f"{address}sse").status_code == 404
