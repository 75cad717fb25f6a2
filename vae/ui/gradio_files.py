"""Serves Gradio's own scripts and sheets from memory, compressed once, and has browsers keep them.

Gradio would read and compress each of them anew for every visitor. Their names hold a hash of their
content.
"""

import gzip
import mimetypes
from pathlib import Path

import gradio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from vae.ui.files import FOR_EVER, PACKED, missing, takes_gzip

FOLDER = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
TEXTS = (".js", ".css")
LEVEL = 6  # of gzip: the first visitor waits for it


def route() -> Route:
    """Serves FOLDER at Gradio's own addresses: it comes before Gradio's routes."""
    names = frozenset(path.name for path in FOLDER.iterdir())
    packed: dict[str, bytes] = {}

    async def answer(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in names:
            return missing()
        path = FOLDER / name
        if path.suffix not in TEXTS or not takes_gzip(request):
            return FileResponse(path, headers=FOR_EVER)
        if name not in packed:
            packed[name] = await run_in_threadpool(gzip.compress, path.read_bytes(), LEVEL)
        kind = mimetypes.guess_type(name)[0]
        return Response(packed[name], media_type=kind, headers=FOR_EVER | PACKED)

    return Route("/assets/{name}", answer)
