"""Whether the digit of a picture was found: compared with its ink alone, without the paper."""

import numpy as np

from tests.photos.kinds import Photo
from vae.framing import NothingDrawn, frame, ink

LIKE = 0.6  # and more is the same digit: less is another one, a part, or one with lines across it


def likeness(photo: Photo) -> float:
    """The correlation of a picture's framed digit with that of its ink alone; 0 for none found."""
    try:
        found = frame(ink(photo.picture))
    except NothingDrawn:
        return 0.0
    return float(np.corrcoef(found.numpy().ravel(), frame(photo.alone).numpy().ravel())[0, 1])
