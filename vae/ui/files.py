"""Serves the page's modules under a folder named by the hash of their content.

Browsers cache them for ever: changed content gets another folder. Does not interpret them.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = Path(__file__).parent
CONSTANTS = "client/page.js"  # the module that Python writes
HEAD = "client/head.js"  # stands in the page's head: no module
FRAME = "client/frame.css"  # stands there too: what is around the parts
IMPORT = re.compile(r'^(?:import|export)\b[^;]*?"(\.[^"]+)";', re.MULTILINE)
IMPORT_LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')
FOR_EVER = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # In <gradio-app> the document is another site's.
    "Access-Control-Allow-Origin": "*",
    "Vary": "Accept-Encoding",
}
PACKED = {"Content-Encoding": "gzip"}


class Files:
    """The modules of the page, with `constants` to be imported from CONSTANTS by name.

    `first` are the modules that the first view begins with, with all that they import, in the order
    in which they are found; CONSTANTS names as `later` what those import later.
    """

    def __init__(self, constants: Mapping[str, object], first_view: Iterable[str]):
        self.texts = {
            path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(FOLDER.rglob("*.js"))
        }
        self.head = self.texts.pop(HEAD)
        self.texts[CONSTANTS] = ""
        self.first = self._needed(first_view)
        later = self._needed(self._imports(self.first, IMPORT_LATER), known=self.first)
        self.texts[CONSTANTS] = "".join(
            f"export const {name} = {json.dumps(value)};\n"
            for name, value in {**constants, "later": later}.items()
        )
        content = hashlib.sha256(json.dumps(self.texts, sort_keys=True).encode())
        self.folder = f"page-{content.hexdigest()[:12]}"
        # Compressed once; Gradio would compress them for every visitor.
        self.packed = {path: gzip.compress(text.encode()) for path, text in self.texts.items()}

    @property
    def addresses(self) -> list[str]:
        """Where the first view's modules are, from the page's own address."""
        return [f"{self.folder}/{module}" for module in self.first]

    @property
    def route(self) -> Route:
        """Serves the modules; answers 404 for the folder of another version."""
        return Route("/page-{version}/{path:path}", self._answer)

    def _needed(self, modules: Iterable[str], known: Iterable[str] = ()) -> list[str]:
        """Modules and everything that they import, except the `known` ones."""
        found: list[str] = []
        waiting = list(modules)
        while waiting:
            module = waiting.pop(0)
            if module not in known and module not in found:
                found.append(module)
                waiting = self._imports([module], IMPORT) + waiting
        return found

    def _imports(self, modules: Iterable[str], kind: re.Pattern) -> list[str]:
        """What modules import, at once or later, as `kind` tells."""
        return [
            normal(PurePosixPath(module).parent / found)
            for module in modules
            for found in kind.findall(self.texts[module])
        ]

    async def _answer(self, request: Request) -> Response:
        version, path = request.path_params["version"], request.path_params["path"]
        if f"page-{version}" != self.folder or path not in self.texts:
            return missing()
        if not takes_gzip(request):
            return Response(self.texts[path], media_type="text/javascript", headers=FOR_EVER)
        return Response(self.packed[path], media_type="text/javascript", headers=FOR_EVER | PACKED)


class Announced:
    """ASGI middleware: the page's HTML has browsers preload `modules` while Gradio starts."""

    def __init__(self, app: ASGIApp, modules: Iterable[str]):
        self.app = app
        # Low priority: Gradio's own files come first.
        self.link = ", ".join(f"<{path}>; rel=modulepreload; fetchpriority=low" for path in modules)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if kind.startswith("text/html"):
                    MutableHeaders(scope=message).append("Link", self.link)
            await send(message)

        # The modules' addresses are relative: they hold only for a page whose own ends in a slash.
        page = scope["type"] == "http" and scope["path"].endswith("/")
        await self.app(scope, receive, sending if page else send)


def missing() -> Response:
    """The answer for a file of another version."""
    sentence = "There is no such file here: reload the page."
    return PlainTextResponse(sentence, 404, headers={"Cache-Control": "no-store"})


def takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def normal(path: PurePosixPath) -> str:
    """A path without its "." and ".."."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def text_of(name: str) -> str:
    """A file of the page."""
    return (FOLDER / name).read_text(encoding="utf-8")


def sheet(folders: Iterable[str]) -> str:
    """The sheets of some folders, nested in Gradio's frame: so they outweigh Gradio's rules."""
    paths = [path for folder in folders for path in sorted((FOLDER / folder).glob("*.css"))]
    rules = "\n".join(path.read_text(encoding="utf-8") for path in paths if path != FOLDER / FRAME)
    return f".gradio-container.gradio-container .contain {{\n{rules}\n}}\n"
