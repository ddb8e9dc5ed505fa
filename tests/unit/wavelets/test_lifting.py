"""The one-dimensional engine: a bijection on integers, NumPy and torch alike."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from liftveil.errors import ShapeError
from liftveil.invertible import TORCH_FLOAT, TORCH_INTEGER
from liftveil.wavelets import NUMPY_FLOAT, NUMPY_INTEGER, SCHEMES
from liftveil.wavelets.lifting import forward, inverse

schemes = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
law = settings(deadline=None, max_examples=50)


def signals(most, dtype=np.float64):
    """Rows of integers, up to `most` in size."""
    shapes = st.tuples(st.integers(1, 3), st.integers(2, 33))
    elements = st.integers(-most, most).map(float)
    return arrays(dtype, shapes, elements=elements, fill=elements)


@schemes
@law
@given(signal=signals(10**9))
def test_integers_up_to_a_billion_come_back_in_float64(scheme, signal):
    low, high = forward(signal, scheme, NUMPY_INTEGER)
    assert low.shape[-1] == (signal.shape[-1] + 1) // 2
    assert high.shape[-1] == signal.shape[-1] // 2
    assert all(np.array_equal(band, np.rint(band)) for band in (low, high))
    assert np.array_equal(inverse(low, high, scheme, NUMPY_INTEGER), signal)


@schemes
@law
@given(signal=signals(2**20, np.float32))
def test_integers_up_to_twenty_bits_come_back_in_float32(scheme, signal):
    low, high = forward(signal, scheme, NUMPY_INTEGER)
    returned = inverse(low, high, scheme, NUMPY_INTEGER)
    assert low.dtype == high.dtype == returned.dtype == np.float32
    assert np.array_equal(returned, signal)


@schemes
@law
@given(low=signals(10**9), data=st.data())
def test_every_pair_of_integer_bands_is_some_signal_s(scheme, low, data):
    rows, length = low.shape
    shapes = st.tuples(st.just(rows), st.sampled_from([length, length - 1]))
    high = data.draw(arrays(np.float64, shapes, elements=st.integers(-(10**9), 10**9).map(float)))
    signal = inverse(low, high, scheme, NUMPY_INTEGER)
    assert np.array_equal(signal, np.rint(signal))
    again_low, again_high = forward(signal, scheme, NUMPY_INTEGER)
    assert np.array_equal(again_low, low)
    assert np.array_equal(again_high, high)


@schemes
@law
@given(signal=signals(10**6))
def test_float_transform_is_undone_up_to_rounding(scheme, signal):
    low, high = forward(signal, scheme, NUMPY_FLOAT)
    returned = inverse(low, high, scheme, NUMPY_FLOAT)
    np.testing.assert_allclose(returned, signal, rtol=0, atol=1e-12 * max(1.0, np.abs(signal).max()))


@schemes
@law
@given(signal=signals(10**6))
def test_torch_gives_the_same_numbers_as_numpy(scheme, signal):
    tensor = torch.from_numpy(signal)
    for mine, theirs in zip(
        forward(signal, scheme, NUMPY_INTEGER), forward(tensor, scheme, TORCH_INTEGER), strict=True
    ):
        assert np.array_equal(mine, theirs.numpy())
    for mine, theirs in zip(forward(signal, scheme, NUMPY_FLOAT), forward(tensor, scheme, TORCH_FLOAT), strict=True):
        np.testing.assert_allclose(theirs.numpy(), mine, rtol=0, atol=1e-12 * max(1.0, np.abs(mine).max(initial=0)))


@schemes
def test_rows_do_not_see_each_other_and_the_signal_stays_as_it_was(scheme):
    signal = np.random.default_rng(0).integers(-99, 99, (2, 3, 11)).astype(np.float64)
    before = signal.copy()
    low, high = forward(signal, scheme, NUMPY_INTEGER)
    assert np.array_equal(signal, before)
    alone_low, alone_high = forward(signal[1, 2], scheme, NUMPY_INTEGER)
    assert np.array_equal(low[1, 2], alone_low)
    assert np.array_equal(high[1, 2], alone_high)


@schemes
def test_inverse_leaves_the_bands_as_they_were(scheme):
    rng = np.random.default_rng(0)
    low, high = rng.normal(size=(2, 3, 8))
    copies = low.copy(), high.copy()
    inverse(low, high, scheme, NUMPY_FLOAT)
    assert np.array_equal(low, copies[0])
    assert np.array_equal(high, copies[1])


@schemes
@pytest.mark.parametrize("shape", [(3, 1), (3, 0)])
def test_a_single_sample_cannot_be_split(scheme, shape):
    with pytest.raises(ShapeError) as refusal:
        forward(np.zeros(shape), scheme, NUMPY_INTEGER)
    assert refusal.value.actual_shape == shape


@schemes
@pytest.mark.parametrize(
    ("low", "high"),
    [((2, 4), (2, 5)), ((2, 4), (2, 2)), ((2, 4), (1, 4)), ((2, 1), (2, 0))],
    ids=["high too long", "high too short", "other rows", "no high band"],
)
def test_bands_that_no_signal_has_are_refused(scheme, low, high):
    with pytest.raises(ShapeError) as refusal:
        inverse(np.zeros(low), np.zeros(high), scheme, NUMPY_INTEGER)
    assert refusal.value.actual_shape == high
