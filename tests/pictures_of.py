"""Pictures for tests, as the page and the API send them."""

import base64
import io
import zlib

import numpy as np
from PIL import Image, ImageDraw

SEVEN = [(60, 50), (145, 50), (90, 160)]
ONE = [(100, 30), (100, 170)]


def drawing(points: list[tuple[int, int]] = SEVEN, side: int = 200, width: int = 16) -> Image.Image:
    """A stroke through `points`, bright on black, on a square of `side` pixels."""
    picture = Image.new("L", (side, side))
    ImageDraw.Draw(picture).line(points, fill=255, width=width, joint="curve")
    return picture


def uri(picture: Image.Image, kind: str = "PNG", **options: object) -> str:
    """A picture as a base64 data URI."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def pixels(data_uri: str) -> np.ndarray:
    """The grey levels of a PNG data URI: (H, W) uint8."""
    header, _, body = data_uri.partition(",")
    assert header == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(body))))


def packed(picture: Image.Image, side: int = 112) -> str:
    """A picture as the drawing pad packs it."""
    grey = np.asarray(picture.resize((side, side), Image.Resampling.BOX))
    return base64.b64encode(zlib.compress(grey.tobytes())).decode()
