"""Lowest bits, one case at a time: there are few enough."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from liftveil.errors import PayloadError, ShapeError
from liftveil.exact import match_lsb, read_lsb, replace_lsb

LEVELS = np.arange(256, dtype=np.uint8)
bits_and_samples = arrays(np.uint8, st.integers(0, 40)).flatmap(
    lambda samples: st.tuples(
        st.just(samples), arrays(np.uint8, st.integers(0, samples.size), elements=st.integers(0, 1))
    )
)


@pytest.mark.parametrize("bit", [0, 1])
def test_replacement_writes_the_bit(bit):
    replaced = replace_lsb(LEVELS, np.full(256, bit, np.uint8))
    assert replaced.tolist() == [level - level % 2 + bit for level in range(256)]


@pytest.mark.parametrize(("bit", "upward"), [(0, False), (0, True), (1, False), (1, True)])
def test_matching_moves_by_one_where_it_has_to(bit, upward):
    matched = match_lsb(LEVELS, np.full(256, bit, np.uint8), np.full(256, upward))
    for level, new in enumerate(matched.tolist()):
        up = level == 0 or (upward and level != 255)
        assert new == (level if level % 2 == bit else level + 1 if up else level - 1)


@given(case=bits_and_samples, upward=st.booleans())
def test_bits_come_back_and_the_rest_stays(case, upward):
    samples, bits = case
    before = samples.copy()
    for stego in (replace_lsb(samples, bits), match_lsb(samples, bits, np.full(bits.shape, upward))):
        assert np.array_equal(read_lsb(stego, bits.size), bits)
        assert np.array_equal(stego[bits.size :], samples[bits.size :])
        assert np.array_equal(samples, before)


def test_more_bits_than_samples_are_refused():
    samples, bits = np.zeros(3, np.uint8), np.zeros(4, np.uint8)
    for call in (
        lambda: replace_lsb(samples, bits),
        lambda: match_lsb(samples, bits, bits > 0),
        lambda: replace_lsb(samples.reshape(1, 3), bits[:1]),
        lambda: read_lsb(samples, 4),
        lambda: read_lsb(samples.reshape(1, 3), 1),
    ):
        with pytest.raises(ShapeError):
            call()


def test_what_is_no_bit_is_refused():
    samples, bits = np.zeros(3, np.uint8), np.array([0, 2], np.uint8)
    with pytest.raises(PayloadError):
        replace_lsb(samples, bits)
    with pytest.raises(PayloadError):
        match_lsb(samples, bits, bits > 0)
