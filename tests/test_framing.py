"""Framing: the laws that make a drawing look like one of MNIST's, and a photo like a drawing."""

import contextlib
import gzip
import io
import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, ImageDraw

from vae.framing import (
    NoDigitFound,
    NothingDrawn,
    UnreadableImage,
    frame,
    ink,
    scale_only,
    stroke_width,
)
from vae.framing.strokes import NARROWEST, WIDEST


def arc(x, y, rx, ry, start=0, end=360):
    """Points of an ellipse in the unit square, clockwise from the right, in degrees."""
    angles = np.radians(np.linspace(start, end, 60))
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


# Digits as pen strokes in a unit box that each fills in height.
DIGITS = {
    0: [arc(0.5, 0.5, 0.36, 0.5)],
    1: [[(0.5, 0), (0.5, 1)]],
    3: [arc(0.45, 0.25, 0.3, 0.25, -150, 90), arc(0.45, 0.75, 0.32, 0.25, -90, 150)],
    4: [[(0.35, 0), (0.15, 0.6), (0.85, 0.6)], [(0.65, 0.25), (0.65, 1)]],
    6: [[(0.7, 0), (0.4, 0.3), (0.22, 0.7)], arc(0.5, 0.72, 0.28, 0.28)],
    7: [[(0.15, 0), (0.85, 0), (0.45, 1)]],
    8: [arc(0.5, 0.24, 0.25, 0.24), arc(0.5, 0.74, 0.3, 0.26)],
    9: [arc(0.5, 0.28, 0.28, 0.28), [(0.78, 0.28), (0.7, 1)]],
}


def draw(digit, brush=0.1, size=280, height=0.6, at=(0.5, 0.5), strokes=None):
    """A digit in round pen strokes, bright on black: (size, size) uint8.

    `height` is that of the ink, as a share of the canvas; `brush` its width, as a share of the
    height; `at` the digit's middle.
    """
    image = Image.new("L", (size * 4, size * 4))
    pen = ImageDraw.Draw(image)
    tall = height * size * 4
    width = brush * tall
    for stroke in strokes or DIGITS[digit]:
        middle = np.array(at) * size * 4
        path = [tuple(middle + (np.array(p) - 0.5) * (tall - width)) for p in stroke]
        pen.line(path, fill=255, width=round(width))
        for x, y in path:
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return np.array(image.resize((size, size), Image.Resampling.BOX))


def centre(image):
    """Centre of mass (y, x) in index coordinates, by a loop."""
    total = sum(image[y, x] for y in range(28) for x in range(28))
    down = sum(y * image[y, x] for y in range(28) for x in range(28)) / total
    across = sum(x * image[y, x] for y in range(28) for x in range(28)) / total
    return float(down), float(across)


def box(image, over=0.1):
    rows, columns = np.flatnonzero((image > over).any(1)), np.flatnonzero((image > over).any(0))
    return int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)


def bar_width(image):
    """Width of a lone vertical stroke: the ink in each of its middle rows."""
    return float(image[10:18].sum(1).mean())


def difference(first, second):
    """Mean absolute difference, as a share of the ink in the first."""
    return float((first - second).abs().sum() / first.sum())


def mnist_tests(root):
    raw = root / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    packed = raw.with_name(raw.name + ".gz")
    if not raw.exists() and not packed.exists():
        pytest.skip(f"no MNIST test images in {root}")
    data = raw.read_bytes() if raw.exists() else gzip.decompress(packed.read_bytes())
    return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 28, 28)


# --- The recipe -----------------------------------------------------------------------------------


@pytest.mark.parametrize("digit", DIGITS)
def test_a_framed_digit_has_the_shape_of_mnist(digit):
    image = frame(draw(digit))
    assert image.shape == (1, 28, 28)
    assert image.dtype == torch.float32
    assert image.min() >= 0
    assert image.max() == 1


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("brush", [0.04, 0.1, 0.25])
def test_the_centre_of_mass_is_mnists(digit, brush):
    assert all(13.49 <= c <= 14.51 for c in centre(frame(draw(digit, brush))[0].numpy()))


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("brush", [0.04, 0.1, 0.25])
def test_the_longer_side_is_20_pixels(digit, brush):
    assert max(box(frame(draw(digit, brush))[0].numpy(), over=0.02)) == 20


@pytest.mark.parametrize("digit", DIGITS)
def test_neither_size_nor_place_changes_the_image(digit):
    image = frame(draw(digit, size=280, height=0.6))
    for size, height, at in [
        (280, 0.9, (0.5, 0.5)),
        (280, 0.3, (0.2, 0.75)),
        (140, 0.6, (0.6, 0.4)),
        (1400, 0.4, (0.5, 0.25)),
    ]:
        other = frame(draw(digit, size=size, height=height, at=at))
        # The whole-pixel paste may fall to the next pixel where the centre lies just between two.
        shifts = [other.roll((y, x), (1, 2)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
        assert min(difference(image, shifted) for shifted in shifts) < 0.15


def test_moving_a_digit_by_whole_pixels_changes_nothing():
    drawing = draw(3, height=0.5)
    assert torch.equal(frame(drawing), frame(np.roll(drawing, (31, -17), (0, 1))))


@pytest.mark.parametrize("shape", [(100, 300), (300, 100), (281, 283)])
def test_a_canvas_need_not_be_square(shape):
    digit = draw(4, size=90, height=0.9)
    canvas = np.zeros(shape, np.uint8)
    canvas[3:93, 5:95] = digit
    square = np.zeros((300, 300), np.uint8)
    square[100:190, 100:190] = digit
    assert torch.equal(frame(canvas), frame(square))


def test_the_aspect_is_kept_so_a_one_stays_thin():
    height, width = box(frame(draw(1))[0].numpy())
    assert height == 20
    assert width <= 4


def test_the_fitting_is_area_averaging():
    """With strokes as MNIST's, each pixel is the mean of its block of the drawing."""
    ring = Image.new("L", (200, 200))
    ImageDraw.Draw(ring).ellipse((0, 0, 199, 199), outline=255, width=27)
    ring = np.array(ring)
    blocks = ring.reshape(20, 10, 20, 10).mean((1, 3))
    expected = np.zeros((28, 28))
    expected[5:25, 5:25] = blocks / blocks.max()
    np.testing.assert_allclose(frame(np.pad(ring, 40))[0].numpy(), expected, atol=2e-3)


def test_nothing_is_blown_up_more_than_twice():
    tiny = np.zeros((28, 28), np.uint8)
    tiny[5:11, 7] = 255
    height, width = box(frame(tiny)[0].numpy(), over=0.5)
    assert (height, width) == (12, 2)


def test_faint_ink_is_brought_to_the_peak():
    drawing = draw(8)
    faint = (drawing // 4).astype(np.uint8)
    assert frame(faint).max() == 1
    assert difference(frame(drawing), frame(faint)) < 0.05


def test_ink_that_the_centring_pushes_over_the_edge_is_cut():
    """All weight at one end and a long tail: the tail leaves the image, and nothing crashes."""
    drawing = np.zeros((200, 200), np.uint8)
    drawing[0:60, 0:60] = 255
    drawing[60:200, 28:32] = 255
    image = frame(drawing)
    assert image.shape == (1, 28, 28)
    assert image[0, -1].max() > 0.2


# --- Stroke width ---------------------------------------------------------------------------------


@pytest.mark.parametrize("brush", [0.01, 0.02, 0.04, 0.08])
def test_thin_strokes_are_brought_up_to_mnists_median(brush):
    assert bar_width(frame(draw(1, brush))[0]) == pytest.approx(NARROWEST, abs=0.25)


@pytest.mark.parametrize("brush", [0.25, 0.3])
def test_thick_strokes_are_thinned(brush):
    # The whole way only where the width is exact, as of a ring: a stubby stroke has ends as well.
    assert WIDEST <= bar_width(frame(draw(1, brush))[0]) < 0.9 * brush * 20


@pytest.mark.parametrize("brush", [0.01, 0.03, 0.1, 0.2, 0.3])
def test_strokes_of_every_width_end_in_mnists_range(brush):
    """Of a ring the width is exact: ink over the length of its middle line, two ways round."""
    image = frame(draw(None, brush, strokes=[arc(0.5, 0.5, 0.5, 0.5)]))[0]
    width = 10 - math.sqrt(max(0.0, 100 - float(image.sum()) / math.pi))
    assert NARROWEST - 0.25 <= width <= WIDEST + 0.25


@pytest.mark.parametrize("brush", [0.01, 0.02, 0.05])
def test_a_thin_pen_and_a_medium_one_draw_the_same_digit(brush):
    assert difference(frame(draw(3, 0.115)), frame(draw(3, brush))) < 0.2


def test_a_digit_as_coarse_as_mnist_keeps_its_strokes():
    """Sixteen pixels are fitted to twenty, and a line of one to a line of 20 / 16."""
    small = np.zeros((28, 28), np.uint8)
    small[3:19, 9] = 255
    small[3, 4:10] = 255
    ink_of_row = frame(small)[0].numpy()[14].sum()
    assert ink_of_row == pytest.approx(20 / 16, abs=0.15)


@pytest.mark.parametrize("digit", [0, 6, 8, 9])
@pytest.mark.parametrize("brush", [0.01, 0.03, 0.08, 0.15])
def test_a_closed_loop_stays_open(digit, brush):
    """From the loop's middle, ink lies in all four directions and none in the middle."""
    image = frame(draw(digit, brush))[0].numpy()
    light = sum(
        image[y, x] < 0.5
        and image[:y, x].max() > 0.5
        and image[y + 1 :, x].max() > 0.5
        and image[y, :x].max() > 0.5
        and image[y, x + 1 :].max() > 0.5
        for y in range(1, 27)
        for x in range(1, 27)
    )
    assert light >= (8 if digit == 8 else 4)


def test_a_narrow_loop_is_not_filled_by_thickening():
    """A gap that plain thickening would close stays lighter than the strokes beside it."""
    slit = [[(0.3, 0), (0.3, 1), (0.43, 1), (0.43, 0), (0.3, 0)]]
    image = frame(draw(None, 0.02, strokes=slit))[0].numpy()
    row = image[14][image[14] > 0.05]
    assert row[1:-1].min() < 0.8 * row.max()


def test_a_hairline_beside_a_thick_stroke_is_not_lost_by_thinning():
    drawing = draw(None, 0.3, strokes=[[(0, 0), (0, 1)]])
    drawing[120:124, 120:230] = 255
    image = frame(drawing)[0].numpy()
    assert image[:, 18:24].max(0).min() > 0.15


@pytest.mark.parametrize("width", [4.0, 10.0, 25.0])
def test_the_measured_width_of_a_ring_is_its_width(width):
    down, across = np.mgrid[-50:51, -50:51]
    from_the_middle_line = np.abs(np.hypot(down, across) - 30)
    ring = (0.5 + width / 2 - from_the_middle_line).clip(0, 1)
    assert stroke_width(ring) == pytest.approx(width, rel=0.05)
    assert stroke_width(0.3 * ring) == pytest.approx(stroke_width(ring))


def test_the_widths_of_many_images_are_those_of_each():
    images = torch.stack([frame(draw(digit, 0.12)) for digit in DIGITS])
    widths = stroke_width(images)
    assert widths.shape == (len(DIGITS), 1)
    assert widths[:, 0].tolist() == pytest.approx([float(stroke_width(x[0])) for x in images])


def test_an_image_without_ink_has_strokes_of_no_width():
    assert stroke_width(np.zeros((2, 28, 28))).tolist() == [0, 0]


def test_a_little_more_ink_changes_the_image_a_little():
    """A ring drawn on and on, from a third to the whole of it."""
    path = arc(0.5, 0.5, 0.36, 0.5)
    amounts = [float(frame(draw(0, 0.05, strokes=[path[:n]])).sum()) for n in range(20, 60)]
    assert max(abs(b - a) / a for a, b in itertools.pairwise(amounts)) < 0.12


def test_brush_after_brush_the_ink_grows_without_a_jump():
    amounts = [float(frame(draw(8, brush / 400)).sum()) for brush in range(4, 120, 2)]
    assert max(abs(b - a) / a for a, b in itertools.pairwise(amounts)) < 0.08


# --- Nothing, specks and pieces -------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(0, 0), (0, 280), (1, 1), (28, 28), (280, 280), (10000, 3)])
@pytest.mark.parametrize("function", [frame, scale_only])
def test_an_empty_drawing_is_refused_kindly(function, shape):
    with pytest.raises(NothingDrawn, match="draw a digit"):
        function(np.zeros(shape, np.uint8))


def test_nothing_drawn_is_a_value_error_and_one_sentence():
    assert issubclass(NothingDrawn, ValueError)
    assert str(NothingDrawn()).count(".") == 1


@pytest.mark.parametrize("brush", [0.05, 0.07, 0.09])
def test_one_tap_of_the_brush_is_no_digit(brush):
    dot = draw(None, 1, height=brush, strokes=[[(0.5, 0.5)]])
    with pytest.raises(NothingDrawn):
        frame(dot)


def test_a_small_digit_is_a_digit():
    assert difference(frame(draw(3)), frame(draw(3, height=0.14))) < 0.45


def test_a_large_blot_is_encoded_all_the_same():
    assert frame(np.full((280, 280), 255, np.uint8)).max() == 1
    assert frame(draw(None, 1, height=0.2, strokes=[[(0.5, 0.5)]])).max() == 1


@pytest.mark.parametrize("corner", [(2, 2), (2, 270), (270, 5)])
def test_a_stray_speck_does_not_count(corner):
    drawing = draw(6, height=0.5)
    y, x = corner
    dirty = drawing.copy()
    dirty[y : y + 5, x : x + 5] = 255
    assert torch.equal(frame(drawing), frame(dirty))


def test_a_spot_too_large_to_be_a_speck_counts():
    drawing = draw(6, height=0.4)
    spotted = drawing.copy()
    spotted[5:35, 5:35] = 255
    assert difference(frame(drawing), frame(spotted)) > 0.5


def test_broken_strokes_count():
    """A 7 in three pieces fills the same box as the whole."""
    drawing = draw(7, 0.08)
    broken = drawing.copy()
    broken[100:112] = 0
    broken[170:182] = 0
    image = frame(broken)[0].numpy()
    assert max(box(image, over=0.02)) == 20
    assert difference(frame(drawing), frame(broken)) < 0.4


def test_a_dotted_digit_keeps_all_its_dots():
    dots = [[p] for p in arc(0.5, 0.5, 0.36, 0.5)[::2]]
    image = frame(draw(None, 0.05, strokes=dots))[0].numpy()
    assert box(image) == box(frame(draw(0, 0.05))[0].numpy())


# --- Odd input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "drawing",
    [
        np.ones((28, 28)),
        np.ones((28, 28), bool),
        np.ones((1, 28, 28), np.uint8),
        np.ones(784, np.uint8),
        [[255]],
        None,
        Image.new("L", (28, 28)),
    ],
)
@pytest.mark.parametrize("function", [frame, scale_only])
def test_what_is_no_drawing_is_refused_in_one_sentence(function, drawing):
    with pytest.raises(ValueError, match="two-dimensional uint8 array") as refusal:
        function(drawing)
    assert not isinstance(refusal.value, NothingDrawn)


@settings(max_examples=60, deadline=None)
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=90)))
def test_any_array_is_framed_or_refused(drawing):
    try:
        image = frame(drawing)
    except NothingDrawn:
        return
    assert image.shape == (1, 28, 28)
    assert image.isfinite().all()
    assert image.min() >= 0
    assert image.max() <= 1


@pytest.mark.parametrize("shape", [(10000, 3), (3, 10000), (1, 1), (1, 50), (2, 2), (5000, 5000)])
def test_extreme_sizes_are_framed_or_refused(shape):
    rng = np.random.default_rng(0)
    for drawing in (np.full(shape, 255, np.uint8), rng.integers(0, 256, shape).astype(np.uint8)):
        try:
            assert frame(drawing).isfinite().all()
        except NothingDrawn:
            assert max(shape) < 3
        assert scale_only(drawing).isfinite().all()


def test_a_hairline_on_a_huge_canvas_is_not_lost():
    drawing = np.zeros((4000, 4000), np.uint8)
    drawing[500:3500, 2000] = 255
    image = frame(drawing)[0]
    assert bar_width(image) == pytest.approx(NARROWEST, abs=0.25)


def test_the_drawing_itself_is_left_alone():
    drawing = draw(3)
    drawing.setflags(write=False)
    frame(drawing)
    scale_only(drawing)
    assert np.array_equal(drawing, draw(3))


def test_views_and_fortran_order_are_drawings_too():
    drawing = draw(3)
    assert torch.equal(frame(drawing), frame(np.asfortranarray(drawing)))
    assert torch.equal(frame(drawing[:, ::-1]), frame(drawing[:, ::-1].copy()))


# --- Framing off ----------------------------------------------------------------------------------


def test_scale_only_is_the_mean_of_each_block():
    drawing = draw(4, at=(0.3, 0.7))
    expected = drawing.reshape(28, 10, 28, 10).mean((1, 3)) / 255
    np.testing.assert_allclose(scale_only(drawing)[0].numpy(), expected, atol=1e-6)


def test_scale_only_pads_to_a_square():
    wide = np.zeros((140, 280), np.uint8)
    wide[:, 130:150] = 255
    image = scale_only(wide)[0]
    assert image.shape == (28, 28)
    assert image[:7].max() == 0
    assert image[21:].max() == 0
    assert image[7:21, 13:15].min() == 1


def test_scale_only_does_not_move_the_digit():
    low, across = centre(scale_only(draw(1, height=0.3, at=(0.2, 0.8)))[0].numpy())
    assert low > 20
    assert across < 7


# --- Real MNIST -----------------------------------------------------------------------------------


def test_real_mnist_images_come_out_as_they_are(real_mnist):
    images = mnist_tests(real_mnist)[:500]
    framed = np.stack([frame(image)[0].numpy() for image in images])
    error = np.abs(framed - images / 255)
    assert error.mean() < 0.001
    assert (error.max((1, 2)) < 0.06).mean() > 0.98


def test_real_mnist_images_in_photos_come_out_as_they_are(real_mnist):
    for image in mnist_tests(real_mnist)[:60]:
        for shown in (image, 255 - image):
            difference_in_levels = np.abs(ink(Image.fromarray(shown)).astype(int) - image)
            assert difference_in_levels.max() <= 2


def test_real_mnist_images_enlarged_come_back(real_mnist):
    """Ten times as large and elsewhere: the same digit, but for the care of its strokes."""
    likeness = []
    for image in mnist_tests(real_mnist)[:100]:
        large = np.asarray(Image.fromarray(image).resize((280, 280), Image.Resampling.BICUBIC))
        framed = frame(np.roll(np.pad(large, 60), (30, -40), (0, 1)))[0].numpy()
        likeness.append(np.corrcoef(framed.ravel(), image.ravel())[0, 1])
    assert np.mean(likeness) > 0.88
    assert min(likeness) > 0.6


# --- Photos and files -----------------------------------------------------------------------------


DRAWING = draw(4, 0.1, size=140)
PICTURE = Image.fromarray(DRAWING)
LARGE = draw(4, 0.1)  # in a photo, on which light falls unevenly


def same_digit(image, limit=0.12, drawing=DRAWING):
    return difference(frame(drawing), frame(ink(image))) < limit


def as_file(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    buffer.seek(0)
    return Image.open(buffer)


def photo(light, grain=0.0, ink_shade=0.25, drawing=LARGE):
    """Dark ink on paper under `light` (H, W) grey levels, with grain of that deviation."""
    levels = light * (1 - (1 - ink_shade) * drawing / 255.0)
    levels = levels + np.random.default_rng(0).normal(0, 1, drawing.shape) * grain
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


DOWN, ACROSS = np.mgrid[-1:1:280j, -1:1:280j]
LIGHTS = {
    "even": np.full((280, 280), 190.0),
    "slope": 150 + 40 * DOWN + 40 * ACROSS,
    "dark corners": 230 - 60 * (DOWN**2 + ACROSS**2),
    "a shadow": 178 + 37 * (10 * (ACROSS + 0.3 * DOWN - 0.1)).clip(-1, 1),
    "a slanting shadow": 178 + 37 * (10 * (ACROSS - DOWN - 0.2)).clip(-1, 1),
}


def test_a_clean_drawing_comes_through_unchanged():
    assert np.array_equal(ink(PICTURE), DRAWING)


def test_dark_on_light_is_inverted():
    assert np.array_equal(ink(Image.fromarray(255 - DRAWING)), DRAWING)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "PA", "CMYK", "YCbCr", "I", "F"])
@pytest.mark.parametrize("inverted", [False, True])
def test_every_mode_gives_the_same_ink(mode, inverted):
    picture = Image.fromarray(255 - DRAWING if inverted else DRAWING)
    if mode in ("CMYK", "YCbCr"):  # Pillow has no way there from grey
        picture = picture.convert("RGB")
    got = ink(picture.convert(mode))
    assert got.dtype == np.uint8
    assert np.abs(got.astype(int) - DRAWING).max() <= 3


@pytest.mark.parametrize("inverted", [False, True])
def test_a_jpeg_file_in_printers_colours_is_read(inverted):
    picture = Image.fromarray(255 - DRAWING if inverted else DRAWING).convert("RGB")
    opened = as_file(picture.convert("CMYK"), "JPEG", quality=95)
    assert opened.mode == "CMYK"
    assert same_digit(opened)


def test_one_bit_pictures_are_read():
    bits = PICTURE.convert("1", dither=Image.Dither.NONE)
    assert np.array_equal(ink(bits), np.where(DRAWING > 127, 255, 0))


@pytest.mark.parametrize(
    ("black", "white"),
    [(0, 1), (0, 255), (0, 65535), (0, 1e9), (0, 3e38), (0, 1e-3), (0, 1.5), (-1, 1), (-900, 3000)],
)
@pytest.mark.parametrize("inverted", [False, True])
def test_floats_of_any_scale_are_read(black, white, inverted):
    shares = (255 - DRAWING if inverted else DRAWING) / 255
    levels = Image.fromarray((black + shares * (white - black)).astype(np.float32))
    assert np.abs(ink(as_file(levels, "TIFF")).astype(int) - DRAWING).max() <= 1


@pytest.mark.parametrize("white", [1, 2, 200, 1000, 2**31 - 1])
@pytest.mark.parametrize("inverted", [False, True])
def test_integers_of_any_scale_are_read(white, inverted):
    shares = (DRAWING > 127) ^ inverted
    levels = Image.fromarray((shares * white).astype(np.int32))
    assert levels.mode == "I"
    assert np.array_equal(ink(as_file(levels, "TIFF")), np.where(DRAWING > 127, 255, 0))


def test_sixteen_bits_are_read():
    deep = Image.fromarray(DRAWING.astype(np.uint16) * 257)
    assert deep.mode == "I;16"
    assert np.array_equal(ink(as_file(deep, "PNG")), DRAWING)
    assert np.array_equal(ink(deep), DRAWING)


@pytest.mark.parametrize("bits", range(9, 17))
@pytest.mark.parametrize("inverted", [False, True])
def test_sixteen_bits_may_hold_values_of_fewer(bits, inverted):
    shares = (255 - DRAWING if inverted else DRAWING) / 255
    deep = Image.fromarray((shares * (2**bits - 1)).round().astype(np.uint16))
    assert np.abs(ink(as_file(deep, "PNG")).astype(int) - DRAWING).max() <= 1


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_sixteen_bit_photo_of_fewer_bits_is_read(bits, inverted):
    shares = 0.2 + 0.5 * (255 - LARGE if inverted else LARGE) / 255
    grained = shares + np.random.default_rng(0).normal(0, 0.02, shares.shape)
    deep = Image.fromarray((grained.clip(0, 1) * (2**bits - 1)).astype(np.uint16))
    assert same_digit(as_file(deep, "PNG"), 0.2, LARGE)


def test_values_that_are_no_numbers_are_paper():
    levels = 1 - (DRAWING / 255).astype(np.float32)
    levels[:20, :20] = np.nan
    levels[-3:, -3:] = np.inf
    levels[-3:, :3] = -np.inf
    assert np.array_equal(ink(Image.fromarray(levels)), DRAWING)


def test_a_picture_of_nothing_but_nan_has_no_digit():
    with pytest.raises(NoDigitFound):
        ink(Image.fromarray(np.full((30, 30), np.nan, np.float32)))


@pytest.mark.parametrize("shade", [0, 60, 255])
def test_transparent_pixels_are_paper(shade):
    """Strokes of any shade on nothing; the colour behind the transparency means nothing."""
    grey = np.full_like(DRAWING, shade)
    grey[DRAWING == 0] = 77
    picture = Image.merge("LA", [Image.fromarray(grey), PICTURE])
    assert same_digit(picture)
    assert same_digit(picture.convert("RGBA"))
    assert same_digit(as_file(picture, "PNG"))


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_translucent_strokes_on_nothing_are_read(shade):
    alpha = Image.fromarray((DRAWING * 0.35).astype(np.uint8))
    assert same_digit(Image.merge("LA", [Image.new("L", PICTURE.size, shade), alpha]))


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_colour_that_stands_for_transparency_is_paper(mode, inverted):
    drawn = Image.fromarray(np.where((DRAWING > 127) ^ inverted, 255, 0).astype(np.uint8))
    paper = 255 if inverted else 0
    key = paper if mode == "L" else (paper,) * 3
    assert same_digit(as_file(drawn.convert(mode), "PNG", transparency=key))


def test_a_page_with_round_corners_keeps_its_paper():
    alpha = Image.new("L", (140, 140))
    ImageDraw.Draw(alpha).rounded_rectangle((0, 0, 139, 139), 30, fill=255)
    page = Image.merge("LA", [Image.fromarray(255 - DRAWING), alpha])
    assert same_digit(page)


def test_a_palette_with_a_transparent_colour_is_read():
    picture = Image.fromarray((DRAWING > 127).astype(np.uint8), "L").convert("P")
    picture.putpalette([9, 9, 9, 20, 20, 20])
    assert same_digit(as_file(picture, "PNG", transparency=0))


def test_wholly_transparent_is_blank():
    with pytest.raises(NoDigitFound):
        ink(Image.new("RGBA", (50, 50), (255, 0, 0, 0)))


def test_a_colour_counts_by_its_lightness():
    drawn = Image.new("RGB", (140, 140), "white")
    drawn.paste("darkblue", mask=PICTURE)
    assert same_digit(drawn)


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("grain", [0, 5])
def test_uneven_light_and_grain_are_removed_from_a_photo(light, grain):
    taken = photo(LIGHTS[light], grain)
    found = ink(taken)
    assert difference(frame(LARGE), frame(found)) < 0.2
    paper = found[LARGE == 0]
    assert (paper > 0).mean() < 0.01


def test_ink_in_a_dark_corner_is_as_black_as_elsewhere():
    """The paper is six times as bright on the right as on the left, and so is what it lacks."""
    drawing = draw(4, 0.1, height=0.95)
    taken = photo(140 + 100 * ACROSS, drawing=drawing)
    assert difference(frame(drawing), frame(ink(taken))) < 0.15


def test_ink_that_runs_over_the_border_is_not_taken_for_paper():
    drawing = np.zeros((280, 280), np.uint8)
    drawing[60:, 20:80] = 255
    drawing[220:, 20:110] = 255
    taken = photo(LIGHTS["slope"], drawing=drawing)
    assert difference(frame(drawing), frame(ink(taken))) < 0.2


def test_chalk_on_a_board_is_read():
    board = 50 + 20 * ACROSS + np.random.default_rng(0).normal(0, 4, (280, 280))
    taken = Image.fromarray((board + LARGE * 0.55).clip(0, 255).astype(np.uint8))
    assert same_digit(taken, 0.2, LARGE)


def test_a_photo_cropped_close_to_a_one_is_read():
    one = draw(1, 0.1, height=0.9)[10:270, 110:170]
    taken = photo(LIGHTS["slope"][10:270, 110:170], grain=2, drawing=one)
    assert difference(frame(one), frame(ink(taken))) < 0.2


def test_a_clean_picture_may_be_mostly_ink():
    one = draw(1, 0.2, height=0.9)[10:270, 112:168]
    assert (one > 127).mean() > 0.75
    assert np.array_equal(ink(Image.fromarray(255 - one)), one)


@pytest.mark.parametrize("light", ["even", "slope", "dark corners"])
@pytest.mark.parametrize("grain", [0, 2, 8])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_blank_page_is_refused(light, grain, kind):
    blank = photo(LIGHTS[light], grain, drawing=np.zeros((280, 280), np.uint8))
    with pytest.raises(NoDigitFound, match="crop the picture to the digit"):
        ink(as_file(blank, kind))


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_one_shade_all_over_is_refused(shade):
    with pytest.raises(NothingDrawn):
        ink(Image.new("L", (40, 30), shade))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright(orientation):
    """The camera's flag undoes what was done to the pixels."""
    undone = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    turned = PICTURE.transpose(undone[orientation]) if orientation > 1 else PICTURE
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert same_digit(as_file(turned, "JPEG", exif=exif, quality=95))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_photo_whose_orientation_is_damaged_is_taken_as_it_is(kind):
    assert same_digit(as_file(PICTURE.convert("RGB"), kind, exif=b"Exif\0\0nonsense", quality=95))


@pytest.mark.parametrize("size", [(28, 28), (28, 400), (512, 512), (513, 90), (3000, 60)])
def test_ink_is_never_longer_than_512(size):
    picture = Image.new("RGB", size, "white")
    picture.paste("black", (size[0] // 3, size[1] // 3, size[0] // 2, size[1] // 2))
    marks = ink(picture)
    assert max(marks.shape) <= 512
    assert marks.ndim == 2


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (2, 2), (3, 3)])
def test_a_picture_of_a_few_pixels_is_read_or_refused(size):
    noise = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    for levels in (noise, np.zeros_like(noise)):
        with contextlib.suppress(NoDigitFound):
            assert ink(Image.fromarray(levels)).any()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_file_is_reduced(kind):
    large = PICTURE.resize((2800, 2800), Image.Resampling.BICUBIC)
    opened = as_file(large, kind)
    marks = ink(opened)
    assert opened.width < 2800 or kind == "PNG"  # a JPEG is not even decoded at its full size
    assert 256 <= max(marks.shape) <= 512
    assert difference(frame(DRAWING), frame(marks)) < 0.12


def test_a_picture_of_a_hundred_megapixels_is_refused_before_it_is_decoded():
    class Huge(Image.Image):
        size = property(lambda self: (10_000, 10_000))
        width = height = 10_000

        def load(self):
            raise AssertionError("decoded")

    with pytest.raises(UnreadableImage, match="too large"):
        ink(Huge())


def test_a_truncated_file_is_refused_in_one_sentence():
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 50).save(buffer, "PNG")
    cut = Image.open(io.BytesIO(buffer.getvalue()[:4000]))
    with pytest.raises(UnreadableImage, match="cannot be read"):
        ink(cut)


@pytest.mark.parametrize("thing", [None, b"PNG", np.zeros((9, 9)), Image.new("L", (0, 5))])
def test_what_is_no_picture_is_refused(thing):
    with pytest.raises(UnreadableImage, match="not a picture"):
        ink(thing)


def test_a_kind_of_picture_that_has_no_grey_is_refused():
    with pytest.raises(UnreadableImage, match="cannot be read"):
        ink(Image.new("LAB", (20, 20)))
