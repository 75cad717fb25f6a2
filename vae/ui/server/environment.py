"""What the environment says to Gradio, made fit for it. Runs before Gradio is imported.

Gradio reads its variables when imported or launched, and ends in a traceback for what it does not
expect: a port that is no number, a proxy in its own way, a folder that cannot be written.
"""

import atexit
import errno
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import httpx

LOOPBACK = "127.0.0.1"
PORTS = 100  # that are tried, from the first on
LARGEST_PORT = 65535
CERTIFICATES = {"SSL_CERT_FILE", "SSL_CERT_DIR"}  # as httpx reads them
BROADCAST = ipaddress.ip_address("255.255.255.255")


class Unavailable(RuntimeError):
    """The page cannot be served as asked; the message is one sentence that says what to do."""


def prepare(share: bool = False) -> None:
    """Let Gradio start whatever the environment holds; `share` reaches beyond this machine.

    Raises Unavailable.
    """
    # Nothing leaves this machine that its user did not ask for.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    bypass_proxies("127.0.0.1,localhost,::1" if share else "*")
    # It takes a while, so it is done only where the environment may be wrong for httpx.
    if share or not CERTIFICATES.isdisjoint(os.environ):
        check_connections()
    choose_writable_folder()
    check_root_path()


def bypass_proxies(hosts: str) -> None:
    """Ask `hosts` directly: Gradio asks its own page at the start, and httpx heeds HTTP_PROXY."""
    named = [os.environ.get(name, "").split(",") for name in ("no_proxy", "NO_PROXY")]
    together = dict.fromkeys(filter(None, [*named[0], *named[1], *hosts.split(",")]))
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(together)


def check_connections() -> None:
    """Raises Unavailable where httpx has no use for the environment's certificates or proxies."""
    try:
        httpx.Client().close()
    except OSError as error:
        raise Unavailable(
            f"The environment's certificates cannot be read ({error}): set SSL_CERT_FILE to a file "
            "that holds some, or unset it."
        ) from error
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise Unavailable(
            f"The environment's proxy cannot be used ({error}): unset it, or set NO_PROXY to *."
        ) from error


def check_root_path() -> None:
    """Write GRADIO_ROOT_PATH as Gradio takes it. Raises Unavailable where it cannot be one."""
    given = os.environ.get("GRADIO_ROOT_PATH", "").strip()
    if not given:
        return
    root = given if "://" in given else f"/{given.strip('/')}"
    try:
        parts = urlsplit(root)
        fit = parts.scheme in ("", "http", "https") and not (parts.query or parts.fragment)
        # Gradio's own routes begin with this, and the router would take it off them.
        fit = fit and parts.path.rstrip("/") != "/gradio_api"
    except ValueError:
        fit = False
    if not fit:
        raise Unavailable(
            "GRADIO_ROOT_PATH must be a path like /vae, or an address like "
            f"https://example.com/vae, not {given}."
        )
    os.environ["GRADIO_ROOT_PATH"] = parts.geturl()  # the scheme in lower case


def choose_writable_folder() -> None:
    """Give Gradio a folder of this process where its own cannot be written.

    The default is shared by all users of a machine: it belongs to the first of them. Raises
    Unavailable.
    """
    try:
        folder = Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir(), "gradio"))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            own = tempfile.mkdtemp(prefix="gradio-")
            atexit.register(shutil.rmtree, own, ignore_errors=True)
            os.environ["GRADIO_TEMP_DIR"] = own
            print(f"{folder} cannot be written ({error.strerror}): using {own}.", file=sys.stderr)
    except OSError as error:
        raise Unavailable(
            f"There is no folder for temporary files ({error.strerror}): set GRADIO_TEMP_DIR and "
            "TMPDIR to one that can be written."
        ) from error


def address(port: int | None = None) -> tuple[str, int]:
    """Where to serve: GRADIO_SERVER_NAME and `port`, or the first free one from GRADIO_SERVER_PORT.

    Takes the variables out of the environment, so that Gradio does as it is told. Raises
    Unavailable with the reason for which the address cannot be had.
    """
    name = os.environ.pop("GRADIO_SERVER_NAME", "").strip() or LOOPBACK
    host = name.removeprefix("[").removesuffix("]")
    first = number("GRADIO_SERVER_PORT", 7860)
    count = number("GRADIO_NUM_PORTS", PORTS)
    ports = range(first, min(first + count, LARGEST_PORT + 1))
    if port is not None:
        ports = range(port, port + 1)
    for each in ports:
        try:
            # Gradio asks whether the port is free on the loopback, whatever it is to listen to.
            for own in dict.fromkeys((host, LOOPBACK)):
                bind(own, each)
        except OSError as error:
            reason = error
            if error.errno != errno.EADDRINUSE:
                break
        else:
            return (f"[{host}]" if ":" in host else host), each
    raise Unavailable(why(host, ports, reason)) from reason


def number(name: str, default: int) -> int:
    """A port, or a number of them, in an environment variable, which is removed."""
    text = os.environ.pop(name, "").strip() or str(default)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= LARGEST_PORT):
        raise Unavailable(f"{name} must be a number from 1 to {LARGEST_PORT}, not {text}.")
    return int(text)


def bind(host: str, port: int) -> None:
    """Listen to an address for a moment. Raises OSError where that is impossible."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except UnicodeError as error:  # no name of a host could be like this
        raise socket.gaierror(str(error)) from error
    family, kind, protocol, _, place = found[0]
    with socket.socket(family, kind, protocol) as probe:
        if os.name != "nt":  # where it would let two programs share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(place)
    # The system lets go: nobody could ever connect to these.
    group = ipaddress.ip_address(place[0].partition("%")[0])
    if group.is_multicast or group == BROADCAST:
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))


def why(host: str, ports: range, error: OSError) -> str:
    """One sentence: why `host` cannot be listened to at `ports`, and what to do."""
    where = f"{host}:{ports[0]}" if len(ports) == 1 else f"{host}, ports {ports[0]} to {ports[-1]}"
    if isinstance(error, socket.gaierror):
        return f"There is no address {host}: set GRADIO_SERVER_NAME to one of this machine."
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            f"{host} is not an address of this machine: set GRADIO_SERVER_NAME to one that is, or "
            "to 0.0.0.0 for all of them."
        )
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use: choose another port with --port."
    if error.errno == errno.EACCES:
        return f"{where} is reserved for the system: choose another port with --port."
    return f"{where} cannot be listened to: {error.strerror}."
