"""Residues of samples, against a search over all 256 values and the formula for the mean change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from liftveil.errors import ConfigError, PayloadError, ShapeError
from liftveil.exact import embed_digits, extract_digits
from liftveil.metrics import psnr

law = settings(deadline=None, max_examples=200)


def nearest(sample, digit, modulus, upward):
    """The wanted value among all of 0..255."""
    values = [value for value in range(256) if value % modulus == digit]
    return min(values, key=lambda value: (abs(value - sample), -value if upward else value))


@pytest.mark.parametrize("modulus", [2, 3, 4, 5, 6, 7, 8, 9, 16, 100, 128, 255, 256])
def test_every_sample_goes_to_the_nearest_value(modulus):
    grid = np.meshgrid(np.arange(256), np.unique(np.linspace(0, modulus - 1, 9, dtype=int)), [False, True])
    samples, digits, upward = (axis.ravel() for axis in grid)
    moved = embed_digits(samples.astype(np.uint8), digits.astype(np.uint8), modulus, upward)
    cases = zip(samples.tolist(), digits.tolist(), upward.tolist(), strict=True)
    assert moved.tolist() == [nearest(sample, digit, modulus, up) for sample, digit, up in cases]


@law
@given(data=st.data(), modulus=st.integers(2, 256))
def test_digits_come_back_and_the_rest_stays(data, modulus):
    samples = data.draw(arrays(np.uint8, st.integers(0, 40)))
    count = data.draw(st.integers(0, samples.size))
    digits = data.draw(arrays(np.uint8, count, elements=st.integers(0, modulus - 1)))
    upward = data.draw(arrays(np.bool_, count))
    before = samples.copy()
    stego = embed_digits(samples, digits, modulus, upward)
    assert stego.dtype == np.uint8
    assert np.array_equal(extract_digits(stego, modulus)[:count], digits)
    assert np.array_equal(stego[count:], samples[count:])
    assert np.array_equal(samples, before)
    assert np.array_equal(embed_digits(stego, digits, modulus, ~upward), stego)


@pytest.mark.parametrize("modulus", range(2, 17))
def test_the_mean_change_is_the_known_one(modulus):
    rng = np.random.default_rng(modulus)
    samples = rng.integers(64, 192, 10**6, np.uint8)
    digits = rng.integers(0, modulus, samples.size, np.uint8)
    stego = embed_digits(samples, digits, modulus, rng.random(samples.size) < 0.5)
    expected = (modulus**2 - 1) / 12 if modulus % 2 else (modulus**2 + 2) / 12
    assert psnr(samples, stego) == pytest.approx(10 * np.log10(255**2 / expected), abs=0.02)
    change = stego.astype(float) - samples
    assert abs(change.mean()) < 5 * np.sqrt(expected / samples.size)


@pytest.mark.parametrize("modulus", [2, 3, 7, 255, 256])
def test_digits_are_remainders(modulus):
    samples = np.arange(256, dtype=np.uint8)
    assert extract_digits(samples, modulus).tolist() == [value % modulus for value in range(256)]


@pytest.mark.parametrize("modulus", [0, 1, 257])
def test_other_moduli_are_refused(modulus):
    samples, digits = np.zeros(3, np.uint8), np.zeros(2, np.uint8)
    with pytest.raises(ConfigError):
        embed_digits(samples, digits, modulus, digits > 0)
    with pytest.raises(ConfigError):
        extract_digits(samples, modulus)


@pytest.mark.parametrize(
    ("samples", "digits", "upward"),
    [((3,), (4,), (4,)), ((3,), (2,), (3,)), ((3,), (1, 2), (1, 2)), ((2, 3), (2,), (2,))],
)
def test_wrong_shapes_are_refused(samples, digits, upward):
    with pytest.raises(ShapeError):
        embed_digits(np.zeros(samples, np.uint8), np.zeros(digits, np.uint8), 3, np.zeros(upward, np.bool_))


def test_a_digit_that_is_none_is_refused():
    with pytest.raises(PayloadError, match="below the modulus 3"):
        embed_digits(np.zeros(3, np.uint8), np.array([0, 3], np.uint8), 3, np.zeros(2, np.bool_))
