"""Tensors become pictures: one digit, a sheet, an animation. Grey levels, ink bright on black."""

import base64
import io
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image
from torch import Tensor


def grey(images: Tensor) -> np.ndarray:
    """Probabilities (..., 28, 28) in [0, 1] as uint8 grey levels, rounded."""
    return (images.detach().clamp(0, 1) * 255).round().byte().cpu().numpy()


def digit(image: Tensor, scale: int = 1) -> Image.Image:
    """One image (1, 28, 28), every pixel `scale` pixels wide."""
    return sheet(image.unsqueeze(0), columns=1, scale=scale)


def sheet(images: Tensor, columns: int | None = None, gap: int = 0, scale: int = 1) -> Image.Image:
    """Images (N, 1, 28, 28) in rows of `columns` (about square by default), `gap` pixels apart."""
    count = len(images)
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    cell = 28 + gap
    cells = np.zeros((rows * columns, cell, cell), np.uint8)
    cells[:count, :28, :28] = grey(images)[:, 0]
    by_row = cells.reshape(rows, columns, cell, cell).swapaxes(1, 2)
    canvas = by_row.reshape(rows * cell, columns * cell)
    picture = Image.fromarray(canvas[: rows * cell - gap, : columns * cell - gap])
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def strip(images: Tensor) -> Image.Image:
    """Images (N, 1, 28, 28) side by side in one row."""
    return sheet(images, columns=len(images))


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG file. Fast rather than small: these pictures are a few kilobytes."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def webp(picture: Image.Image, quality: int) -> bytes:
    """The picture as a WebP file, smaller than a PNG; `quality` from 0 to 100."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality)
    return buffer.getvalue()


def animation(frames: Sequence[Image.Image], frame_milliseconds: int) -> bytes:
    """The frames as a GIF that loops for ever."""
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=frame_milliseconds,
        loop=0,
    )
    return buffer.getvalue()


def data_uri(file: bytes, kind: str = "image/png") -> str:
    """A file as a data URI that a page can show."""
    return f"data:{kind};base64,{base64.b64encode(file).decode()}"
