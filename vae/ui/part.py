"""A piece of the page: NAME.html is its markup, the module NAME.js brings it to life."""

import functools
import inspect
import logging
from collections.abc import Callable, Coroutine, Sequence

import gradio as gr
from starlette.responses import JSONResponse, Response

from vae.framing import NothingDrawn
from vae.ui.server.bounds import BadRequest

log = logging.getLogger(__name__)

# head.js has put the address of mount.js on the page, and listens for "unserved".
ON_LOAD = """\
import(document.querySelector('link[href$="/client/mount.js"]').href).then(
  (module) => module.mount("{name}", "{module}", element, server),
  () => element.dispatchEvent(new Event("unserved", {{ bubbles: true }})),
);"""


def part(
    name: str,
    *functions: Callable[[dict], dict],
    slow: Sequence[Callable[[dict], dict]] = (),
    panel: bool = True,
) -> gr.HTML:
    """The HTML component `name`, a tab's panel or always in view.

    Its script calls each of `functions` and `slow` as `server.<name>(request)`. A function takes
    the one dict that the script sends and returns a dict. Anybody can post to it: it must check
    everything that it takes from the request.

    `functions` decode a digit or a few. They run on the event loop, one after the other, and must
    not block: in threads, small tensor operations contend for the GIL. What takes longer is `slow`:
    it runs in threads, while the loop goes on.
    """
    folder = f"tabs/{name}" if panel else name
    return gr.HTML(
        "",
        js_on_load=ON_LOAD.format(name=name, module=f"{folder}/{name}.js"),
        apply_default_css=False,
        elem_id=name,
        elem_classes="tab-panel" if panel else None,
        server_functions=[
            *(at_once(as_json(answering(function))) for function in functions),
            *(as_json(answering(function)) for function in slow),
        ],
    )


def at_once(function: Callable[[object], Response]) -> Callable[[object], Coroutine]:
    """`function` as a coroutine function, which Gradio calls on its event loop."""

    @functools.wraps(function)
    async def answer(request: object) -> Response:
        return function(request)

    return answer


def as_json(function: Callable[[object], dict]) -> Callable[[object], Response]:
    """`function` with its answer encoded: FastAPI would walk through every value first, on the
    event loop.
    """

    @functools.wraps(function)
    def answer(request: object) -> Response:
        return JSONResponse(function(request))

    # Gradio would inspect it at every request.
    answer.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return answer


def answering(function: Callable[[dict], dict]) -> Callable[[object], dict]:
    """`function` for the browser: never raises, but returns {"error": sentence}.

    The page cannot tell a server function that raised from a lost connection. An empty drawing is
    no error: {"nothing": a friendly sentence}.
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
