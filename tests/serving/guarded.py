"""The app as a process that notes which files it opens and whom it calls, and tells a test.

    python -m tests.serving.guarded CONTROL_DESCRIPTOR SETTINGS_JSON [FLAGS OF app.py ...]

An audit hook (PEP 578) sees what Python code does. C code that opens a file by itself goes past it:
Pillow and zlib get bytes here, never names, and the weights are read before the guard is closed.
"""

import faulthandler
import gc
import json
import mimetypes
import os
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOOPBACK = ("127.0.0.1", "::1", "localhost", "0.0.0.0", None)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events whose first argument is a path that changes.
CHANGES = {
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"),
    *("os.chmod", "os.chown", "shutil.rmtree", "shutil.move", "shutil.copyfile"),
}
PROCESSES = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pty.spawn"}
CALLS = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}


class Guard:
    """Notes every breach: before `close`, calls beyond the loopback and writes outside `writable`;
    afterwards also any call, any process, and any file opened outside `readable`."""

    def __init__(self, readable: list[str], writable: list[str]):
        self.readable = tuple(os.path.abspath(path) for path in [*readable, *writable])
        self.writable = tuple(os.path.abspath(path) for path in writable)
        self.closed = False
        self.breaches: list[str] = []

    def close(self) -> None:
        self.closed = True

    def hook(self, event: str, arguments: tuple) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = bool((flags or 0) & WRITING) or any(c in (mode or "") for c in "wax+")
            if (writes or self.closed) and not is_stub(path):
                self._path(event, path, self.writable if writes else self.readable)
        elif event in CHANGES:
            self._path(event, arguments[0], self.writable)
        elif event in CALLS:
            address = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments
            host = address[0] if isinstance(address, tuple) else address
            if self.closed or host not in LOOPBACK:
                self.breaches.append(f"{event} {address!r}")
        elif event in PROCESSES and self.closed:
            self.breaches.append(f"{event} {arguments[0]!r}")

    def _path(self, event: str, path: object, allowed: tuple[str, ...]) -> None:
        if isinstance(path, int) or path == os.devnull:
            return
        whole = os.path.abspath(os.fsdecode(path))
        if not any(whole == place or whole.startswith(place + os.sep) for place in allowed):
            self.breaches.append(f"{event} {whole}")


def is_stub(path: object) -> bool:
    """Whether a file is one of those that Gradio, imported, writes beside its components."""
    return str(path).endswith(".pyi") and f"{os.sep}gradio{os.sep}" in str(path)


def installation() -> list[str]:
    """Where the code lies, and the tables of file types that Python reads on first use."""
    # What was linked into a virtual environment lies elsewhere.
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)}
    return [str(ROOT), *prefixes, *mimetypes.knownfiles]


def report(guard: Guard, demo: object) -> dict:
    """What a test may know: new breaches, and how much of its visitors the server holds."""
    breaches, guard.breaches = guard.breaches, []
    queue, sessions = demo._queue, demo.state_holder.session_data.copy()
    return {
        "breaches": breaches,
        "sessions": len(sessions),
        "state": sum(len(session.state_data) for session in sessions.values()),
        "session_bound": demo.state_holder.capacity,
        "waiting": len(queue.pending_messages_per_session),
        "allowed_paths": [*demo.allowed_paths],
        "analytics": demo.analytics_enabled,
    }


def listen(control: socket.socket, guard: Guard, built: list) -> None:
    """Answer the test's questions, one line each, until it hangs up."""
    try:
        for line in control.makefile("r"):
            answer = report(guard, built[0])
            if line.strip() == "close":
                guard.close()
            elif line.strip() == "count":  # takes half a second
                gc.collect()
                answer["objects"] = len(gc.get_objects())
            control.sendall(json.dumps(answer).encode() + b"\n")
    except Exception:
        traceback.print_exc()
    os._exit(0)  # the test is gone, or would wait for an answer for ever


def main() -> None:
    descriptor, settings = int(sys.argv[1]), json.loads(sys.argv[2])
    faulthandler.register(signal.SIGUSR2)  # where it hangs, if it does
    guard = Guard([*installation(), *settings["readable"]], settings["writable"])
    sys.addaudithook(guard.hook)

    import gradio as gr

    import app
    from tests.serving import alone
    from vae.ui import page
    from vae.ui.part import part

    built, build = [], page.build

    # What Gradio costs by itself, on its event loop and in a thread: the yardsticks of load.py.
    def empty(request: dict) -> dict:
        return {}

    def empty_in_thread(request: dict) -> dict:
        return {}

    async def nothing() -> dict:
        return {}

    def nothing_in_thread() -> dict:
        return {}

    def build_and_remember(service: object) -> gr.Blocks:
        demo = build(service)
        if settings["empty"]:
            with demo:
                for yardstick in (nothing, nothing_in_thread):
                    gr.api(yardstick, api_name=yardstick.__name__, queue=False)
                # The markup is that of any part: it is never shown.
                part("masthead", empty, alone.timer(service), slow=[empty_in_thread])
        built.append(demo)
        return demo

    page.build = build_and_remember
    control = socket.socket(fileno=descriptor)
    threading.Thread(target=listen, args=(control, guard, built), daemon=True).start()
    app.main(sys.argv[3:])


if __name__ == "__main__":
    main()
