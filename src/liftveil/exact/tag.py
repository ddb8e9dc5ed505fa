"""One code over the whole picture, so that any sample that changes is noticed, also one that carries nothing.

The code is HMAC-SHA256 with the key ``tag``, cut to its first 16 bytes, over the associated data of the format (label,
width, height) and all samples in row-major order, where the lowest bits of the 128 tag slots count as 0. Those bits
then hold the code, the most significant bit of each byte first.
"""

from __future__ import annotations

import hmac
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftveil.exact.head import associated
from liftveil.exact.lsb import read_lsb, replace_lsb
from liftveil.exact.radix import bytes_of_digits, digits_of_bytes

TAG_BYTES: Final = 16


def signed(rgb_u8: NDArray[np.uint8], slots: NDArray[np.intp], key: bytes) -> NDArray[np.uint8]:
    """Write the code of a picture into its tag slots.

    Args:
        rgb_u8: Picture (height, width, 3), otherwise ready.
        slots: The 128 tag slots.
        key: The key ``tag``.

    Returns:
        The picture with its code.
    """
    written = rgb_u8.copy()
    samples = written.reshape(-1)
    samples[slots] = replace_lsb(samples[slots], digits_of_bytes(_code(rgb_u8, slots, key), 2))
    return written


def is_signed(rgb_u8: NDArray[np.uint8], slots: NDArray[np.intp], key: bytes) -> bool:
    """Whether a picture holds its own code, found out in constant time.

    Args:
        rgb_u8: Picture (height, width, 3).
        slots: The 128 tag slots.
        key: The key ``tag``.
    """
    held = bytes_of_digits(read_lsb(rgb_u8.reshape(-1)[slots], slots.size), 2, TAG_BYTES)
    return hmac.compare_digest(held, _code(rgb_u8, slots, key))


def _code(rgb_u8: NDArray[np.uint8], slots: NDArray[np.intp], key: bytes) -> bytes:
    height, width = rgb_u8.shape[:2]
    cleared = rgb_u8.copy()
    cleared.reshape(-1)[slots] &= 0xFE
    code = hmac.new(key, associated(width, height), "sha256")
    code.update(cleared.data)
    return code.digest()[:TAG_BYTES]
