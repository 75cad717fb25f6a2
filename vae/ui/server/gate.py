"""The gate: what a request must be before Gradio sees it. Everything else is answered here.

Gradio serves more routes than the page needs, bounds only uploaded files, fetches the address in
any object that looks like one of its files, and answers the unexpected with a traceback in the log.
"""

import json
import logging
import re
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vae.ui.server import calls, mcp
from vae.ui.server.bounds import REQUEST_BYTES, BadRequest

API = "/gradio_api"
# What the page's scripts post to; what programs post to; what gradio_client posts to.
FUNCTIONS = f"{API}/component_server"
ENDPOINTS = re.compile(rf"{API}/(run|api|call|call/v2|queue)/([^/]+)")
UPLOAD = f"{API}/upload"
# What assistants post to, over MCP's streamable HTTP.
MCP = {f"{API}/mcp", f"{API}/mcp/http"}
OTHERS = {FUNCTIONS, UPLOAD, *MCP, f"{API}/cancel", f"{API}/reset"}
NOT_KEPT = "a file that was not kept"  # the answer to an upload, in place of a path
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


class Answered(Exception):
    """A request that Gradio does not see; its answer is JSON."""

    def __init__(self, status: int, content: object):
        super().__init__(content)
        self.response = JSONResponse(content, status)


class Gate:
    """ASGI middleware around Gradio's app, over the page's `endpoints`."""

    def __init__(self, app: ASGIApp, endpoints: calls.Endpoints):
        self.app = app
        self.endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # The root path may be a whole address, or end in a slash: the router takes neither off.
        scope["root_path"] = urlsplit(scope.get("root_path", "")).path.rstrip("/")
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            await self.app(scope, await self._checked(Request(scope, receive)), sending)
        except Answered as answer:
            await answer.response(scope, receive, sending)
        except ClientDisconnect:
            pass
        except Exception as error:
            # One line: whoever posts nonsense must not be able to fill the log with tracebacks.
            log.error("%s %s: %s", scope["method"], scope["path"], repr(error)[:300])
            if not started:
                sentence = "The request cannot be answered: it is not as the page or the API sends."
                await JSONResponse({"error": sentence}, 500)(scope, receive, sending)

    async def _checked(self, request: Request) -> Receive:
        """What Gradio is to receive of a request. Raises Answered where it must not see it."""
        path = path_within(request.scope)
        if request.method not in ("POST", "PUT", "PATCH", "DELETE"):
            if path.startswith(CLOSED):
                raise Answered(404, {"error": "There is nothing here."})
            return request.receive
        path = path.rstrip("/")
        if path not in OTHERS and not ENDPOINTS.fullmatch(path):
            raise Answered(404, {"error": "There is nothing here."})
        body = await bounded(request)
        try:
            if path == UPLOAD:
                # gradio_client uploads first, then calls: the endpoint says what it takes.
                raise Answered(200, [NOT_KEPT])
            body = checked_message(body) if path in MCP else self._checked_call(path, body)
        except BadRequest as error:
            raise Answered(400, {"error": str(error)}) from None
        return replay(body, request.receive)

    def _checked_call(self, path: str, body: bytes) -> bytes:
        """A call of a function or an endpoint, for Gradio. Raises BadRequest."""
        posted = calls.check_fields(calls.parse(body))
        endpoint = ENDPOINTS.fullmatch(path)
        if not endpoint:
            return body
        route, name = endpoint.groups()
        if route == "call/v2":
            calls.check_names(posted, name, self.endpoints)
        else:
            whole = calls.complete(posted, name, self.endpoints)
            # gradio_client shows no refusal by the queue, but does show an endpoint's own.
            if route == "queue":
                whole["data"] = calls.without_objects(whole["data"])
            if whole != posted:
                posted, body = whole, json.dumps(whole).encode()
        calls.refuse_objects(posted)
        return body


def path_within(scope: Scope) -> str:
    """The path as the router sees it: without the root path, whether or not a proxy took it off."""
    root, path = scope["root_path"], scope["path"]
    return path.removeprefix(root) if path == root or path.startswith(f"{root}/") else path


def checked_message(body: bytes) -> bytes:
    """A message of MCP, as it came. Raises Answered for one that Gradio must not see."""
    try:
        posted = json.loads(body)
    except json.JSONDecodeError:
        posted = None  # the protocol's library says what is wrong
    except (ValueError, RecursionError):  # at which the library would trip
        raise BadRequest("The message is not valid JSON.") from None
    for message in posted if isinstance(posted, list) else [posted]:
        if refusal := mcp.refusal(message):
            raise Answered(200, refusal)
    return body


async def bounded(request: Request) -> bytes:
    """The body, refused where it is larger than REQUEST_BYTES: unread, if its length is said."""
    too_large = Answered(
        413, {"error": f"The request is too large: at most {REQUEST_BYTES:,} bytes."}
    )
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > REQUEST_BYTES:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > REQUEST_BYTES:
            raise too_large
    return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """`receive` as if nobody had read the body yet."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replaying() -> Message:
        return messages.pop() if messages else await receive()

    return replaying
