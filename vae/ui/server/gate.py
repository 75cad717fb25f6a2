"""The gate: what a request must be before Gradio gets to see it. All else ends here, in a sentence.

Gradio serves more routes than the page has use for, bounds nothing but uploaded files, fetches the
address in any object that looks like one of its files, and answers what it did not expect with a
traceback in the log.
"""

import json
import logging
import re
from collections.abc import Mapping

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vae.ui.server.bounds import REQUEST_BYTES, SESSION_CHARACTERS, BadRequest

API = "/gradio_api"
# What the page's scripts post to; what programs post to; what gradio_client posts to.
FUNCTIONS = f"{API}/component_server"
ENDPOINTS = re.compile(rf"{API}/(?:run|api|call|call/v2|queue)/([^/]+)/?")
# What assistants post to, over MCP's streamable HTTP, and the questions they may ask.
MCP = {f"{API}/mcp", f"{API}/mcp/http"}
MCP_METHODS = re.compile(r"initialize|ping|notifications/\w+|tools/call|[a-z/]+/list")
OTHERS = {FUNCTIONS, *MCP, f"{API}/cancel", f"{API}/reset"}
# The first three would fetch, or ask the internet about, whatever address anyone names, and the
# page has no files. The last is MCP's old transport, which holds a session while it is open.
CLOSED = tuple(f"{API}/{route}" for route in ("proxy=", "file=", "file/", "mcp/sse"))

# Nothing here forbids being framed: a Space's page is shown in a frame of huggingface.co.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "base-uri 'self'; object-src 'none'",
}
log = logging.getLogger(__name__)


class Refused(Exception):
    """A request that Gradio does not get to see."""

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status = status


class Gate:
    """ASGI middleware around Gradio's app; `arguments` counts those of each endpoint."""

    def __init__(self, app: ASGIApp, arguments: Mapping[str | int, int]):
        self.app = app
        self.arguments = arguments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            if scope["method"] in ("POST", "PUT", "PATCH", "DELETE"):
                receive = await self._checked(Request(scope, receive))
            elif scope["path"].startswith(CLOSED):
                raise Refused(404, "There is nothing here.")
            await self.app(scope, receive, sending)
        except Refused as refusal:
            answer = JSONResponse({"error": str(refusal)}, status_code=refusal.status)
            await answer(scope, receive, sending)
        except ClientDisconnect:
            pass
        except Exception as error:
            # One line: whoever posts nonsense must not be able to fill the log with tracebacks.
            log.error("%s %s: %s", scope["method"], scope["path"], repr(error)[:300])
            if not started:
                sentence = "The request cannot be answered: it is not as the page or the API sends."
                await JSONResponse({"error": sentence}, 500)(scope, receive, sending)

    async def _checked(self, request: Request) -> Receive:
        """The request's body, read and found in order, for Gradio to receive. Raises Refused."""
        path = request.url.path
        endpoint = ENDPOINTS.fullmatch(path)
        if not endpoint and path.rstrip("/") not in OTHERS:
            raise Refused(404, "There is nothing here.")
        body = await bounded(request)
        try:
            posted = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400, "The request is not valid JSON.") from None
        try:
            check_wrapper(posted)
            if endpoint:
                self._check_arguments(posted, endpoint[1])
            elif path.rstrip("/") in MCP:
                check_tool_call(posted)
        except BadRequest as error:
            raise Refused(400, str(error)) from None
        return replay(body, request.receive)

    def _check_arguments(self, posted: dict, name: str) -> None:
        """Whether what was posted to the endpoint `name` is as many plain values as it takes."""
        # An object could pass for a file of Gradio's, which it would go and fetch.
        if holds_object(list(posted.values())):
            raise BadRequest("Arguments are texts, numbers and lists of numbers: no objects.")
        key = name if posted.get("fn_index") is None else posted["fn_index"]
        count = self.arguments.get(key) if isinstance(key, str | int) else None
        if count is None:
            raise BadRequest("There is no such endpoint.")
        if "data" in posted:
            data = posted["data"]
            if not isinstance(data, list) or len(data) != count:
                raise BadRequest(f"{name} takes a list of {count} values as data.")


def arguments_of(page: gr.Blocks) -> dict[str | int, int]:
    """How many arguments each endpoint of the page takes, by its name and by Gradio's number."""
    counts: dict[str | int, int] = {}
    for number, function in page.fns.items():
        counts[number] = len(function.inputs)
        if isinstance(function.api_name, str):
            counts[function.api_name] = len(function.inputs)
    return counts


async def bounded(request: Request) -> bytes:
    """The body, refused where it is larger than REQUEST_BYTES: unread, if its length is said."""
    too_large = Refused(413, f"The request is too large: at most {REQUEST_BYTES:,} bytes.")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > REQUEST_BYTES:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > REQUEST_BYTES:
            raise too_large
    return bytes(body)


def check_wrapper(posted: object) -> None:
    """Whether the fields that Gradio wraps a call in are what it takes them for."""
    if not isinstance(posted, dict):
        raise BadRequest("The request must be a JSON object.")
    kinds = {
        "session_hash": str,
        "event_id": str,
        "fn_name": str,
        "component_id": int,
        "fn_index": int,
        "trigger_id": int,
        "batched": bool,
        "simple_format": bool,
    }
    for key, kind in kinds.items():
        value = posted.get(key)
        if value is not None and type(value) is not kind:
            raise BadRequest(f"{key} is not of the kind that it should be.")
        # Gradio keeps these texts for as long as it knows the session.
        if isinstance(value, str) and len(value) > SESSION_CHARACTERS:
            raise BadRequest(f"{key} is too long: at most {SESSION_CHARACTERS} characters.")


def check_tool_call(posted: dict) -> None:
    """Whether an assistant's message asks what it may, with plain values."""
    method, params = posted.get("method"), posted.get("params") or {}
    if not isinstance(method, str) or not MCP_METHODS.fullmatch(method):
        raise BadRequest("There is no such method: the page offers tools.")
    arguments = params.get("arguments") if isinstance(params, dict) else []
    if method == "tools/call" and (
        not isinstance(arguments, dict) or holds_object(list(arguments.values()))
    ):
        raise BadRequest("Arguments are texts, numbers and lists of numbers, by name: no objects.")


def holds_object(values: list) -> bool:
    """Whether there is a JSON object anywhere within the lists of `values`."""
    waiting = [values]
    while waiting:
        for value in waiting.pop():
            if isinstance(value, dict):
                return True
            if isinstance(value, list):
                waiting.append(value)
    return False


def replay(body: bytes, receive: Receive) -> Receive:
    """`receive` as if nobody had read the body yet."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replaying() -> Message:
        return messages.pop() if messages else await receive()

    return replaying
