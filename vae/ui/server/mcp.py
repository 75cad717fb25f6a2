"""Messages of the Model Context Protocol that do not reach Gradio.

The protocol's own library answers all others, the malformed ones too.
"""

import logging

from vae.ui.server.calls import holds_object

NO_OBJECTS = (
    "Arguments are texts, numbers and lists of numbers, no objects and no files: send a picture as "
    "a data URI."
)


def refusal(message: object) -> dict | None:
    """The answer to a call with an object among its arguments; None for any other message, and for
    one without an id, a notification.

    Gradio would take such an object for a file, and read or fetch it. The answer is a tool's error
    result: a refusal by HTTP would end the client's session.
    """
    if not isinstance(message, dict) or message.get("id") is None:
        return None
    params = message.get("params")
    arguments = params.get("arguments") if isinstance(params, dict) else None
    values = list(arguments.values()) if isinstance(arguments, dict) else [arguments]
    if not holds_object(values):
        return None
    result = {"content": [{"type": "text", "text": NO_OBJECTS}], "isError": True}
    return {"jsonrpc": "2.0", "id": message.get("id"), "result": result}


def log_in_one_line() -> None:
    """Cut what the library logs of a malformed message, which is long, to its first line."""
    logging.getLogger().addFilter(first_line)


def first_line(record: logging.LogRecord) -> bool:
    """Leave of a record its message's first line; a filter of loggers."""
    record.msg, record.args = record.getMessage().partition("\n")[0], ()
    return True
