"""The layout of the baselines, read by a second decoder written from its description."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftveil.classical import payload_capacity
from liftveil.classical.payload import read_payload, write_payload
from liftveil.errors import CapacityError, PayloadError
from liftveil.exact import bytes_of_digits, digit_count, embed_digits, replace_lsb

SHAPE = (7, 9, 3)
GOLDEN = [11, 3, 2, 1, 8, 6, 0, 7, 4, 10, 5, 9]


def picture(seed=0, shape=SHAPE):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def residues(modulus):
    return lambda samples, digits: embed_digits(samples, digits, modulus, np.zeros(digits.shape, np.bool_))


def order(samples):
    keys = np.random.PCG64(0).random_raw(samples).tolist()
    return sorted(range(samples), key=keys.__getitem__)


@settings(deadline=None, max_examples=100)
@given(data=st.data(), modulus=st.integers(2, 40))
def test_content_lies_where_the_description_says(data, modulus):
    cover = picture()
    content = data.draw(st.binary(max_size=payload_capacity(cover.size, modulus)))
    before = cover.copy()
    stego = write_payload(cover, content, modulus=modulus, pen=residues(modulus))
    in_order = stego.ravel()[order(stego.size)]
    head, body = digit_count(4, modulus), digit_count(len(content), modulus)
    digits = in_order % modulus
    assert int.from_bytes(bytes_of_digits(digits[:head], modulus, 4), "big") == len(content)
    assert bytes_of_digits(digits[head:], modulus, len(content)) == content
    assert np.array_equal(in_order[head + body :], cover.ravel()[order(cover.size)][head + body :])
    assert np.array_equal(cover, before)
    assert read_payload(stego, modulus=modulus) == content


@pytest.mark.parametrize("modulus", [2, 3, 4, 5, 16, 256])
def test_one_byte_more_than_the_capacity_is_refused_with_the_numbers(modulus):
    cover = picture()
    capacity = payload_capacity(cover.size, modulus)
    full = np.random.default_rng(1).bytes(capacity)
    assert read_payload(write_payload(cover, full, modulus=modulus, pen=residues(modulus)), modulus=modulus) == full
    with pytest.raises(CapacityError) as refusal:
        write_payload(cover, full + b"a", modulus=modulus, pen=residues(modulus))
    assert (refusal.value.needed_bytes, refusal.value.capacity_bytes) == (capacity + 1, capacity)


def test_any_pen_of_base_two_is_read():
    content = b"lowest bits"
    for pen in (replace_lsb, residues(2)):
        assert read_payload(write_payload(picture(), content, modulus=2, pen=pen), modulus=2) == content


def test_the_order_is_always_the_same():
    cover = np.zeros(40, np.uint8)
    stego = write_payload(cover, b"\xff", modulus=2, pen=residues(2))
    # four bytes of length, whose last bit alone is 1, then eight bits
    assert np.flatnonzero(stego).tolist() == sorted(order(40)[31:40])
    assert order(12) == GOLDEN


def test_a_short_content_is_spread_over_the_picture():
    cover = np.full((40, 40), 128, np.uint8)
    changed = write_payload(cover, b"\xff" * 100, modulus=2, pen=residues(2)) != cover
    quarters = [changed[r : r + 20, c : c + 20].sum() for r in (0, 20) for c in (0, 20)]
    assert changed.sum() > 800
    assert min(quarters) > 160


@pytest.mark.parametrize("modulus", [2, 3, 5])
def test_a_picture_without_content_is_refused(modulus):
    with pytest.raises(PayloadError, match=r"^(payload: there is none|digits: no message)"):
        read_payload(write_payload(picture(), b"", modulus=modulus, pen=residues(modulus)) ^ 1, modulus=modulus)


@pytest.mark.parametrize("samples", [0, 1, 31])
def test_a_picture_without_room_for_the_head_is_refused(samples):
    cover = picture(shape=(samples,))
    assert payload_capacity(samples, 2) == 0
    with pytest.raises(CapacityError):
        write_payload(cover, b"", modulus=2, pen=residues(2))
    with pytest.raises(PayloadError, match="too small"):
        read_payload(cover, modulus=2)
