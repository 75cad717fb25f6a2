"""Framing of pictures as people take them: a digit in each kind is found, and several are noted."""

import random

import numpy as np
import pytest
from PIL import Image

from tests import drawings
from tests.photos import KINDS, LIKE, likeness
from vae.framing import NoDigitFound, ink, looks_like_several


@pytest.mark.parametrize("kind", KINDS)
def test_the_digit_of_a_picture_is_framed_as_its_ink_alone(kind):
    assert likeness(KINDS[kind](np.random.default_rng(7))) > LIKE


def test_a_sheet_of_paper_without_a_digit_is_refused():
    levels = np.full((300, 400), 50, np.uint8)
    levels[40:260, 50:350] = 235
    with pytest.raises(NoDigitFound):
        ink(Image.fromarray(levels))


@pytest.mark.parametrize("axis", [0, 1])
def test_two_drawings_beside_or_below_each_other_look_like_several(axis):
    rng = random.Random(0)
    alike = [_upright(drawings.on_canvas(each, rng)) for each, _ in drawings.strokes()[::50]]
    assert len(alike) == 12
    for pair in zip(alike[::2], alike[1::2], strict=True):
        assert looks_like_several(np.concatenate(pair, axis))


def test_hardly_any_drawing_looks_like_several():
    canvases, _ = drawings.canvases()
    assert sum(map(looks_like_several, canvases)) <= 0.01 * len(canvases)


def test_no_ink_is_not_several_digits():
    assert not looks_like_several(np.zeros((28, 28), np.uint8))


def _upright(canvas):
    """A drawing's digit 100 pixels tall with some paper round it."""
    digit = Image.fromarray(canvas)
    digit = digit.crop(digit.getbbox())
    return np.pad(np.asarray(digit.resize((70, 100), Image.Resampling.BOX)), 10)
