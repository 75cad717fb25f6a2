"""A piece of the page: NAME.html is its markup, vae.NAME in NAME.js brings it to life."""

import logging
from collections.abc import Callable

import gradio as gr

from vae.framing import NothingDrawn
from vae.ui.bounds import BadRequest

log = logging.getLogger(__name__)


def part(name: str, *functions: Callable[[dict], dict], panel: bool = True) -> gr.HTML:
    """The HTML component `name`, a tab's panel or always in view.

    Its script calls each of `functions` as `server.<name>(request)`. A function takes the one dict
    that the script sends and returns a dict. Anybody can post to it: it must check everything that
    it takes from the request.
    """
    return gr.HTML(
        "",
        js_on_load=f"vae.mount('{name}', element, server)",
        apply_default_css=False,
        elem_id=name,
        elem_classes="tab-panel" if panel else None,
        server_functions=[answering(function) for function in functions],
    )


def answering(function: Callable[[dict], dict]) -> Callable[[object], dict]:
    """`function` for the browser: never raises, but returns {"error": sentence}.

    In the page, a server function that raised could not be told from a lost connection. Nothing
    drawn is no error: {"nothing": a friendly sentence}.
    """

    def answer(request: object) -> dict:
        try:
            if not isinstance(request, dict):
                raise BadRequest("The request must be a JSON object.")
            return function(request)
        except NothingDrawn as nothing:
            return {"nothing": str(nothing)}
        except BadRequest as error:
            return {"error": str(error)}
        except Exception:
            log.exception("%s failed", function.__name__)
            return {"error": "Something went wrong on the server; please try again."}

    answer.__name__ = function.__name__  # by which Gradio publishes it
    return answer
