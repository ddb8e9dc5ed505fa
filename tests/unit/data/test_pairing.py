"""The benchmark's pairing, and turning by Pillow as oracle."""

import numpy as np
import pytest
from PIL import Image

from liftveil.data import benchmark_partner, oriented_like


def test_the_24_pictures_of_the_benchmark_hide_the_fifth_after_them():
    assert [benchmark_partner(index, 24) for index in (0, 1, 18, 19, 23)] == [5, 6, 23, 0, 4]


@pytest.mark.parametrize("count", range(2, 31))
def test_every_picture_is_hidden_once_and_never_in_itself(count):
    partners = [benchmark_partner(index, count) for index in range(count)]
    assert sorted(partners) == list(range(count))
    assert all(partner != index for index, partner in enumerate(partners))


def picture(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("secret", "cover"), [((6, 4), (20, 30)), ((4, 6), (30, 20))])
def test_a_secret_of_the_other_orientation_is_turned_counter_clockwise(secret, cover):
    original = picture(*secret)
    turned = oriented_like(original, picture(*cover))
    expected = Image.fromarray(original).transpose(Image.Transpose.ROTATE_90)
    assert np.array_equal(turned, np.asarray(expected))
    assert turned.flags.c_contiguous


@pytest.mark.parametrize(("secret", "cover"), [((6, 4), (30, 20)), ((4, 6), (20, 30)), ((5, 5), (6, 6))])
def test_a_secret_of_the_same_orientation_is_left_alone(secret, cover):
    original = picture(*secret)
    assert oriented_like(original, picture(*cover)) is original
