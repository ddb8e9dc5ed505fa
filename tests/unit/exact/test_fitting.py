"""The search for a quality, on made-up laws of size."""

from math import log

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liftveil.exact.fitting import highest_that_fits

law = settings(deadline=None, max_examples=300)


class Coder:
    """Sizes of a codec, ranges in place of bytes since only their lengths matter; remembers what it was asked for."""

    def __init__(self, size):
        self.size, self.asked = size, []

    def __call__(self, quality):
        self.asked.append(quality)
        return range(self.length(quality))

    def length(self, quality):
        return max(1, round(self.size(quality)))


def distance(quality):
    """Distance of libjxl, version 0.11, from quality 30 up."""
    return 0.1 + 0.09 * (100 - quality)


def power_law(size_at_one, slope, bend=0.0):
    def size(quality):
        x = log(distance(quality))
        return size_at_one * 2.718281828 ** (-slope * x - bend * x * x)

    return size


@law
@given(
    slope=st.floats(0.4, 0.9),
    bend=st.floats(-0.02, 0.06),
    wanted=st.floats(10, 99.9),
)
@example(slope=0.40234375, bend=0.05859375, wanted=44.0)  # so bent that chords creep
def test_the_room_is_used(slope, bend, wanted):
    size = power_law(130_000, slope, bend)
    most = round(size(wanted))
    coder = Coder(size)
    found = highest_that_fits(coder, most_bytes=most)
    assert 0.99 * most <= len(found.data) <= most
    assert found.quality == pytest.approx(wanted, abs=2)
    assert len(coder.asked) <= 6


@law
@given(most=st.integers(1, 10**6), slope=st.floats(0.05, 3), scale=st.floats(20, 10**6))
def test_the_best_of_what_was_tried_is_given(most, slope, scale):
    coder = Coder(power_law(scale, slope))
    found = highest_that_fits(coder, most_bytes=most)
    assert len(coder.asked) <= 6
    assert len(set(coder.asked)) == len(coder.asked)
    assert all(0 <= quality < 100 for quality in coder.asked)
    fitting = [quality for quality in coder.asked if coder.length(quality) <= most]
    assert found.quality == max(fitting, default=0.0)
    assert len(found.data) == coder.length(found.quality)


@law
@given(most=st.integers(1, 2000), sizes=st.lists(st.integers(1, 2000), min_size=6, max_size=6))
def test_sizes_without_any_order_do_no_harm(most, sizes):
    left = iter(sizes)
    asked = {}

    def encode(quality):
        asked[quality] = next(left)
        return bytes(asked[quality])

    found = highest_that_fits(encode, most_bytes=most)
    fitting = [quality for quality, size in asked.items() if size <= most]
    assert found.quality == max(fitting, default=0.0)
    assert len(found.data) == asked[found.quality]


def test_the_finest_quality_ends_the_search():
    coder = Coder(power_law(100, 0.6))
    assert highest_that_fits(coder, most_bytes=10**6).quality == pytest.approx(99.99)
    assert len(coder.asked) == 2


@pytest.mark.parametrize("most", [0, 1, 900])
def test_without_room_the_coarsest_is_given(most):
    coder = Coder(lambda quality: 1000 + quality)
    found = highest_that_fits(coder, most_bytes=most)
    assert found.quality == 0
    assert len(found.data) == 1000


def test_near_the_aim_few_encodes_suffice():
    size = power_law(130_000, 0.6)
    coder = Coder(size)
    highest_that_fits(coder, most_bytes=round(size(98.5)))
    assert len(coder.asked) <= 4
