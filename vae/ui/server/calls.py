"""What a posted call must look like, as Gradio wraps it. Knows no HTTP."""

import inspect
import json
from collections.abc import Mapping

import gradio as gr

from vae.ui.server.bounds import SESSION_CHARACTERS, BadRequest

REQUIRED = inspect.Parameter.empty
# The fields that Gradio wraps a call in, and what it takes them for.
KINDS = {
    "session_hash": str,
    "event_id": str,
    "fn_name": str,
    "component_id": int,
    "fn_index": int,
    "trigger_id": int,
    "batched": bool,
    "simple_format": bool,
}
# Stands for an object among the arguments, where the endpoint itself is to say what it takes.
AN_OBJECT = "an object"

# Each endpoint's arguments and their defaults, by its name and by Gradio's number.
Endpoints = Mapping[str | int, dict[str, object]]


def parse(body: bytes) -> object:
    """The JSON of a body. Raises BadRequest."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The request is not valid JSON.") from None


def check_fields(posted: object) -> dict:
    """`posted` as an object whose fields have the types that Gradio expects. Raises BadRequest."""
    if not isinstance(posted, dict):
        raise BadRequest("The request must be a JSON object.")
    for key, kind in KINDS.items():
        value = posted.get(key)
        if value is not None and type(value) is not kind:
            raise BadRequest(f"{key} has the wrong type.")
        # Gradio keeps these texts for as long as it knows the session.
        if isinstance(value, str) and len(value) > SESSION_CHARACTERS:
            raise BadRequest(f"{key} is too long: at most {SESSION_CHARACTERS} characters.")
    return posted


def endpoints_of(page: gr.Blocks) -> Endpoints:
    """The endpoints of the page; REQUIRED stands for an argument without a default."""
    endpoints: dict[str | int, dict[str, object]] = {}
    for number, function in page.fns.items():
        if function.fn is None:  # one that the browser runs by itself
            continue
        parameters = inspect.signature(function.fn).parameters.values()
        endpoints[number] = {each.name: each.default for each in parameters}
        if isinstance(function.api_name, str):
            endpoints[function.api_name] = endpoints[number]
    return endpoints


def complete(posted: dict, name: str, endpoints: Endpoints) -> dict:
    """A call by position, with the defaults of the trailing arguments that it leaves out.

    Raises BadRequest.
    """
    defaults = list(endpoint(posted, name, endpoints).values())
    least = sum(default is REQUIRED for default in defaults)
    data = posted.get("data")
    if not isinstance(data, list) or not least <= len(data) <= len(defaults):
        count = f"{least} to {len(defaults)}" if least < len(defaults) else f"{least}"
        raise BadRequest(f"{name} takes a list of {count} values as data.")
    return {**posted, "data": [*data, *defaults[len(data) :]]}


def check_names(posted: dict, name: str, endpoints: Endpoints) -> None:
    """Raises BadRequest unless a call by name has the arguments of the endpoint."""
    defaults = endpoint({}, name, endpoints)
    required = {key for key, default in defaults.items() if default is REQUIRED}
    if not required <= posted.keys() <= defaults.keys():
        raise BadRequest(f"{name} takes these arguments by name: {', '.join(defaults)}.")


def endpoint(posted: dict, name: str, endpoints: Endpoints) -> dict[str, object]:
    """The arguments of the endpoint that a call means, with defaults. Raises BadRequest."""
    key = name if posted.get("fn_index") is None else posted["fn_index"]
    if key not in endpoints:
        raise BadRequest("There is no such endpoint.")
    return endpoints[key]


def refuse_objects(posted: dict) -> None:
    """Raises BadRequest for a call with an object: one could pass for a file, to be fetched."""
    if holds_object(list(posted.values())):
        raise BadRequest("Arguments are texts, numbers and lists of numbers: no objects, no files.")


def without_objects(data: list) -> list:
    """Arguments with AN_OBJECT for each that is an object, or holds one."""
    return [AN_OBJECT if holds_object([value]) else value for value in data]


def holds_object(values: list) -> bool:
    """Whether there is a JSON object anywhere within the lists of `values`."""
    waiting = [values]
    while waiting:
        for value in waiting.pop():
            if isinstance(value, dict):
                return True
            if isinstance(value, list):
                waiting.append(value)
    return False
