"""Pictures hold exactly the grey levels they were given, where a loop would put them."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from vae import render


def images(count: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(seed))


def pixels(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)))


def test_probabilities_become_the_nearest_grey_level():
    levels = torch.arange(256) / 255
    assert np.array_equal(render.grey(levels), np.arange(256))
    between = torch.tensor([-1.0, 0.0, 0.3 / 255, 0.7 / 255, 254.6 / 255, 1.0, 7.0])
    assert render.grey(between).tolist() == [0, 0, 0, 1, 255, 255, 255]


def test_a_png_gives_back_every_grey_level():
    levels = torch.arange(784).remainder(256).view(1, 28, 28)
    file = render.png(render.digit(levels / 255))
    assert file.startswith(b"\x89PNG")
    assert np.array_equal(pixels(file), levels[0].numpy())


def by_loop(digits: np.ndarray, columns: int, gap: int, scale: int) -> np.ndarray:
    rows = -(-len(digits) // columns)
    cell = 28 + gap
    expected = np.zeros(((rows * cell - gap) * scale, (columns * cell - gap) * scale), np.uint8)
    for number, digit in enumerate(digits):
        row, column = divmod(number, columns)
        for y in range(28 * scale):
            for x in range(28 * scale):
                place = row * cell * scale + y, column * cell * scale + x
                expected[place] = digit[y // scale, x // scale]
    return expected


@pytest.mark.parametrize(
    ("count", "columns", "gap", "scale"),
    [(1, 1, 0, 1), (6, 3, 0, 1), (5, 3, 2, 1), (4, 2, 1, 3), (2, 5, 2, 2), (3, 1, 3, 1)],
)
def test_a_sheet_is_laid_out_row_by_row(count, columns, gap, scale):
    digits = images(count)
    found = np.asarray(render.sheet(digits, columns, gap, scale))
    assert np.array_equal(found, by_loop(render.grey(digits)[:, 0], columns, gap, scale))


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (4, 2), (5, 3), (9, 3), (10, 4), (64, 8)])
def test_a_sheet_is_about_square_by_default(count, columns):
    sheet = render.sheet(images(count))
    assert sheet.size == (columns * 28, -(-count // columns) * 28)


def test_a_strip_is_one_row_and_a_digit_one_cell():
    digits = images(3)
    assert np.array_equal(render.strip(digits), np.concatenate(render.grey(digits)[:, 0], axis=1))
    assert render.digit(digits[0], scale=4).size == (112, 112)


def test_pictures_are_made_of_tensors_that_still_have_gradients():
    digits = images(2).requires_grad_()
    assert np.array_equal(render.sheet(digits), render.sheet(digits.detach()))


def frames_of(file: bytes) -> list[Image.Image]:
    gif = Image.open(io.BytesIO(file))
    frames = []
    for number in range(gif.n_frames):
        gif.seek(number)
        frames.append((gif.convert("L"), gif.info.get("duration")))
    return frames


def test_an_animation_shows_every_frame_for_its_time_and_for_ever():
    digits = images(5)
    pictures = [render.digit(digit, scale=2) for digit in digits]
    file = render.animation(pictures, 80)
    assert file.startswith(b"GIF89a")
    assert Image.open(io.BytesIO(file)).info["loop"] == 0
    frames = frames_of(file)
    assert [duration for _, duration in frames] == [80] * 5
    for (frame, _), picture in zip(frames, pictures, strict=True):
        assert np.array_equal(frame, picture)


def test_frames_that_are_alike_last_as_long_as_they_would_apart():
    picture = render.digit(images(1)[0])
    other = render.digit(images(1, seed=1)[0])
    frames = frames_of(render.animation([picture, picture, picture, other], 50))
    assert sum(duration for _, duration in frames) == 4 * 50


def test_one_picture_is_an_animation_too():
    picture = render.digit(images(1)[0])
    ((frame, _),) = frames_of(render.animation([picture], 50))
    assert np.array_equal(frame, picture)


@pytest.mark.parametrize("kind", ["image/png", "image/gif"])
def test_a_data_uri_holds_the_file(kind):
    file = bytes(range(256))
    head, _, body = render.data_uri(file, kind).partition(",")
    assert head == f"data:{kind};base64"
    assert base64.b64decode(body, validate=True) == file


def test_a_data_uri_is_a_png_unless_told_otherwise():
    assert render.data_uri(b"").startswith("data:image/png;base64,")
