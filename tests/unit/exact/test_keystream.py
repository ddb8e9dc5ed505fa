import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftveil.exact.keystream import Keystream

KEY = bytes(range(32))


def test_reading_in_parts_gives_the_same_bytes():
    whole, parts = Keystream(KEY).take(200_000), Keystream(KEY)
    np.testing.assert_array_equal(np.concatenate([parts.take(n) for n in (0, 1, 63, 70_000, 129_936)]), whole)


def test_keys_and_numbers_make_streams_of_their_own():
    streams = [Keystream(KEY), Keystream(KEY, 1), Keystream(bytes(32)), Keystream(KEY, 2**32)]
    assert len({stream.take(16).tobytes() for stream in streams}) == len(streams)


def test_words_are_little_endian():
    words = np.empty(3, np.uint64)
    Keystream(KEY).fill(words)
    assert words.tolist() == np.frombuffer(Keystream(KEY).take(24).tobytes(), "<u8").tolist()


def test_bits_are_read_from_the_most_significant_one():
    first, second = Keystream(KEY).take(2).tolist()
    bits = "".join(f"{int(bit)}" for bit in Keystream(KEY).bits(11))
    assert bits == f"{first:08b}{second:08b}"[:11]


@settings(deadline=None, max_examples=60)
@given(modulus=st.integers(2, 256), count=st.integers(0, 500))
def test_digits_follow_the_rule(modulus, count):
    bytes_ = Keystream(KEY).take(4 * count + 2000).tolist()
    accepted = [byte % modulus for byte in bytes_ if byte < 256 - 256 % modulus]
    assert Keystream(KEY).digits(modulus, count).tolist() == accepted[:count]


@pytest.mark.parametrize("modulus", [3, 5, 7, 255])
def test_digits_are_uniform(modulus):
    count = 200_000
    found = np.bincount(Keystream(KEY).digits(modulus, count), minlength=modulus)
    expected = count / modulus
    chi_squared = float(((found - expected) ** 2 / expected).sum())
    # Mean m - 1 and variance 2 (m - 1); a fixed key, so it holds always or never.
    assert abs(chi_squared - (modulus - 1)) < 4 * (2 * (modulus - 1)) ** 0.5
