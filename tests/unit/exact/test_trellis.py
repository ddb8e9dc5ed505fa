import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftveil.errors import CapacityError
from liftveil.exact.trellis import columns, fitting_height, plan, read_syndrome, write_syndrome


def bits(count, seed=0):
    return np.random.default_rng(seed).integers(0, 2, count, dtype=np.uint8)


def ones(count):
    return np.ones(count, np.float32)


@settings(deadline=None, max_examples=80)
@given(
    message_bits=st.integers(1, 400),
    width=st.floats(1, 40),
    height=st.integers(1, 8),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_is_written_is_read(message_bits, width, height, seed):
    count = int(message_bits * width)
    cover, message = bits(count, seed), bits(message_bits, seed + 1)
    costs = np.random.default_rng(seed).random(count, np.float32) + 0.01
    written = write_syndrome(cover, costs, message, height)
    np.testing.assert_array_equal(read_syndrome(written, message_bits, height), message)


@pytest.mark.parametrize("height", [1, 2, 3])
def test_no_other_bits_that_read_alike_are_cheaper(height):
    """All 2^14 changes of a tiny cover, tried one by one."""
    count, message_bits = 14, 5
    cover, message = bits(count, 3), bits(message_bits, 4)
    costs = np.random.default_rng(5).random(count).astype(np.float32)
    cheapest = np.inf
    for change in itertools.product((0, 1), repeat=count):
        tried = cover ^ np.array(change, np.uint8)
        if (read_syndrome(tried, message_bits, height) == message).all():
            cheapest = min(cheapest, float(costs @ np.array(change)))
    written = write_syndrome(cover, costs, message, height)
    assert float(costs[written != cover].sum()) == pytest.approx(cheapest, rel=1e-5)


def binary_entropy_inverse(alpha):
    changes = np.linspace(1e-6, 0.5, 200_001)
    entropy = -changes * np.log2(changes) - (1 - changes) * np.log2(1 - changes)
    return float(np.interp(alpha, entropy, changes))


@pytest.mark.parametrize(("width", "least_share"), [(2, 0.90), (4, 0.87), (10, 0.85), (20, 0.82)])
def test_few_bits_change(width, least_share):
    """With equal costs, message bits for each change come near the bound alpha / H^-1(alpha)."""
    message = bits(3000, 1)
    cover = bits(3000 * width, 2)
    changes = int((write_syndrome(cover, ones(cover.size), message, 10) != cover).sum())
    bound = (1 / width) / binary_entropy_inverse(1 / width)
    assert message.size / changes >= least_share * bound


def test_higher_codes_change_fewer_bits():
    message, cover = bits(2000, 1), bits(20_000, 2)
    changes = [int((write_syndrome(cover, ones(cover.size), message, h) != cover).sum()) for h in (1, 3, 6, 9)]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > 1.3 * changes[-1]


def test_dear_bits_are_left_alone():
    message, cover = bits(1000, 1), bits(10_000, 2)
    costs = np.where(np.arange(10_000) % 2, np.float32(1000), np.float32(1))
    changed = write_syndrome(cover, costs, message, 8) != cover
    assert changed[::2].sum() > 150
    assert changed[1::2].sum() == 0


def test_bits_behind_the_widest_message_are_not_used():
    cover = bits(256 * 70 + 5000)
    written = write_syndrome(cover, ones(cover.size), bits(70), 6)
    np.testing.assert_array_equal(written[256 * 70 :], cover[256 * 70 :])


@settings(deadline=None, max_examples=200)
@given(message_bits=st.integers(1, 100_000), spare=st.integers(0, 3_000_000))
def test_every_cut_has_room_for_its_part(message_bits, spare):
    cut = plan(message_bits + spare, message_bits)
    assert cut.segments * cut.length <= message_bits + spare
    assert cut.segments * cut.part >= message_bits
    assert cut.length >= cut.part
    widths = np.diff(cut.ends, prepend=0)
    assert widths.min() >= 1
    assert widths.max() <= 257
    assert cut.ends[-1] == cut.length


def test_more_than_there_is_room_for_is_refused():
    with pytest.raises(CapacityError) as refusal:
        write_syndrome(bits(99), ones(99), bits(100), 4)
    assert (refusal.value.needed_bytes, refusal.value.capacity_bytes) == (13, 12)


@pytest.mark.parametrize("height", range(1, 13))
def test_columns_reach_from_the_first_to_the_last_bit(height):
    found = columns(height)
    assert found.size == 256
    assert (found & 1).all()
    assert (found >> (height - 1) == 1).all()
    assert len(set(found.tolist())) == min(256, 2 ** max(0, height - 2))


def test_large_covers_take_lower_codes():
    assert fitting_height(3_000_000, 80_000) == 10
    assert fitting_height(36_000_000, 3_000_000) == 6
    assert fitting_height(10**12, 10**12) == 1
    assert fitting_height(10**9, 100) == 10  # only 256 bits for each bit of the message are used
