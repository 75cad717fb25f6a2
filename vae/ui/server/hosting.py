"""How the page is served: Gradio's settings."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from vae.ui.server import mcp
from vae.ui.server.bounds import REQUEST_BYTES
from vae.ui.server.calls import endpoints_of
from vae.ui.server.environment import Unavailable
from vae.ui.server.gate import Gate

FAVICON = Path(__file__).parents[1] / "client" / "favicon.svg"
SESSIONS = 256  # visits whose config Gradio keeps; it makes a forgotten one anew


def launch(
    demo: gr.Blocks,
    routes: Sequence[BaseRoute],
    middleware: Sequence[Middleware],
    **options: Any,
) -> gr.Blocks:
    """Serve a page, its `routes` and `middleware`; `options` are Gradio's launch()'s own.

    Raises Unavailable where the address cannot be had.
    """
    # One drawing is read no faster with two threads, and a sheet is decoded in halves, side by
    # side (vae.ui.server.executor).
    torch.set_num_threads(1)
    mcp.log_in_one_line()
    try:
        demo.launch(
            favicon_path=str(FAVICON),
            footer_links=["api"],
            show_error=False,
            ssr_mode=False,
            run_history=False,
            max_file_size=REQUEST_BYTES,
            state_session_capacity=SESSIONS,
            # The endpoints as tools for assistants, where `gradio[mcp]` is installed.
            mcp_server=importlib.util.find_spec("mcp") is not None,
            app_kwargs={
                "middleware": [Middleware(Gate, endpoints=endpoints_of(demo)), *middleware],
                "routes": [*routes],
            },
            **options,
        )
    except OSError as error:
        # The address was free a moment ago (vae.ui.server.environment).
        raise Unavailable(f"The server did not start: {error}") from error
    return demo
