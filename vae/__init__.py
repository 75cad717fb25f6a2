"""A variational autoencoder on MNIST (Kingma & Welling, 2013), from scratch in PyTorch.

Read it in this order:

    model          the encoder, the latent Gaussian, the decoder; layers, hub are its parts
    loss           the negative ELBO and its two terms
    data           MNIST as one tensor, and batches of it; augmentation changes them
    training       one epoch at a time, resumable; density_ratio is an extra term of its loss
    mixture        the aggregate posterior as a mixture of Gaussians; directions, steps in it
    evaluation     the test ELBO and the importance-weighted likelihood
    history        what a training run keeps of itself, for the page to show how a model learned
    storage        a weights folder on disk; run_folder is the one that a training writes
    framing        a drawing becomes the image MNIST's makers would have made of it
    inference      encode, decode, sample, interpolate, traverse, complete, steer
    render         tensors become PNG pictures and animations
    ui             the page

device, console and interrupts are what both programs need of the machine they run on.
"""

import platform
import sys

# Pythons that are too old for the rest read this far: keep to the syntax of Python 3.6 here and in
# the two programs, and import this package in them before anything else.
if sys.version_info < (3, 10):  # noqa: UP036
    sys.exit(
        f"Python 3.10 or newer is needed, and this is {platform.python_version()} "
        f"({sys.executable}): use a newer one."
    )

try:
    import torch
except ModuleNotFoundError:
    sys.exit(
        f"PyTorch is not installed for this Python ({sys.executable}): "
        "install the packages of requirements.txt, or use the Python that has them."
    )

if tuple(map(int, torch.__version__.split(".")[:2])) < (2, 8):
    sys.exit(
        f"PyTorch 2.8 or newer is needed, and this is {torch.__version__}: "
        "install the packages of requirements.txt."
    )
