from hashlib import sha256
from itertools import islice

import numpy as np
import pytest

from liftveil.exact import slots
from liftveil.exact.keystream import Keystream
from liftveil.exact.slots import drawn_slots, keyed_order, keyed_words, public_words

KEY = bytes(range(32))


def test_public_words_are_those_of_the_rule():
    digests = b"".join(
        sha256(b"liftveil exact 1 salt" + bytes([9, 0, 0, 0, 7, 1, 0, 0, n, 0, 0, 0])).digest() for n in range(3)
    )
    words = [int.from_bytes(digests[i : i + 4], "little") for i in range(0, 80, 4)]
    assert list(islice(public_words(9, 263), 20)) == words


def test_keyed_words_are_read_in_order():
    words = np.frombuffer(Keystream(KEY).take(4 * 600).tobytes(), "<u4").tolist()
    assert list(islice(keyed_words(Keystream(KEY)), 600)) == words


def test_drawing_skips_what_is_taken_and_what_would_be_unfair():
    unfair = 2**32 - 2**32 % 10
    taken = {3}
    drawn = drawn_slots(iter([unfair, 13, 25, 5, 47, 2**32 - 1, 8]), 10, 3, taken)
    assert drawn.tolist() == [5, 7, 8]
    assert taken == {3, 5, 7, 8}


def test_all_slots_can_be_drawn():
    assert sorted(drawn_slots(public_words(4, 4), 48, 48, set())) == list(range(48))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 1000, 70_000])
def test_order_is_that_of_the_rule(count):
    words = np.frombuffer(Keystream(KEY, 1).take(8 * count).tobytes(), "<u8").tolist()
    low = (1 << max(1, (count - 1).bit_length())) - 1
    expected = [key & low for key in sorted(word & ~low | i for i, word in enumerate(words))]
    order = keyed_order(Keystream(KEY, 1), count)
    assert order.dtype == np.uint32
    assert order.tolist() == expected


def test_large_orders_are_sorted_alike(monkeypatch):
    whole = keyed_order(Keystream(KEY), 30_001)
    monkeypatch.setattr(slots, "_WORTH_THREADS", 100)
    np.testing.assert_array_equal(keyed_order(Keystream(KEY), 30_001), whole)


def test_order_spreads_neighbours():
    order = keyed_order(Keystream(KEY), 100_000).astype(int)
    assert abs(np.corrcoef(order, np.arange(order.size))[0, 1]) < 0.02
    # Of two numbers in random order, the distance is a third of the whole on the average.
    assert abs(np.abs(np.diff(order)).mean() / order.size - 1 / 3) < 0.01
