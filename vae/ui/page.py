"""Everything put together: the masthead, the tabs, the endpoints, the look."""

import hashlib
import json
from pathlib import Path

import gradio as gr

from vae import inference
from vae.ui import api, bounds
from vae.ui.draw import Draw
from vae.ui.explore import Explore
from vae.ui.how import How
from vae.ui.interpolate import Interpolate
from vae.ui.masthead import Masthead
from vae.ui.sample import Sample
from vae.ui.service import Service
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
    *("store", "tabs", "pixels", "live", "pad", "photo", "posterior", "player"),
    *("encoding", "link", "masthead"),
    *("draw", "sample", "end", "interpolate"),
    *("atlas", "traversals", "panel", "map", "dimensions", "explore"),
    *("cursor", "steps", "how", "start"),
)
STYLES = (
    "style",
    "masthead",
    "tabs",
    "link",
    "pad",
    "draw",
    "sample",
    "interpolate",
    "atlas",
    "explore",
    "how",
)


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
            f"<style>\n{source('frame.css')}</style>\n<script>{queue}</script>\n"
            f'<script src="{SCRIPT}?v={version(script)}"></script>'
        ),
    }


def scripts(service: Service) -> str:
    """The page's scripts over `service`, as one: a visitor's browser keeps it until it changes.

    The markup of the parts and their stylesheet are in it too: Gradio would make all the parts
    before the page is there, and would rewrite every rule of a stylesheet that it is given, whose
    media queries then lose what they say of its frame.
    """
    names = ["masthead", *(tab.__name__.lower() for tab in TABS.values())]
    constants = {
        "settings": settings(service),
        "markup": {name: source(f"{name}.html") for name in names},
        "styles": styles(),
    }
    code = "\n".join(source(f"{name}.js") for name in SCRIPTS)
    return f"Object.assign(vae, {json.dumps(constants)});\n{code}"


def styles() -> str:
    """The stylesheet of the parts, nested in Gradio's frame: so it outweighs Gradio's own rules."""
    parts = "\n".join(source(f"{name}.css") for name in STYLES)
    return f".gradio-container.gradio-container .contain {{\n{parts}\n}}\n"


def version(script: str) -> str:
    """What its address says of a script: another text, another address."""
    return hashlib.sha256(script.encode()).hexdigest()[:12]


def source(name: str) -> str:
    """A file of the page."""
    return (FOLDER / name).read_text(encoding="utf-8")


def settings(service: Service) -> dict:
    """What the page's scripts need to know of the server: `vae.settings` in the browser."""
    digits = json.loads(source("digits.json"))
    return {
        "models": [model_settings(service, name) for name in service.names],
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


def model_settings(service: Service, name: str) -> dict:
    """What the page's scripts need to know of one model."""
    order, active = service.use_of_dimensions(name)
    return {
        "name": name,
        "latentDim": service.latent_dim(name),
        "order": order,
        "active": active,
    }
