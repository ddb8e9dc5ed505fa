"""Drawn crops: of every kind, of any size, the same for the same numbers."""

import numpy as np
import pytest

from liftveil.training.graphics import drawn


def many(count=300, height=40, width=56):
    return [drawn(height, width, np.random.default_rng(seed)) for seed in range(count)]


def colours_of(picture):
    return len(np.unique(picture.reshape(-1, 3), axis=0))


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 128), (128, 19)])
def test_is_an_rgb_picture_of_the_size_asked_for(height, width):
    for seed in range(40):
        picture = drawn(height, width, np.random.default_rng(seed))
        assert (picture.shape, picture.dtype) == ((height, width, 3), np.uint8)


def test_depends_on_the_numbers_alone():
    assert all((first == again).all() for first, again in zip(many(30), many(30), strict=True))


def test_is_of_every_kind():
    """A fifth each: flat, in two colours, and with many; lines and boxes of three and more."""
    counts = np.array([colours_of(picture) for picture in many()])
    assert 0.1 < np.mean(counts == 1) < 0.4
    assert 0.08 < np.mean(counts == 2) < 0.35
    assert np.mean((counts > 2) & (counts <= 41)) > 0.08
    assert np.mean(counts > 41) > 0.2


def test_has_the_checkerboard_of_single_pixels_in_black_and_white():
    rows, columns = np.indices((40, 56))
    board = np.repeat(255 * ((rows + columns) % 2)[..., np.newaxis], 3, axis=2)
    assert any((picture == board).all() or (picture == 255 - board).all() for picture in many(3000))


def test_is_black_or_white_often():
    flat = [picture for picture in many(600) if colours_of(picture) == 1]
    extreme = [picture for picture in flat if picture[0, 0, 0] in {0, 255} and len(set(picture[0, 0])) == 1]
    assert 0.3 < len(extreme) / len(flat) < 0.9
    assert {int(picture[0, 0, 0]) for picture in extreme} == {0, 255}
