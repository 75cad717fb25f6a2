"""Hugging Face's ZeroGPU, which lends a GPU for the length of one call; nothing anywhere else.

It refuses to start an app that decorates no function. The page answers faster from the CPU than a
GPU could be had, so only a very large sheet asks for one.
"""

import copy
import os

try:
    # Before anything touches CUDA, which this package takes over.
    import spaces
except ImportError:
    spaces = None

import torch
from torch import Tensor

from vae import inference
from vae.model import VAE

ACTIVE = spaces is not None and os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")
SECONDS = 5  # of the visitor's daily quota that a call reserves
LARGE_SHEET = 257  # digits; from here on a GPU is asked for


def decode_on_gpu(model: VAE, codes: Tensor) -> Tensor:
    """`inference.decode` on a borrowed GPU: probabilities (B, 1, 28, 28)."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return inference.decode(copy.deepcopy(model).to(device), codes)


if spaces is not None:
    decode_on_gpu = spaces.GPU(duration=SECONDS)(decode_on_gpu)
