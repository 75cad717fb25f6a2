"""Serve the page.

python app.py                        on the best device of this machine
python app.py --port 8000 --device cpu
"""

import argparse
import os
import sys
from pathlib import Path

# Nothing leaves this machine that its user did not ask for; Gradio reads this when imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import torch

from vae.ui import page
from vae.ui.server import hosting, service


def main(argv: list[str] | None = None) -> None:
    flags = parse(argv)
    try:
        device = choose_device(flags.device)
        models, complaints = service.load(flags.weights, device)
        for complaint in complaints:
            print(f"Left out: {complaint}", file=sys.stderr)
        print(f"Device: {device}. Models: {', '.join(models.names)}.", flush=True)
        page.launch(models, server_port=flags.port, share=flags.share)
    except (hosting.Unavailable, service.NoModels) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:  # pressed before Gradio waits for it
        sys.exit("Stopped.")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The flags; exits with one sentence for a bad one."""
    parser = argparse.ArgumentParser(description="Serve the page: draw, sample, interpolate.")
    add = parser.add_argument
    add("--port", type=port, help="where to serve (default: Gradio's choice, 7860 or near it)")
    add("--share", action="store_true", help="also make a public link, through Gradio's servers")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    add("--weights", type=Path, default=Path(__file__).parent / "weights", metavar="FOLDER",
        help="the folder of weights folders (default: weights)")  # fmt: skip
    return parser.parse_args(argv)


def port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text}")
    return int(text)


def choose_device(flag: str) -> torch.device:
    """The device of a flag; "auto" is the fastest there is. Raises hosting.Unavailable."""
    there = {
        # ZeroGPU lends its GPU by the call: the page itself runs on the CPU.
        "cuda": torch.cuda.is_available() and not hosting.ZERO_GPU,
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if flag == "auto":
        flag = next(name for name, here in there.items() if here)
    if not there[flag]:
        raise hosting.Unavailable(f"There is no {flag} device here: leave --device out.")
    return torch.device(flag)


if __name__ == "__main__":
    main()
