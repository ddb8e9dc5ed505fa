"""A cache that is bounded by bytes, also when many threads ask at once."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from liftveil.data.cache import PictureCache


class Decoder:
    """Makes arrays of as many bytes as a path's name says, and remembers for whom."""

    def __init__(self):
        self.asked = []

    def __call__(self, path):
        self.asked.append(path.stem)
        return np.zeros(int(path.suffix[1:]), np.uint8)


@pytest.fixture
def decoder():
    return Decoder()


def ask(cache, names):
    return [cache(Path(name)) for name in names.split()]


def test_a_kept_picture_is_the_same_array(decoder):
    cache = PictureCache(decoder, 100)
    first, other, again = ask(cache, "a.10 b.20 a.10")
    assert again is first
    assert other.nbytes == 20
    assert decoder.asked == ["a", "b"]
    assert cache.kept_bytes == 30


def test_the_bytes_are_bounded_not_the_count(decoder):
    cache = PictureCache(decoder, 5000)
    for number in range(5000):
        cache(Path(f"{number}.1"))
    assert cache.kept_bytes == 5000
    cache(Path("large.4990"))
    assert cache.kept_bytes == 5000
    decoder.asked.clear()
    ask(cache, "large.4990 4999.1 4990.1")
    assert decoder.asked == []
    cache(Path("4989.1"))
    assert decoder.asked == ["4989"]


def test_the_least_recently_used_make_room(decoder):
    cache = PictureCache(decoder, 30)
    ask(cache, "a.10 b.10 c.10 a.10 d.10")  # b goes
    assert cache.kept_bytes == 30
    ask(cache, "a.10 c.10 d.10")
    assert decoder.asked == ["a", "b", "c", "d"]
    ask(cache, "e.15")  # a and c go
    assert cache.kept_bytes == 25
    ask(cache, "d.10 c.10 b.10 a.10")
    assert decoder.asked == ["a", "b", "c", "d", "e", "c", "b", "a"]


def test_a_picture_that_is_too_large_drives_nothing_out(decoder):
    cache = PictureCache(decoder, 30)
    [_, large, exact] = ask(cache, "a.10 b.31 c.20")
    assert (large.nbytes, exact.nbytes) == (31, 20)
    ask(cache, "a.10 c.20 b.31")
    assert decoder.asked == ["a", "b", "c", "b"]
    assert cache.kept_bytes == 30
    ask(cache, "d.30 d.30")
    assert decoder.asked == ["a", "b", "c", "b", "d"]


def test_what_cannot_be_decoded_leaves_the_cache_as_it_was():
    def fail(path):
        raise OSError(path)

    cache = PictureCache(fail, 30)
    for _ in range(2):
        with pytest.raises(OSError, match=r"a\.10"):
            cache(Path("a.10"))
    assert cache.kept_bytes == 0


def test_those_who_decode_a_picture_at_the_same_time_get_the_same_array():
    together = threading.Barrier(4, timeout=60)

    def decode(_):
        together.wait()  # ends only if all four are here, so nobody waits for another's decoding
        return np.zeros(10, np.uint8)

    cache = PictureCache(decode, 100)
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(cache, [Path("a")] * 4)
    assert [other is first for other in others] == [True] * 3
    assert cache.kept_bytes == 10


def test_the_count_of_bytes_is_right_after_many_threads_have_asked(decoder):
    cache = PictureCache(decoder, 300)
    names = [f"{number}.{number % 40 + 1}" for number in range(60)]

    def ask_at_random(seed):
        chosen = random.Random(seed).choices(names, k=2000)
        return all(cache(Path(name)).nbytes == int(name.split(".")[1]) for name in chosen)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask_at_random, range(8)))
    assert 260 <= cache.kept_bytes <= 300
    cache(Path("last.300"))
    assert cache.kept_bytes == 300
