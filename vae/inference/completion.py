"""Images of which a part is hidden, completed: draws from p(hidden pixels | visible pixels).

One latent code has to explain all that is visible. Codes of a bank, drawn once from the aggregate
posterior, are resampled by the likelihood of what is visible (sampling importance resampling),
which is exact as the bank grows. A few steps of pseudo-Gibbs sampling then refine them (Rezende et
al., 2014, appendix F): encode, draw a code, decode, fill in the hidden pixels. They are as good as
the encoder is, whose posterior stands in for the exact one.
"""

import threading
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.nn.functional import softplus

from vae.inference.network import decode, decode_logits
from vae.inference.sampling import sample_codes
from vae.model import IMAGE_SHAPE, PIXELS, VAE

BANK = 4096  # codes
STEPS = 10  # of pseudo-Gibbs
BATCH = 64  # codes decoded at once for the bank, while visitors are answered


class Bank(NamedTuple):
    """Codes, and of what the likelihood of any part of an image under them is summed."""

    codes: Tensor  # (N, D)
    pixels: Tensor  # (N, 2 * 784): the logits, then minus their softplus


_banks: WeakKeyDictionary[VAE, Bank] = WeakKeyDictionary()
_lock = threading.Lock()


def prepare(model: VAE) -> Bank:
    """The bank of a model, made when it is first asked for; the model must not change any more."""
    with _lock:
        if model not in _banks:
            codes = sample_codes(model, BANK, source="posterior")
            _banks[model] = bank_of(model, codes)
        return _banks[model]


def bank_of(model: VAE, codes: Tensor) -> Bank:
    """A bank of the codes (N, D)."""
    logits = torch.cat([decode_logits(model, part).flatten(1) for part in codes.split(BATCH)])
    return Bank(codes, torch.cat((logits, -softplus(logits)), 1))


def resample(
    bank: Bank, images: Tensor, visible: Tensor, count: int, generator: torch.Generator
) -> Tensor:
    """Draw `count` of the bank's codes for each image in proportion to p(visible pixels | z).

    `images` and `visible` are (B, 784), the latter true where a pixel is visible: codes
    (B, count, D). log p(x|z) = x logit - softplus(logit), summed over the visible pixels.
    """
    seen = visible.float()
    log_likelihoods = torch.cat((images * seen, seen), 1) @ bank.pixels.T  # (B, N)
    shares = log_likelihoods.double().softmax(1)
    return bank.codes[torch.multinomial(shares, count, replacement=True, generator=generator)]


@torch.inference_mode()
def complete_codes(
    model: VAE,
    images: Tensor,
    visible: Tensor,
    count: int,
    generator: torch.Generator,
    steps: int = STEPS,
) -> Tensor:
    """The codes (B, count, D) of `complete`, after so many steps of pseudo-Gibbs sampling."""
    images, visible = checked(images, visible)
    codes = resample(prepare(model), images, visible, count, generator).flatten(0, 1)
    images, visible = (value.repeat_interleave(count, 0) for value in (images, visible))
    for _ in range(steps):
        filled = torch.where(visible, images, decode(model, codes).flatten(1))
        codes = model.encode(filled.to(model.device)).sample(generator).cpu()
    return codes.unflatten(0, (-1, count))


def complete(
    model: VAE, images: Tensor, visible: Tensor, count: int, generator: torch.Generator
) -> Tensor:
    """Draw `count` completions of each image from p(hidden | visible): (B, count, 1, 28, 28).

    `images` are (B, 1, 28, 28) or (B, 784) in [0, 1]. `visible` says which pixels are (true, or not
    zero), of each image or the same ones of all. These stay exactly as they are; the hidden ones
    are probabilities. Raises ValueError where the shapes do not fit. The first call for a model
    takes seconds, unless it was prepared.
    """
    codes = complete_codes(model, images, visible, count, generator)
    images, visible = checked(images, visible)
    decoded = decode(model, codes.flatten(0, 1)).view(len(images), count, PIXELS)
    filled = torch.where(visible.unsqueeze(1), images.unsqueeze(1), decoded)
    return filled.unflatten(2, IMAGE_SHAPE)


def checked(images: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
    """Images and visible pixels, both (B, 784), on the CPU, the latter boolean."""
    if images.numel() % PIXELS or visible.numel() not in (PIXELS, images.numel()):
        raise ValueError(
            f"visible must be of 784 pixels or of the images' shape {tuple(images.shape)}, not "
            f"{tuple(visible.shape)}"
        )
    images = images.cpu().reshape(-1, PIXELS)
    return images, (visible.cpu().reshape(-1, PIXELS) != 0).expand_as(images)
