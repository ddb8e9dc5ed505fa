"""Ranges and ramps by themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftveil.config import Ramp
from liftveil.config.values import Range

NAN, INFINITY = float("nan"), float("inf")

shares = st.floats(0, 1)
numbers = st.floats(-1e6, 1e6)


class TestRange:
    def test_holds_both_ends(self):
        assert [value for value in (0, 1, 2, 3, 4) if value in Range("from 1 to 3", 1, 3)] == [1, 2, 3]

    @pytest.mark.parametrize("value", [0.9, 3.1, -1, 10**400, NAN, INFINITY, -INFINITY])
    def test_holds_nothing_else(self, value):
        assert value not in Range("from 1 to 3", 1, 3)


class TestRamp:
    @given(numbers, numbers, shares, shares, shares)
    def test_is_a_straight_line_between_two_levels(self, first, last, one, other, progress):
        begin, end = sorted((one, other))
        if end - begin > 1e-9:
            line = np.interp(progress, [begin, end], [first, last])
            assert Ramp(first, last, begin, end).at(progress) == pytest.approx(line, rel=1e-6, abs=1e-3)

    @given(numbers, numbers, shares, shares)
    def test_has_its_first_value_up_to_its_begin_and_its_last_one_from_its_end(self, first, last, one, other):
        begin, end = sorted((one, other))
        ramp = Ramp(first, last, begin, end)
        assert {ramp.at(0), ramp.at(begin)} == {first}
        assert ramp.at(1) == (last if begin < 1 else first)
        assert ramp.at(np.nextafter(end, 2)) == last

    @given(numbers, shares, shares, shares)
    def test_between_equal_values_stands_still(self, value, one, other, progress):
        assert Ramp(value, value, *sorted((one, other))).at(progress) == value

    def test_without_shares_takes_the_whole_run(self):
        assert [Ramp(2, 24).at(progress) for progress in (0, 0.25, 0.5, 1)] == [2, 7.5, 13, 24]

    def test_without_any_between_jumps(self):
        ramp = Ramp(1, 3, 0.5, 0.5)
        assert (ramp.at(0.5), ramp.at(0.5 + 1e-9)) == (1, 3)
