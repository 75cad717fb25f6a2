"""Everything put together: the masthead, the tabs, the endpoints, the look."""

import hashlib
import importlib
import json
import threading

import gradio as gr
from starlette.middleware import Middleware

from vae import history, inference
from vae.ui import files, gradio_files
from vae.ui.files import Announced, Files
from vae.ui.masthead import Masthead
from vae.ui.server import api, bounds, hosting
from vae.ui.server.models import LoadedModel
from vae.ui.server.service import Service
from vae.ui.theme import theme

TITLE = "VAE Playground"
TABS = ("draw", "sample", "interpolate", "explore", "how")  # packages of vae.ui.tabs, in this order
FIRST_VISIT = 3  # seconds that are left to the first page to open
# All that the first view consists of.
FIRST_VIEW = (f"tabs/{TABS[0]}/{TABS[0]}.js", "masthead/masthead.js", "client/mount.js")


def launch(service: Service, **options: object) -> gr.Blocks:
    """Serve the page over `service`; `options` as `hosting.launch` takes them.

    Once it is served, what completions need is made in the background.
    """
    modules = Files(constants(service), FIRST_VIEW)
    announced = [Middleware(Announced, modules=modules.addresses)]
    blocks = not options.pop("prevent_thread_lock", False)
    options = {**looks(modules), **options, "prevent_thread_lock": True}
    routes = [modules.route, gradio_files.route()]
    page = hosting.launch(build(service), routes, announced, **options)
    # No daemon: if it is in torch's code when the program ends, the process aborts.
    threading.Thread(target=prepare, args=(service,), name="preparing").start()
    if blocks:
        page.block_thread()
    return page


def prepare(service: Service) -> None:
    """Make what completions need, in the background: not while the first page opens, and not at
    all once the program ends."""
    threading.main_thread().join(FIRST_VISIT)
    service.prepare()


def build(service: Service) -> gr.Blocks:
    """The page over the models of `service`; `looks` belongs to its launch."""
    # Uploaded files, should there ever be any, are deleted within two hours.
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(600, 3600)) as page:
        Masthead(service)
        for name in TABS:
            tab(name)(service)
        api.publish(service)
    return page


def tab(name: str) -> type:
    """The class of a tab: its `label`, and the panel that an instance adds to the page."""
    return getattr(importlib.import_module(f"vae.ui.tabs.{name}"), name.title())


def looks(modules: Files) -> dict:
    """What `launch` of a page needs: its theme, and a head that names the first view's modules.

    The head is short: Gradio sends it as text inside a script, which browsers parse repeatedly.
    """
    css = theme()._get_theme_css()  # by which Gradio names the file that it serves
    given = {
        "THEME": f"theme.css?v={hashlib.sha256(css.encode()).hexdigest()}",
        "MODULES": modules.addresses,
    }
    names = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in given.items())
    frame = files.text_of(files.FRAME)
    return {
        "theme": theme(),
        "head": f"<style>\n{frame}</style>\n<script>\n{{\n{names}{modules.head}}}\n</script>",
    }


def constants(service: Service) -> dict:
    """What Python tells the scripts: settings, and the markup and style sheets of the parts.

    Markup and sheets come this way because Gradio would build all the parts before it shows the
    page, and would rewrite the sheets, whose media queries then miss Gradio's frame.
    """
    parts = {"masthead": "masthead", **{name: f"tabs/{name}" for name in TABS}}
    return {
        "settings": settings(service),
        "markup": {name: files.text_of(f"{folder}/{name}.html") for name, folder in parts.items()},
        "styles": {
            "page": files.sheet(["client", "masthead"]),
            **{name: files.sheet([f"tabs/{name}"]) for name in TABS},
        },
    }


def settings(service: Service) -> dict:
    """What the page's scripts need to know of the server."""
    digits = json.loads(files.text_of("client/digits.json"))
    pair = service.models.kl_pair
    return {
        "models": [model_settings(model) for model in service.models],
        "posteriorDraws": bounds.POSTERIOR_DRAWS,
        "padSide": bounds.PAD_SIDE,
        "dataUriCharacters": bounds.DATA_URI_CHARACTERS,
        "largestSeed": bounds.LARGEST_SEED,
        "largestCount": bounds.LARGEST_COUNT,
        "largestTemperature": bounds.LARGEST_TEMPERATURE,
        "priorRadius": history.PRIOR_RADIUS,
        "klPair": pair and {"with": pair[0].name, "without": pair[1].name},
        "codeScale": 10**bounds.CODE_DECIMALS,
        "sources": inference.SOURCES,
        "paths": inference.PATHS,
        "tabs": {name: tab(name).label for name in TABS},
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
        "klWeight": model.kl_weight,
        "largestCoordinate": model.largest_coordinate,
        "spread": model.spread,
        "learned": model.history is not None,
        "digits": list(model.digits),
        "directions": model.directions,
    }
