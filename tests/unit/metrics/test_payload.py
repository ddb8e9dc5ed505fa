"""Bits against numpy.unpackbits, and channels of which the capacity is known."""

import numpy as np
import pytest
from scipy.stats import entropy

from liftveil.errors import ShapeError
from liftveil.metrics import bit_error_rates, effective_bpp


def noise(seed, shape=(37, 41, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def unpacked(picture):
    """Bits on a new first axis, the least significant first."""
    return np.moveaxis(np.unpackbits(picture[..., np.newaxis], axis=-1, bitorder="little"), -1, 0)


@pytest.mark.parametrize("shape", [(37, 41, 3), (37, 41), (1, 1)])
def test_rates_are_the_means_of_differing_bits(shape):
    x, y = noise(0, shape), noise(1, shape)
    expected = (unpacked(x) != unpacked(y)).reshape(8, -1).mean(axis=1)
    assert expected.any()
    np.testing.assert_allclose(bit_error_rates(x, y), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("plane", range(8))
def test_the_index_is_the_plane(plane):
    x = noise(0)
    assert list(bit_error_rates(x, x ^ (1 << plane))) == [float(k == plane) for k in range(8)]


def test_one_more_grey_level_can_turn_every_bit_over():
    x = np.full((5, 5), 127, np.uint8)
    assert list(bit_error_rates(x, x + np.uint8(1))) == [1.0] * 8


def test_effective_bits_are_those_of_binary_symmetric_channels():
    x, rng = noise(0, (200, 200, 3)), np.random.default_rng(3)
    y = x.copy()
    for plane in range(8):
        y ^= (rng.random(x.shape) < 0.05 * plane).astype(np.uint8) << plane
    wrong = (unpacked(x) != unpacked(y)).mean(axis=(1, 2))  # plane, channel
    expected = (1 - entropy(np.stack([wrong, 1 - wrong]), base=2, axis=0)).sum()
    assert 5 < expected < 20
    assert effective_bpp(x, y) == pytest.approx(expected, abs=1e-12)


def test_effective_bits_sum_over_channels():
    x, y = noise(0), noise(0) ^ noise(1) & 129
    assert effective_bpp(x, y) == pytest.approx(sum(effective_bpp(x[..., k], y[..., k]) for k in range(3)), abs=1e-12)
    y = x.copy()
    y[..., 0] = noise(2)[..., 0]  # the channels of a picture do not make up for each other
    assert effective_bpp(x, y) == pytest.approx(16, abs=0.05)


def test_all_comes_through_of_identical_pictures_and_nothing_by_chance():
    assert effective_bpp(noise(0), noise(0)) == 24
    assert effective_bpp(noise(0)[..., 0], noise(0)[..., 0]) == 8
    assert 0 <= effective_bpp(noise(0, (500, 500)), noise(1, (500, 500))) < 1e-3


def test_a_plane_that_is_turned_over_brings_nothing():
    assert effective_bpp(noise(0), ~noise(0)) == 0
    assert effective_bpp(noise(0), noise(0) ^ 128) == 21


@pytest.mark.parametrize("measure", [bit_error_rates, effective_bpp])
def test_pictures_of_different_shapes_are_refused(measure):
    with pytest.raises(ShapeError) as refusal:
        measure(noise(0), noise(0)[:1])
    assert refusal.value.actual_shape == (1, 41, 3)
