"""The factors of structural similarity against SciPy's Gaussian filter."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from liftveil.metrics.structure import RADIUS_PX, WINDOW_PX, local_factors


def means(x):
    """Gaussian means of SciPy, where the window fits whole."""
    inner = slice(RADIUS_PX, -RADIUS_PX)
    return gaussian_filter(x, sigma=1.5, truncate=RADIUS_PX / 1.5)[inner, inner]


@pytest.fixture
def channels():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 255, (23, 31))
    return x, np.clip(x + rng.normal(0, 20, x.shape), 0, 255)


def test_factors_are_those_of_the_formulas(channels):
    x, y = channels
    c1, c2 = 6.5025, 58.5225
    variances = means((x - 100) ** 2) - means(x - 100) ** 2 + means((y - 100) ** 2) - means(y - 100) ** 2
    covariance = means((x - 100) * (y - 100)) - means(x - 100) * means(y - 100)
    luminance, structure = local_factors(x, y)
    assert luminance.shape == structure.shape == (13, 21)
    np.testing.assert_allclose(structure, (2 * covariance + c2) / (variances + c2), rtol=0, atol=1e-9)
    expected = (2 * means(x) * means(y) + c1) / (means(x) ** 2 + means(y) ** 2 + c1)
    np.testing.assert_allclose(luminance, expected, rtol=0, atol=1e-9)


def test_a_channel_is_exactly_like_itself(channels):
    for factor in local_factors(channels[0], channels[0].copy()):
        np.testing.assert_array_equal(factor, 1)


def test_inverted_structure_is_negative(channels):
    assert local_factors(channels[0], 255 - channels[0]).structure.max() < 0


def test_the_window_is_eleven_pixels_wide():
    impulse = np.zeros((41, 41))
    impulse[20, 20] = 255
    changed = local_factors(impulse, np.zeros((41, 41))).luminance < 1
    rows = np.flatnonzero(changed.any(axis=1))
    assert WINDOW_PX == 11
    assert rows.min() + RADIUS_PX >= 20 - RADIUS_PX
    assert rows.max() + RADIUS_PX <= 20 + RADIUS_PX
    np.testing.assert_array_equal(changed, changed.T)
