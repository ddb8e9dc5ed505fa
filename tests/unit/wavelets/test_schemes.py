"""Each scheme against its published formula, written in Python integers one sample at a time."""

from dataclasses import FrozenInstanceError
from math import floor, sqrt

import numpy as np
import pytest

from liftveil.wavelets import NUMPY_FLOAT, NUMPY_INTEGER, SCHEMES
from liftveil.wavelets.lifting import forward


def mirrored(position, length):
    """Whole-sample symmetric extension."""
    period = 2 * (length - 1)
    position %= period
    return min(position, period - position)


def lift(samples, start, change):
    """Add `change(around)` to every second sample; `around(k)` is the sample k places away."""
    lifted = list(samples)
    for here in range(start, len(samples), 2):
        lifted[here] += change(lambda k, here=here: samples[mirrored(here + k, len(samples))])
    return lifted


def s_transform(x):
    pairs = [(x[n + 1] - x[n], x[n] + (x[n + 1] - x[n]) // 2) for n in range(0, len(x) - 1, 2)]
    return [low for _, low in pairs] + x[2 * len(pairs) :], [high for high, _ in pairs]


def update_5_3(around):
    return (around(-1) + around(1) + 2) // 4


def legall_5_3(x):
    x = lift(x, 1, lambda around: -((around(-1) + around(1)) // 2))
    x = lift(x, 0, update_5_3)
    return x[0::2], x[1::2]


def cdf_9_7_m(x):
    x = lift(x, 1, lambda around: (around(-3) + around(3) - 9 * (around(-1) + around(1)) + 8) // 16)
    x = lift(x, 0, update_5_3)
    return x[0::2], x[1::2]


def cdf_9_7(x):
    """Figures of ISO/IEC 15444-1, table F.4."""
    weights = (-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971)
    for start, weight in zip((1, 0, 1, 0), weights, strict=True):
        x = lift(x, start, lambda around, w=weight: floor(w * around(-1) + w * around(1) + 0.5))
    return x[0::2], x[1::2]


PUBLISHED = {"haar": s_transform, "legall5/3": legall_5_3, "9/7-m": cdf_9_7_m, "cdf9/7": cdf_9_7}
VANISHING_MOMENTS = {"haar": 1, "legall5/3": 2, "9/7-m": 4, "cdf9/7": 4}


def test_every_scheme_is_tested_here_and_stands_under_its_own_name():
    assert set(SCHEMES) == set(PUBLISHED) == set(VANISHING_MOMENTS)
    assert all(scheme.name == name for name, scheme in SCHEMES.items())


def test_schemes_cannot_be_changed():
    with pytest.raises(TypeError):
        SCHEMES["haar"] = SCHEMES["9/7-m"]
    with pytest.raises(FrozenInstanceError):
        SCHEMES["haar"].detail_gain = 1.0


@pytest.mark.parametrize("length", range(2, 20))
@pytest.mark.parametrize("name", SCHEMES)
def test_integer_transform_is_the_published_one(name, length):
    signals = np.random.default_rng(length).integers(-300, 300, (20, length))
    low, high = forward(signals.astype(np.float64), SCHEMES[name], NUMPY_INTEGER)
    for row, signal in enumerate(signals):
        published_low, published_high = PUBLISHED[name](signal.tolist())
        assert low[row].tolist() == published_low
        assert high[row].tolist() == published_high


@pytest.mark.parametrize("name", SCHEMES)
def test_details_of_a_polynomial_vanish_up_to_the_scheme_s_order(name):
    n = np.arange(64.0) / 64
    orders = [np.abs(forward(n**k, SCHEMES[name], NUMPY_FLOAT)[1][4:-4]).max() for k in range(5)]
    moments = VANISHING_MOMENTS[name]
    assert max(orders[:moments]) < 1e-11
    assert orders[moments] > 1e-7


@pytest.mark.parametrize("name", SCHEMES)
def test_gains_give_constant_and_alternating_signals_the_orthonormal_size(name):
    constant = np.ones(32)
    alternating = np.resize([1.0, -1.0], 32)
    low, high = forward(constant, SCHEMES[name], NUMPY_FLOAT)
    np.testing.assert_allclose(low, sqrt(2), rtol=1e-9)
    np.testing.assert_allclose(high, 0, atol=1e-9)
    low, high = forward(alternating, SCHEMES[name], NUMPY_FLOAT)
    np.testing.assert_allclose(low[2:-2], 0, atol=1e-9)
    np.testing.assert_allclose(high[2:-2], -sqrt(2), rtol=1e-9)


@pytest.mark.parametrize("name", SCHEMES)
def test_gains_cancel_so_that_the_float_transform_keeps_volume(name):
    assert SCHEMES[name].approximation_gain * SCHEMES[name].detail_gain == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("name", SCHEMES)
def test_reach_is_how_far_beyond_its_pair_a_coefficient_sees(name):
    """Row k of the bands is what an impulse at k leaves; pair 16 is at 32 and 33."""
    bands = forward(np.eye(64), SCHEMES[name], NUMPY_FLOAT)
    seen = np.concatenate([np.nonzero(band[:, 16])[0] for band in bands])
    assert max(32 - seen.min(), seen.max() - 33) == SCHEMES[name].reach
