"""What counts as framed, what is timed, and two seeded pictures."""

import io
import random

import numpy as np
import pytest
from PIL import Image

from tests import drawings
from tests.benchmarks import photos
from tests.photos import LIKE, likeness

SEED = 3


@pytest.fixture(scope="module")
def plain():
    return photos.generated("plain", SEED, 2)


def test_a_picture_of_its_digit_is_like_it_and_one_of_another_is_not(plain):
    one, other = plain
    assert one.digit != other.digit
    assert likeness(one) > LIKE
    assert likeness(one._replace(alone=other.alone)) < LIKE


def test_a_picture_in_which_nothing_is_found_is_like_nothing(plain):
    blank = Image.new("L", (300, 200), "white")
    assert likeness(plain[0]._replace(picture=blank)) == 0


def test_the_seed_alone_decides_the_pictures(plain):
    again = photos.generated("plain", SEED, 3)
    for one, other in zip(plain, again, strict=False):
        assert np.array_equal(np.asarray(one.picture), np.asarray(other.picture))
    another = photos.generated("plain", SEED + 1, 1)[0]
    assert another.picture.size != plain[0].picture.size


def test_what_is_timed_is_a_jpeg_file_of_twelve_megapixels(plain):
    with Image.open(io.BytesIO(photos.twelve_megapixels(plain[0]))) as picture:
        assert picture.format == "JPEG"
        assert 12e6 < picture.width * picture.height < 13e6


def test_two_digits_count_among_one():
    one = drawings.on_canvas(drawings.strokes()[0][0], random.Random(SEED))
    assert photos.share_of_several([one, np.tile(one, 2)]) == 0.5


def test_every_figure_is_printed(monkeypatch, capsys, tiny_mnist):
    monkeypatch.setattr(photos, "MEGAPIXELS_12", (400, 300))
    monkeypatch.setattr(photos, "TIMED", ("plain",))
    arguments = ["plain", "--pictures", "2", "--seed", str(SEED), "--data-dir", str(tiny_mnist)]
    photos.main(arguments)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "plain           2 of 2 framed as their digit"
    assert [line[:15].strip() for line in lines[1:]] == ["12 megapixels", "test digits"]


def test_a_kind_that_there_is_not_is_named(capsys):
    with pytest.raises(SystemExit):
        photos.main(["cave_painting"])
    assert "no kind of picture: cave_painting" in capsys.readouterr().err
