"""A drawing or a photo -> the 28x28 image that MNIST's makers would have made of it.

Knows pixels only: nothing of models, of requests or of the page. `photo` turns a picture into ink;
`fitting` fits ink to MNIST's frame, without what `specks` finds, in the strokes that `strokes`
redraws.
"""

from vae.framing.fitting import NothingDrawn, frame, scale_only
from vae.framing.photo import UnreadableImage, ink
from vae.framing.strokes import stroke_width

__all__ = ["NothingDrawn", "UnreadableImage", "frame", "ink", "scale_only", "stroke_width"]
