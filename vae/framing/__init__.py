"""A drawing or a photo -> the 28x28 image that MNIST's makers would have made of it.

Knows pixels only: nothing of models, of requests or of the page. `photo` turns a picture into ink,
by what `shades`, `lines` and `pieces` tell; `fitting` fits ink to MNIST's frame, without what
`specks` finds, in the strokes that `strokes` redraws. `refusals` says what cannot be used.
"""

from vae.framing.fitting import frame, scale_only
from vae.framing.photo import ink
from vae.framing.refusals import NoDigitFound, NothingDrawn, UnreadableImage
from vae.framing.several import looks_like_several
from vae.framing.strokes import stroke_width

__all__ = [
    "NoDigitFound",
    "NothingDrawn",
    "UnreadableImage",
    "frame",
    "ink",
    "looks_like_several",
    "scale_only",
    "stroke_width",
]
