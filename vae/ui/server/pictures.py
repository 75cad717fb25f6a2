"""Pictures on their way in: a data URI or the pad's packed pixels become ink on black.

Reads only what is in the request, never a path or a URL, and checks sizes before it allocates.
"""

import base64
import binascii
import io
import urllib.parse
import zlib

import numpy as np
from PIL import Image
from torch import Tensor

from vae import framing
from vae.ui.server.bounds import DATA_URI_CHARACTERS, IMAGE_PIXELS, PAD_SIDE, BadRequest

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
SEVERAL_DIGITS = "Looks like several digits, taken for one."
NO_DATA_URI = "The image must be a base64 data URI: data:image/png;base64,..."
# A picture within these is a drawing rather than a photo, and quickly read.
SMALL_CHARACTERS = 50_000
SMALL_PIXELS = 512 * 512


def drawing(image: object) -> np.ndarray:
    """A picture given as a base64 data URI as ink (H, W) uint8, bright on black.

    PNG, JPEG, WebP, BMP or the first frame of a GIF, of any mode. Raises BadRequest.
    """
    with open_image(image) as picture:
        try:
            return framing.ink(picture)
        except framing.NothingDrawn:
            raise
        except Exception as error:  # Pillow's decoders raise whatever the file drives them to
            raise BadRequest("The image is damaged: its pixels cannot be read.") from error


def open_image(image: object) -> Image.Image:
    """The image of a data URI, its pixels not decoded yet but known to be few enough."""
    file = file_of(image)
    try:
        picture = Image.open(io.BytesIO(file), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadRequest(too_many_pixels()) from error
    except Exception as error:  # as above
        raise BadRequest(f"The image cannot be read: use {', '.join(FORMATS)}.") from error
    if picture.width * picture.height > IMAGE_PIXELS:
        raise BadRequest(too_many_pixels())
    return picture


def file_of(image: object) -> bytes:
    """The file in a base64 data URI (RFC 2397). Raises BadRequest.

    White space, parameters, percent-encoding, the alphabet for URLs and missing padding are
    accepted.
    """
    if not isinstance(image, str):
        raise BadRequest(NO_DATA_URI)
    text = "".join(image.split())
    if len(text) > DATA_URI_CHARACTERS:
        raise BadRequest(f"The image is too large: at most {DATA_URI_CHARACTERS:,} characters.")
    header, _, encoded = text.partition(",")
    kind, *parameters = header.lower().split(";")
    if not kind.startswith("data:image/") or "base64" not in parameters:
        raise BadRequest(NO_DATA_URI)
    encoded = "".join(urllib.parse.unquote(encoded).split()).rstrip("=")
    encoded = encoded.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError as error:  # binascii's own, or for what is not ASCII
        raise BadRequest("The image is not valid base64.") from error


def is_large(image: object) -> bool:
    """Whether a picture takes long to read. What is no picture does not: it is refused at once."""
    if isinstance(image, str) and len(image) > SMALL_CHARACTERS:
        return True
    try:
        with open_image(image) as picture:
            return picture.width * picture.height > SMALL_PIXELS
    except BadRequest:
        return False


def too_many_pixels() -> str:
    return f"The image has too many pixels: at most {IMAGE_PIXELS:,}."


def pad_ink(packed: object) -> np.ndarray:
    """What the drawing pad sends, as ink (PAD_SIDE, PAD_SIDE) uint8, bright on black.

    `packed` is base64 of zlib-compressed grey levels, row by row, which is smaller than a PNG from
    a browser's canvas. Raises BadRequest.
    """
    size = PAD_SIDE * PAD_SIDE
    # Base64 of incompressible pixels is a third longer than they are; more is no drawing.
    if not isinstance(packed, str) or len(packed) > 2 * size:
        raise BadRequest("The drawing did not arrive in the form that the page sends.")
    try:
        grey = zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), size + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise BadRequest("The drawing arrived damaged.") from error
    if len(grey) != size:
        raise BadRequest(f"The drawing must be {PAD_SIDE} by {PAD_SIDE} pixels.")
    return np.frombuffer(grey, np.uint8).reshape(PAD_SIDE, PAD_SIDE)


def packed(square: Image.Image) -> str:
    """A grey picture of PAD_SIDE by PAD_SIDE as the drawing pad sends it."""
    return base64.b64encode(zlib.compress(square.tobytes())).decode()


def framed(request: dict) -> Tensor:
    """The drawing of a request {ink, framed = True} as a model sees it, (1, 28, 28).

    With `framed` false it is only scaled, so that a visitor sees what the framing is for. Raises
    BadRequest, and framing.NothingDrawn for an empty pad.
    """
    ink = pad_ink(request.get("ink"))
    return framing.scale_only(ink) if request.get("framed") is False else framing.frame(ink)


def note(ink: np.ndarray) -> str | None:
    """What a visitor should know of a drawing (H, W), bright ink on black, if there is anything."""
    return SEVERAL_DIGITS if framing.looks_like_several(ink) else None


def fitted(ink: np.ndarray, side: int) -> Image.Image:
    """Ink (H, W) on a black square of `side` pixels, its aspect ratio kept.

    A small digit is shown larger, with as much room beside it as it takes itself, to be seen and
    mended.
    """
    picture = Image.fromarray(ink)
    left, top, right, bottom = picture.getbbox() or (0, 0, *picture.size)
    long = max(right - left, bottom - top)
    if 2 * long < max(picture.size):
        left, top = (left + right) // 2 - long, (top + bottom) // 2 - long
        picture = picture.crop((left, top, left + 2 * long, top + 2 * long))
    scale = side / max(picture.size)
    width, height = (max(1, round(length * scale)) for length in picture.size)
    square = Image.new("L", (side, side))
    way = Image.Resampling.BOX if scale <= 1 else Image.Resampling.BICUBIC
    small = picture.resize((width, height), way)
    square.paste(small, ((side - width) // 2, (side - height) // 2))
    return square
