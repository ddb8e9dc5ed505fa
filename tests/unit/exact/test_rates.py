import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftveil.errors import CapacityError, ConfigError
from liftveil.exact.digits import embed_digits
from liftveil.exact.head import DigitLayout
from liftveil.exact.radix import capacity_bytes
from liftveil.exact.rates import (
    capacity_at,
    layout_bytes,
    most_bytes,
    smallest_layout,
    squared_errors,
)
from liftveil.metrics import psnr


def photograph(side=200):
    """Samples away from 0 and 255, a few at either end."""
    rng = np.random.default_rng(0)
    return np.clip(rng.normal(128, 60, (side, side, 3)), 0, 255).astype(np.uint8)


def test_both_parts_are_counted():
    assert layout_bytes(DigitLayout(1, 3, 500, 100)) == (0, capacity_bytes(100, 3))
    assert layout_bytes(DigitLayout(5, 7, 500, 100)) == (capacity_bytes(500, 5), capacity_bytes(100, 7))


@settings(deadline=None, max_examples=100)
@given(slots=st.integers(1300, 5000), share=st.floats(0, 1))
def test_the_smallest_layout_is_the_smallest(slots, share):
    needed = round(share * most_bytes(slots))
    layout = smallest_layout(slots, needed)
    assert layout.second_modulus == layout.first_modulus + 2
    assert layout.first_count + layout.second_count == slots
    assert sum(layout_bytes(layout)) >= needed
    if layout.first_modulus > 1:  # all slots of the next smaller modulus do not suffice
        assert capacity_bytes(slots, layout.first_modulus) < needed
    if layout.first_modulus > 15:  # where blocks of 64 bits may waste more than two moduli differ in
        return
    less = layout.second_count - 128  # words of digits
    if less >= 0:
        smaller = DigitLayout(layout.first_modulus, layout.second_modulus, slots - less, less)
        assert sum(layout_bytes(smaller)) < needed


def test_one_byte_too_many_is_refused_with_both_numbers():
    most = most_bytes(3000)
    assert most == capacity_bytes(3000, 255)
    assert sum(layout_bytes(smallest_layout(3000, most))) >= most
    with pytest.raises(CapacityError) as refusal:
        smallest_layout(3000, most + 1)
    assert (refusal.value.needed_bytes, refusal.value.capacity_bytes) == (most + 1, most)


@pytest.mark.parametrize("modulus", [3, 5, 7, 31])
def test_expected_errors_are_those_of_random_digits(modulus):
    cover = photograph()
    digits = np.random.default_rng(1).integers(0, modulus, cover.size, dtype=np.uint8)
    stego = embed_digits(cover.reshape(-1), digits, modulus, np.zeros(digits.size, np.bool_))
    measured = np.square(stego.astype(float) - cover.reshape(-1)).mean()
    assert squared_errors(cover)[modulus] == pytest.approx(measured, rel=0.02)


def test_in_the_middle_of_the_range_errors_are_those_of_theory():
    errors = squared_errors(np.full(9, 128, np.uint8))
    assert [errors[m] for m in (1, 3, 5, 7)] == pytest.approx([(m**2 - 1) / 12 for m in (1, 3, 5, 7)])


@pytest.mark.parametrize("least_db", [56.0, 50.0, 46.3, 44.0, 40.0, 30.0])
def test_a_full_cover_keeps_the_quality_and_not_much_more(least_db):
    cover = photograph()
    room = capacity_at(cover, cover.size, least_db)
    layout = smallest_layout(cover.size, room)
    rng, parts = np.random.default_rng(2), []
    counts = (layout.first_count, layout.second_count)
    order = rng.permutation(cover.size)
    shuffled, first = cover.reshape(-1)[order], 0
    for modulus, count in zip((layout.first_modulus, layout.second_modulus), counts, strict=True):
        samples = shuffled[first : first + count]
        digits = rng.integers(0, modulus, count, dtype=np.uint8)
        parts.append(samples if modulus == 1 else embed_digits(samples, digits, modulus, np.ones(count, np.bool_)))
        first += count
    found = psnr(shuffled.reshape(cover.shape), np.concatenate(parts).reshape(cover.shape))
    assert least_db <= found <= least_db + 0.2


def test_any_quality_has_its_capacity_but_no_number_has_none():
    rooms = [
        capacity_at(photograph(), 100_000, least_db)
        for least_db in (float("inf"), 100.0, 30.0, 0.0, -50.0, -4000.0, float("-inf"))
    ]
    assert rooms == sorted(rooms)
    assert rooms[0] == 0
    assert rooms[-1] == most_bytes(100_000)
    with pytest.raises(ConfigError, match="is no number"):
        capacity_at(photograph(), 100_000, float("nan"))


def test_nothing_fits_where_nothing_may_change():
    assert capacity_at(photograph(), 100_000, 120.0) == 0
