"""Where things lie: every sample of a picture is a slot, and some of them are drawn, in order, without repetition.

Samples are the RGB values in row-major order, N = 3 * width * height of them. Drawing takes a source of 32-bit words,
little-endian: a word r counts if it is below the greatest multiple of N within 2^32; the slot is r mod N, unless it is
taken already, and then it is taken. The order of all slots that are left comes from sorting: see :func:`keyed_order`.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftveil.exact.keystream import Keystream

LEAST_SAMPLES: Final = 2048
MOST_SAMPLES: Final = 2**32 - 1

_PUBLIC_LABEL = b"liftveil exact 1 salt"
_WORD_BYTES = 4
_AT_ONCE = 2**16
_WORTH_THREADS = 2**20


def public_words(width: int, height: int) -> Iterator[int]:
    """Words that everybody can compute: SHA-256 of label, width, height and a counter from 0, again and again.

    The three numbers have four bytes each, little-endian, as the eight words of each digest have.
    """
    size = width.to_bytes(4, "little") + height.to_bytes(4, "little")
    for number in count():
        digest = sha256(_PUBLIC_LABEL + size + number.to_bytes(4, "little")).digest()
        yield from (int.from_bytes(digest[i : i + 4], "little") for i in range(0, len(digest), _WORD_BYTES))


def keyed_words(stream: Keystream) -> Iterator[int]:
    """Words of a keystream."""
    while True:
        yield from stream.take(256 * _WORD_BYTES).view("<u4").tolist()


def drawn_slots(words: Iterator[int], samples: int, count: int, taken: set[int]) -> NDArray[np.intp]:
    """Draw slots by the rule above.

    Args:
        words: 32-bit numbers.
        samples: N, all slots there are.
        count: Slots to draw.
        taken: Slots that may not be drawn; the new ones are added.

    Returns:
        The slots in the order they were drawn in.
    """
    accepted = 2**32 - 2**32 % samples
    slots: list[int] = []
    while len(slots) < count:
        word = next(words)
        slot = word % samples
        if word < accepted and slot not in taken:
            taken.add(slot)
            slots.append(slot)
    return np.array(slots, np.intp)


def keyed_order(stream: Keystream, count: int) -> NDArray[np.uint32]:
    """A permutation of 0..count - 1.

    Number i gets the i-th 64-bit word of the stream, whose lowest b bits are replaced by i itself, with b the bits that
    count - 1 takes, at least one. The permutation lists the numbers as their words ascend.

    Args:
        stream: A keystream, unread.
        count: Numbers to order, 1 to 2^32 - 1.

    Returns:
        The permutation.
    """
    keys = np.empty(count, np.uint64)
    low = np.uint64((1 << max(1, (count - 1).bit_length())) - 1)
    for first in range(0, count, _AT_ONCE):  # parts that stay in the processor's cache
        part = keys[first : first + _AT_ONCE]
        stream.fill(part)
        part &= ~low
        part |= np.arange(first, first + part.size, dtype=np.uint64)
    _sort(keys)
    keys &= low
    return keys.astype(np.uint32)


def _sort(keys: NDArray[np.uint64]) -> None:
    """Sort in place; large arrays as two halves side by side, since numpy's sort lets other threads run."""
    middle = keys.size // 2
    if keys.size < _WORTH_THREADS:
        keys.sort()
        return
    keys.partition(middle)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(np.ndarray.sort, (keys[:middle], keys[middle:])))
