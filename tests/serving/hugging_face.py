"""Stand-ins, on the loopback, for what a Space meets at Hugging Face: its Hub, and ZeroGPU."""

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class StandIn:
    """Answers in JSON, and notes what it was asked; `address` is set while it is served."""

    address = ""

    def __init__(self):
        self.asked: list[tuple[str, str, dict]] = []  # method, path, query

    def answer(self, path: str, query: dict, body: bytes) -> tuple[HTTPStatus, object, dict]:
        """Status, what to send as JSON, and headers."""
        raise NotImplementedError


@contextlib.contextmanager
def served(stand_in: StandIn) -> Iterator[StandIn]:
    """Serve a stand-in on a port of its own until the end of the `with`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(place.query).items()}
            stand_in.asked.append((self.command, place.path, query))
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, value, headers = stand_in.answer(place.path, query, body)
            content = json.dumps(value).encode()
            self.send_response(status)
            headers = {"Content-Type": "application/json", **headers}
            for name, text in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()


class Hub(StandIn):
    """Keeps the one Space that is created on it, and the files that are committed to that.

    Every file is asked for in the commit itself. The real Hub takes large and binary ones through
    its storage, by a protocol of its own.
    """

    def __init__(self):
        super().__init__()
        self.created: dict = {}  # the request that made the Space
        self.cards: list[str] = []  # every README.md that was checked
        self.files: dict[str, bytes] = {}

    @property
    def name(self) -> str:
        return f"{self.created['organization']}/{self.created['name']}"

    def answer(self, path: str, query: dict, body: bytes) -> tuple[HTTPStatus, object, dict]:
        if path == "/api/repos/create":
            known = bool(self.created)
            self.created = self.created or json.loads(body)
            status = HTTPStatus.CONFLICT if known else HTTPStatus.OK
            return status, {"url": f"{self.address}/spaces/{self.name}", "error": "exists"}, {}
        if path == "/api/validate-yaml":
            self.cards.append(json.loads(body)["content"])
            return HTTPStatus.OK, {"errors": [], "warnings": []}, {}
        if path == f"/api/spaces/{self.name}/preupload/main":
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            return HTTPStatus.OK, {"files": files}, {}
        if path == f"/api/spaces/{self.name}/commit/main":
            for operation in map(json.loads, body.splitlines()):
                if operation["key"] == "file":
                    file = operation["value"]
                    self.files[file["path"]] = base64.b64decode(file["content"])
            where = f"{self.address}/spaces/{self.name}/commit/{0:040}"
            return HTTPStatus.OK, {"commitUrl": where, "commitOid": f"{0:040}"}, {}
        return HTTPStatus.NOT_FOUND, {"error": f"{path} is unknown here"}, {}


class ZeroGPU(StandIn):
    """Takes an app's report when it starts; whoever asks for a GPU has no quota left."""

    def answer(self, path: str, query: dict, body: bytes) -> tuple[HTTPStatus, object, dict]:
        if path == "/startup-report":
            return HTTPStatus.OK, {}, {}
        if path == "/schedule":
            refusal = {"X-Approve-Result": "quota-exceeded"}
            return HTTPStatus.TOO_MANY_REQUESTS, {"left": 0, "wait": 3600}, refusal
        return HTTPStatus.NOT_FOUND, {"error": f"{path} is unknown here"}, {}
