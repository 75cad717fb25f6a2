"""The page's files as browsers get them: every module under a folder named by all their content.

Knows nothing of what they say. A browser keeps them for ever: other content, another folder.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

FOLDER = Path(__file__).parent
CONSTANTS = "client/page.js"  # the module that Python writes
HEAD = "client/head.js"  # stands in the page's head: no module
FRAME = "client/frame.css"  # stands there too: what is around the parts
IMPORT = re.compile(r'^(?:import|export)\b[^;]*?"(\.[^"]+)";', re.MULTILINE)
FOR_EVER = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # In <gradio-app> the document is another site's.
    "Access-Control-Allow-Origin": "*",
}


class Files:
    """The modules of the page, with `constants` to be imported from CONSTANTS by name."""

    def __init__(self, constants: Mapping[str, object]):
        exports = [
            f"export const {name} = {json.dumps(value)};" for name, value in constants.items()
        ]
        self.texts = {CONSTANTS: "\n".join(exports)} | {
            path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(FOLDER.rglob("*.js"))
        }
        self.head = self.texts.pop(HEAD)
        content = hashlib.sha256(json.dumps(self.texts, sort_keys=True).encode())
        self.folder = f"page-{content.hexdigest()[:12]}"

    @property
    def route(self) -> Route:
        """What serves the modules. A folder of another version is not there, whatever it holds."""
        return Route("/page-{version}/{path:path}", self._answer)

    def needed_by(self, *modules: str) -> list[str]:
        """The addresses of modules and of all that they import, from the page's own address."""
        found: dict[str, None] = {}
        waiting = list(modules)
        while waiting:
            module = waiting.pop()
            if module not in found:
                found[module] = None
                waiting += imports(module, self.texts[module])
        return [f"{self.folder}/{module}" for module in found]

    async def _answer(self, request: Request) -> Response:
        version, path = request.path_params["version"], request.path_params["path"]
        if f"page-{version}" != self.folder or path not in self.texts:
            missing = "There is no such file here: reload the page."
            return PlainTextResponse(missing, 404, headers={"Cache-Control": "no-store"})
        return Response(self.texts[path], media_type="text/javascript", headers=FOR_EVER)


def imports(module: str, text: str) -> list[str]:
    """The modules that the text of one imports."""
    folder = PurePosixPath(module).parent
    return [normal(folder / found) for found in IMPORT.findall(text)]


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
