"""Where and how the page is served: Gradio's settings, ZeroGPU."""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from vae import allocator
from vae.ui.server import zerogpu
from vae.ui.server.bounds import UPLOAD_BYTES
from vae.ui.server.gate import Gate, arguments_of

ZERO_GPU = zerogpu.ACTIVE
FAVICON = Path(__file__).parents[1] / "client" / "favicon.svg"
# Visits whose bare config Gradio keeps, 30 kB each: making one anew costs a visitor milliseconds.
SESSIONS = 256
ARENAS = 2  # of the allocator, for all threads that answer


class Unavailable(RuntimeError):
    """The page cannot be served as asked; the message is one sentence that says what to do."""


def launch(demo: gr.Blocks, routes: Sequence[BaseRoute], **options: Any) -> gr.Blocks:
    """Serve a page and its `routes`; `options` are more arguments of Gradio's launch().

    The address and port are Gradio's to choose, through its environment variables, where `options`
    do not name them. Raises Unavailable where the port is in use.
    """
    # A drawing is read no faster with two threads beside the page's other work, and a sheet is
    # decoded in halves, side by side (vae.ui.server.service).
    torch.set_num_threads(1)
    allocator.share_arenas(ARENAS)
    try:
        demo.launch(
            favicon_path=str(FAVICON),
            footer_links=["api"],
            show_error=False,
            ssr_mode=False,
            run_history=False,
            max_file_size=UPLOAD_BYTES,
            state_session_capacity=SESSIONS,
            # The endpoints as tools for assistants, where `gradio[mcp]` is installed.
            mcp_server=importlib.util.find_spec("mcp") is not None,
            app_kwargs={
                "middleware": [Middleware(Gate, arguments=arguments_of(demo))],
                "routes": [*routes],
            },
            **options,
        )
    except OSError as error:
        port = options.get("server_port") or os.environ.get("GRADIO_SERVER_PORT") or "7860 to 7959"
        raise Unavailable(f"Port {port} is in use: choose another one with --port.") from error
    return demo
