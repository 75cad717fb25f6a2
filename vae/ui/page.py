"""Everything put together: the masthead, the tabs, the endpoints, the look."""

import functools
import hashlib
import json
from pathlib import Path

import gradio as gr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vae import inference
from vae.ui.masthead import Masthead
from vae.ui.server import api, bounds, hosting
from vae.ui.server.models import LoadedModel
from vae.ui.server.service import Service
from vae.ui.tabs.draw import Draw
from vae.ui.tabs.explore import Explore
from vae.ui.tabs.how import How
from vae.ui.tabs.interpolate import Interpolate
from vae.ui.tabs.sample import Sample
from vae.ui.theme import theme

FOLDER = Path(__file__).parent
TITLE = "VAE Playground"
SCRIPT = "vae.js"  # the address of the page's scripts, from the page's own
TABS = {
    "Draw": Draw,
    "Sample": Sample,
    "Interpolate": Interpolate,
    "Explore": Explore,
    "How it works": How,
}

# In the order in which they depend on each other.
SCRIPTS = (
    *("client/store", "client/tabs", "client/pixels", "client/live", "client/pad"),
    *("tabs/draw/photo", "tabs/draw/posterior", "client/player"),
    *("masthead/encoding", "masthead/link", "masthead/masthead"),
    *("tabs/draw/draw", "tabs/sample/sample", "tabs/interpolate/end"),
    *("tabs/interpolate/interpolate", "tabs/explore/atlas", "tabs/explore/traversals"),
    *("tabs/explore/panel", "tabs/explore/map", "tabs/explore/dimensions"),
    *("tabs/explore/explore", "tabs/how/cursor", "tabs/how/steps", "tabs/how/how"),
    "client/start",
)
STYLES = (
    *("client/style", "masthead/masthead", "client/tabs", "masthead/link", "client/pad"),
    *("tabs/draw/draw", "tabs/sample/sample", "tabs/interpolate/interpolate"),
    *("tabs/explore/atlas", "tabs/explore/explore", "tabs/how/how"),
)


def launch(service: Service, **options: object) -> gr.Blocks:
    """Serve the page over `service`; `options` as `hosting.launch` takes them."""
    script = scripts(service)
    route = Route(f"/{SCRIPT}", functools.partial(answer_script, script))
    return hosting.launch(build(service), [route], **looks(script), **options)


def build(service: Service) -> gr.Blocks:
    """The page over the models of `service`; `looks` belongs to its launch."""
    # Files of visitors, should there ever be any, are swept away within the hour.
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(600, 3600)) as page:
        Masthead(service)
        for tab in TABS.values():
            tab(service)
        api.publish(service)
    return page


def looks(script: str) -> dict:
    """What `launch` of a page needs: its theme and its head, `scripts` being served under SCRIPT.

    The script is a file of its own because whatever is in the head comes as a text inside another
    script, to be read three times over: 40 ms of every visit. Parts that are there before it wait.
    """
    queue = "window.vae = { waiting: [], mount: (...part) => vae.waiting.push(part) };"
    return {
        "theme": theme(),
        "head": (
            f"<style>\n{source('client/frame.css')}</style>\n<script>{queue}</script>\n"
            f'<script src="{SCRIPT}?v={version(script)}"></script>'
        ),
    }


def scripts(service: Service) -> str:
    """The page's scripts over `service`, as one: a visitor's browser keeps it until it changes.

    The markup of the parts and their stylesheet are in it too: Gradio would make all the parts
    before the page is there, and would rewrite every rule of a stylesheet that it is given, whose
    media queries then lose what they say of its frame.
    """
    tabs = [tab.__name__.lower() for tab in TABS.values()]
    constants = {
        "settings": settings(service),
        "markup": {
            "masthead": source("masthead/masthead.html"),
            **{name: source(f"tabs/{name}/{name}.html") for name in tabs},
        },
        "styles": styles(),
    }
    code = "\n".join(source(f"{name}.js") for name in SCRIPTS)
    return f"Object.assign(vae, {json.dumps(constants)});\n{code}"


def styles() -> str:
    """The stylesheet of the parts, nested in Gradio's frame: so it outweighs Gradio's own rules."""
    parts = "\n".join(source(f"{name}.css") for name in STYLES)
    return f".gradio-container.gradio-container .contain {{\n{parts}\n}}\n"


async def answer_script(script: str, request: Request) -> Response:
    """The page's scripts, to be kept for ever under the address that names this very version.

    While replicas are being replaced, one may be asked for another's.
    """
    same = request.query_params.get("v") == version(script)
    headers = {"Cache-Control": "public, max-age=31536000, immutable" if same else "no-store"}
    return Response(script, media_type="text/javascript", headers=headers)


def version(script: str) -> str:
    """What its address says of a script: another text, another address."""
    return hashlib.sha256(script.encode()).hexdigest()[:12]


def source(name: str) -> str:
    """A file of the page."""
    return (FOLDER / name).read_text(encoding="utf-8")


def settings(service: Service) -> dict:
    """What the page's scripts need to know of the server: `vae.settings` in the browser."""
    digits = json.loads(source("client/digits.json"))
    return {
        "models": [model_settings(model) for model in service.models],
        "posteriorDraws": bounds.POSTERIOR_DRAWS,
        "padSide": bounds.PAD_SIDE,
        "largestSeed": bounds.LARGEST_SEED,
        "largestCount": bounds.LARGEST_COUNT,
        "largestTemperature": bounds.LARGEST_TEMPERATURE,
        "largestCoordinate": bounds.LARGEST_COORDINATE,
        "codeScale": 10**bounds.CODE_DECIMALS,
        "sources": inference.SOURCES,
        "paths": inference.PATHS,
        "tabs": {tab.__name__.lower(): label for label, tab in TABS.items()},
        "examples": digits,
    }


def model_settings(model: LoadedModel) -> dict:
    """What the page's scripts need to know of one model."""
    order, active = model.use_of_dimensions
    return {
        "name": model.name,
        "latentDim": model.latent_dim,
        "order": order,
        "active": active,
    }
