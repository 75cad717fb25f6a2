"""What a training run keeps of itself, for the page to show how a model learned.

At set moments `Recorder` keeps what the model draws and where it puts test digits; `load` reads
that back. Knows nothing of training: it is given the model and the number of steps.

    plane     the plane of two-dimensional codes: what a map of it covers
    layout    the files
    recorder  writes them
    reader    reads them
"""

from vae.history.layout import PLACED, PLANE_SIDE
from vae.history.plane import PRIOR_RADIUS, Square, axes, plane, square_of
from vae.history.reader import History, Moment, load
from vae.history.recorder import Recorder, due

__all__ = [
    "PLACED",
    "PLANE_SIDE",
    "PRIOR_RADIUS",
    "History",
    "Moment",
    "Recorder",
    "Square",
    "axes",
    "due",
    "load",
    "plane",
    "square_of",
]
