"""Bytes as digits: a second spelling with Python's big integers, and what the docstring promises."""

import re
from fractions import Fraction
from functools import cache
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from liftveil.errors import ConfigError, PayloadError, ShapeError
from liftveil.exact import bytes_of_digits, capacity_bytes, digit_count, digits_of_bytes, radix
from liftveil.exact.radix import block_of

moduli = st.integers(2, 256)
messages = st.binary(max_size=150)
law = settings(deadline=None, max_examples=100)


@cache
def oracle_block(modulus):
    """Bits and digits by the rule of the docstring, tried one after the other."""
    best, bits, digits = (0, 1), 0, 1
    while modulus**digits <= 2**64:
        while 2 ** (bits + 1) <= modulus**digits:
            bits += 1
        if bits * best[1] > best[0] * digits:
            best = (bits, digits)
        digits += 1
    return best


def oracle_digits(message, modulus):
    """What a stranger would write from the docstring: strings of bits and whole numbers of any size."""
    bits, count = oracle_block(modulus)
    stream = "".join(f"{byte:08b}" for byte in message)
    spelled = []
    for first in range(0, len(stream), bits):
        word = stream[first : first + bits]
        number, digits = int(word, 2), []
        while modulus ** len(digits) < 2 ** len(word):
            digits.append(number // modulus ** len(digits) % modulus)
        assert len(digits) == count or len(word) < bits
        spelled += reversed(digits)
    return spelled


def test_each_modulus_has_the_best_block():
    assert [block_of(modulus) for modulus in range(2, 257)] == [oracle_block(modulus) for modulus in range(2, 257)]


@law
@given(message=messages, modulus=moduli)
def test_the_spelling_is_the_documented_one(message, modulus):
    digits = digits_of_bytes(message, modulus)
    assert digits.dtype == np.uint8
    assert digits.tolist() == oracle_digits(message, modulus)


@law
@given(message=messages, modulus=moduli, behind=st.lists(st.integers(0, 255), max_size=5))
def test_bytes_come_back_whatever_stands_behind(message, modulus, behind):
    digits = digits_of_bytes(message, modulus)
    assert digits.size == digit_count(len(message), modulus)
    longer = np.concatenate([digits, np.array(behind, np.uint8)])
    assert bytes_of_digits(longer, modulus, len(message)) == message


@law
@given(message=messages, modulus=moduli)
def test_cutting_into_parts_changes_nothing(message, modulus):
    whole = digits_of_bytes(message, modulus)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(radix, "_BLOCKS_AT_ONCE", 8)
        assert np.array_equal(digits_of_bytes(message, modulus), whole)
        assert bytes_of_digits(whole, modulus, len(message)) == message


@pytest.mark.parametrize("modulus", [2, 3, 4, 5])
def test_a_long_message_comes_back(modulus):
    parts = 65_536 * block_of(modulus).bits // 8
    message = np.random.default_rng(modulus).bytes(2 * parts + 12_345)
    digits = digits_of_bytes(message, modulus)
    assert digits.max() == modulus - 1
    assert bytes_of_digits(digits, modulus, len(message)) == message


@law
@given(data=st.data(), length=st.integers(0, 40), modulus=moduli)
def test_each_message_has_one_spelling(data, length, modulus):
    count = digit_count(length, modulus)
    digits = data.draw(arrays(np.uint8, count, elements=st.integers(0, modulus - 1)))
    try:
        message = bytes_of_digits(digits, modulus, length)
    except PayloadError:
        assert modulus**count > 256**length
    else:
        assert np.array_equal(digits_of_bytes(message, modulus), digits)


@law
@given(samples=st.integers(0, 10**8), modulus=moduli)
def test_capacity_is_the_greatest_length_that_fits(samples, modulus):
    length = capacity_bytes(samples, modulus)
    assert digit_count(length, modulus) <= samples < digit_count(length + 1, modulus)


@law
@given(length=st.integers(0, 10**5), modulus=moduli)
def test_a_longer_message_never_takes_fewer_digits(length, modulus):
    assert digit_count(length, modulus) <= digit_count(length + 1, modulus)


def test_the_table_of_the_docstring_is_true():
    rows = re.findall(r"^(?: +\d+){9}$", radix.__doc__, re.MULTILINE)
    numbers = [int(number) for row in rows for number in row.split()]
    told = {numbers[k]: tuple(numbers[k + 1 : k + 3]) for k in range(0, len(numbers), 3)}
    assert told == {modulus: tuple(block_of(modulus)) for modulus in range(2, 11)}


def test_the_loss_is_as_small_as_told():
    used = {modulus: Fraction(*block_of(modulus)) for modulus in range(2, 17)}
    assert all(share >= 0.997 * log2(modulus) for modulus, share in used.items())
    assert all(used[modulus] == log2(modulus) for modulus in (2, 4, 8, 16))


def test_base_two_is_the_bits_of_the_bytes():
    message = bytes(range(256))
    assert np.array_equal(digits_of_bytes(message, 2), np.unpackbits(np.frombuffer(message, np.uint8)))


@pytest.mark.parametrize("modulus", [-3, 0, 1, 257])
def test_other_moduli_are_refused(modulus):
    for call in (block_of, lambda m: digits_of_bytes(b"a", m), lambda m: capacity_bytes(9, m)):
        with pytest.raises(ConfigError, match=f"modulus {modulus} is not in"):
            call(modulus)


def test_too_few_digits_are_refused():
    digits = digits_of_bytes(b"abcdef", 3)
    for wrong in (digits[:-1], digits.reshape(1, -1)):
        with pytest.raises(ShapeError) as refusal:
            bytes_of_digits(wrong, 3, 6)
        assert refusal.value.actual_shape == wrong.shape


@pytest.mark.parametrize(("place", "digit"), [(0, 3), (5, 255)])
def test_a_digit_that_is_none_is_refused(place, digit):
    digits = digits_of_bytes(b"abcdef", 3)
    digits[place] = digit
    with pytest.raises(PayloadError, match="below the modulus 3"):
        bytes_of_digits(digits, 3, 6)


@pytest.mark.parametrize("place", [slice(0, 12), slice(12, None)])
def test_digits_that_no_message_gives_are_refused(place):
    digits = digits_of_bytes(bytes(3), 3)  # a block of 19 bits and one of 5
    digits[place] = 2
    with pytest.raises(PayloadError, match="no message is spelled like this"):
        bytes_of_digits(digits, 3, 3)
