"""Where and when the models compute: device, turns, halves. Does not know what is computed."""

import copy
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from vae import inference
from vae.model import VAE
from vae.ui.server import zerogpu
from vae.ui.server.models import LoadedModel, Models

Answer = TypeVar("Answer")

# From MANY codes on, a CPU decodes halves side by side where it has two cores.
HALVES = 2 if (os.cpu_count() or 1) > 1 else 1
MANY = 32
HELPERS = ThreadPoolExecutor(HALVES, thread_name_prefix="decoding")


class Executor:
    """Runs work on the models: on `device` until it fails, from then on the CPU.

    `notice` is None, or one sentence for visitors about how the models run.
    """

    def __init__(self, models: Models, device: torch.device | str = "cpu"):
        device = torch.device(device)
        self.notice: str | None = None
        self.copies: dict[str, VAE] = {}  # on the accelerator, by the model's name
        if device.type != "cpu":
            self.copies = {each.name: copy.deepcopy(each.vae).to(device) for each in models}
        # Work on many digits arrives in threads. One at a time computes: threads that compute at
        # once contend for the GIL at every small tensor operation, and all of them finish later.
        self._turn = threading.RLock()

    def run(self, model: LoadedModel, work: Callable[[VAE], Answer]) -> Answer:
        """`work` on one digit or a few. It waits for no turn: the event loop may call.

        An accelerator serves one at a time; where it is busy, the CPU answers.
        """
        accelerated = self.copies.get(model.name)
        if accelerated is None or not self._turn.acquire(blocking=False):
            return work(model.vae)
        try:
            return work(accelerated)
        except RuntimeError as error:  # out of memory, or the device is lost; or a bug
            answer = work(model.vae)  # a bug is raised again here
            print(f"The accelerator failed ({error}); continuing on the CPU.", flush=True)
        finally:
            self._turn.release()
        self.notice = "The graphics card failed: the models now run on the processor."
        self.copies = {}
        return answer

    def run_in_turn(self, model: LoadedModel, work: Callable[[VAE], Answer]) -> Answer:
        """`work` on many digits, one caller at a time. Blocks: never on the event loop."""
        with self._turn:
            return self.run(model, work)

    def decode(self, model: LoadedModel, codes: Tensor) -> Tensor:
        """Probabilities (B, 1, 28, 28) of codes (B, D), in turn; very many on ZeroGPU if lent."""
        if zerogpu.ACTIVE and len(codes) >= zerogpu.LARGE_SHEET:
            try:
                return zerogpu.decode_on_gpu(model.vae, codes)
            except Exception as error:  # no quota left, no GPU free: the CPU can do it
                print(f"No GPU was lent ({error}); using the CPU.", flush=True)
        return self.run_in_turn(model, lambda vae: decode_many(vae, codes))


def decode_many(vae: VAE, codes: Tensor) -> Tensor:
    """`inference.decode`; many codes on a CPU in halves, side by side."""
    if vae.device.type != "cpu" or len(codes) < MANY:
        return inference.decode(vae, codes)
    halves = codes.chunk(HALVES)
    return torch.cat(list(HELPERS.map(lambda half: inference.decode(vae, half), halves)))
