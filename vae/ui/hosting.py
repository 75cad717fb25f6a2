"""Where and how the page is served: request limits, Gradio's settings, ZeroGPU."""

from pathlib import Path

import gradio as gr
import torch
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vae.ui import page, zerogpu
from vae.ui.bounds import REQUEST_BYTES, UPLOAD_BYTES
from vae.ui.service import Service

ZERO_GPU = zerogpu.ACTIVE
FAVICON = Path(__file__).parent / "favicon.svg"


class BodyLimit:
    """Refuses requests whose body is larger than REQUEST_BYTES, before it is read or parsed.

    Gradio bounds uploaded files only; a JSON body of any size would be held in memory.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > REQUEST_BYTES:
            sentence = f"The request is too large: at most {REQUEST_BYTES:,} bytes."
            await JSONResponse({"error": sentence}, status_code=413)(scope, receive, send)
            return
        await self.app(scope, counting(receive), send)


def counting(receive: Receive) -> Receive:
    """`receive` for a body whose length nobody announced: ends it where the limit is passed."""
    total = 0

    async def bounded() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        return message if total <= REQUEST_BYTES else {"type": "http.disconnect"}

    return bounded


class Unavailable(RuntimeError):
    """The page cannot be served as asked; the message is one sentence that says what to do."""


def launch(service: Service, **options: object) -> gr.Blocks:
    """Serve the page over `service`; `options` are more arguments of Gradio's launch().

    The address and port are Gradio's to choose, through its environment variables, where `options`
    do not name them. Raises Unavailable where the port is in use.
    """
    # Requests come in parallel; one thread each is more digits a second than all threads for one.
    torch.set_num_threads(1)
    demo = page.build(service)
    try:
        demo.launch(
            **page.looks(service),
            favicon_path=str(FAVICON),
            footer_links=["api"],
            show_error=False,
            ssr_mode=False,
            run_history=False,
            max_file_size=UPLOAD_BYTES,
            app_kwargs={"middleware": [Middleware(BodyLimit)]},
            **options,
        )
    except OSError as error:  # Gradio's own sentence names the ports it tried
        raise Unavailable(f"{error} Try --port with another one.".replace("\n", " ")) from error
    return demo
