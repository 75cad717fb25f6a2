"""A frozen VAE at work: tensors in, CPU tensors out, nothing kept but what follows from the model.

Images are (B, 1, 28, 28) probabilities in [0, 1], codes are (B, D). Randomness comes from a seed or
a generator and is drawn on the CPU: one seed is one picture on every device. Knows nothing of
training.
"""

from vae.inference.completion import STEPS, complete, complete_codes, prepare
from vae.inference.network import decode, decode_logits, encode, reconstruct
from vae.inference.paths import (
    PATHS,
    directions_of,
    interpolate,
    interpolate_codes,
    steer,
    steer_codes,
    step,
    traverse,
)
from vae.inference.sampling import SOURCES, classes_of, sample, sample_codes

__all__ = [
    "PATHS",
    "SOURCES",
    "STEPS",
    "classes_of",
    "complete",
    "complete_codes",
    "decode",
    "decode_logits",
    "directions_of",
    "encode",
    "interpolate",
    "interpolate_codes",
    "prepare",
    "reconstruct",
    "sample",
    "sample_codes",
    "steer",
    "steer_codes",
    "step",
    "traverse",
]
