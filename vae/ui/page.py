"""Everything put together: the masthead, the tabs, the endpoints, the look."""

import json

import gradio as gr

from vae import inference
from vae.ui import api, bounds
from vae.ui.draw import Draw
from vae.ui.explore import Explore
from vae.ui.how import How
from vae.ui.interpolate import Interpolate
from vae.ui.masthead import Masthead
from vae.ui.part import FOLDER
from vae.ui.sample import Sample
from vae.ui.service import Service
from vae.ui.theme import theme

TITLE = "VAE Playground"
TABS = (
    ("Draw", Draw),
    ("Sample", Sample),
    ("Interpolate", Interpolate),
    ("Explore", Explore),
    ("How it works", How),
)

# In the order in which they depend on each other.
SCRIPTS = (
    *("store", "pixels", "live", "pad", "photo", "posterior", "player"),
    *("encoding", "link", "masthead"),
    *("draw", "sample", "end", "interpolate"),
    *("atlas", "traversals", "panel", "map", "dimensions", "explore"),
    *("cursor", "steps", "how"),
)
STYLES = (
    "style",
    "masthead",
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
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
            for label, tab in TABS:
                name = tab.__name__.lower()
                with gr.Tab(label, id=name, elem_id=f"tab-{name}"):
                    tab(service)
        api.publish(service)
    return page


def looks(service: Service) -> dict:
    """What `launch` of a page over `service` needs: its theme, stylesheet and scripts."""
    return {"theme": theme(), "head": f"<style>\n{styles()}</style>\n{scripts(service)}"}


def styles() -> str:
    """The page's stylesheet, for the head: what goes through Gradio's `css` is rewritten rule by
    rule in the browser, and its media queries lose what they say of Gradio's frame.

    Every part's rules are nested in that frame: so they outweigh Gradio's own.
    """
    parts = "\n".join(source(f"{name}.css") for name in STYLES)
    return f"{source('frame.css')}\n.gradio-container.gradio-container .contain {{\n{parts}\n}}\n"


def scripts(service: Service) -> str:
    """The page's scripts, inline: one request, and there before any part is mounted."""
    code = "\n".join(source(f"{name}.js") for name in SCRIPTS)
    # Model names are folder names: "<" must not end the script.
    constants = json.dumps(settings(service)).replace("<", "\\u003c")
    return f"<script>\nwindow.vae = {{ settings: {constants} }};\n{code}</script>"


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
        "tabs": [tab.__name__.lower() for _, tab in TABS],
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
