"""What importing the app and building its page costs, and that neither calls anyone.

python -m tests.benchmarks.startup --times 5
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# In a process of its own: an import can be measured only once.
PROGRAM = """
import json, sys, time
HEAVY = "torch._dynamo", "torchvision", "vae.training", "vae.data"
calls = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        calls.append(f"{event} {arguments[-1 if event == 'socket.connect' else 0]!r}")
sys.addaudithook(hook)
began = time.perf_counter()
import torch
torch_took = time.perf_counter() - began
import gradio
gradio_took = time.perf_counter() - began - torch_took
import app
app.environment.prepare()
from vae.ui import page
took = time.perf_counter() - began
modules = len(sys.modules)
from vae.model import VAE
top = len({name.partition(".")[0] for name in sys.modules})
with torch.device("meta"):
    VAE()  # as weights are read
heavy = [name for name in HEAVY if name in sys.modules]
from tests.synthetic import small_model
from vae.ui.server.models import Models
from vae.ui.server.service import Service
began = time.perf_counter()
demo = page.build(Service(Models({"conv": small_model("conv")})))
built = time.perf_counter() - began
with open("/proc/self/status") as status:
    resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
print(json.dumps({
    "import": took, "torch": torch_took, "gradio": gradio_took, "modules": modules,
    "packages": top, "build": built, "megabytes": resident / 1024, "calls": calls,
    "heavy": heavy,
    "analytics": gradio.analytics.analytics_enabled(), "page_analytics": demo.analytics_enabled,
}))
"""


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=3)
    flags = parser.parse_args(argv)
    found = [measured() for _ in range(flags.times)]
    for name in ("import", "torch", "gradio", "build"):
        print(f"{name:10} {statistics.median(each[name] for each in found):6.2f} s")
    last = found[-1]
    print(f"modules    {last['modules']:6} in {last['packages']} packages")
    print(f"resident   {last['megabytes']:6.0f} MB, with a small model and the page")
    print(f"calls      {last['calls'] or 'none'}")
    sys.exit(1 if last["calls"] else 0)


def measured(**environment: str) -> dict:
    """Import the app and build its page in a fresh process: what that took and whom it called."""
    # Whether Gradio reports to its makers is for app.py to say, not for who runs this.
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GRADIO_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
