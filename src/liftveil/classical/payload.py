"""Where the bytes of the baselines lie in a picture: one layout, whatever writes the digits.

1. The samples of the picture, row-major, are taken in a public order that depends on their number N only: sorted
   (stably) by the first N raw 64-bit outputs of NumPy's PCG64 with seed 0, a stream that NumPy never changes. It
   spreads what is hidden evenly over the picture; it keeps nothing secret.
2. First come 4 bytes, big-endian: the length of the content. Then, as a message of its own, the content. Both are
   digits by the rule of :mod:`liftveil.exact.radix`. The samples behind stay untouched.

There is no key and no check of integrity: this is for measuring, not for keeping.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import CapacityError, PayloadError
from liftveil.exact import bytes_of_digits, capacity_bytes, digit_count, digits_of_bytes, extract_digits

Pen = Callable[[NDArray[np.uint8], NDArray[np.uint8]], NDArray[np.uint8]]
"""Writes digits into as many samples and returns the new samples."""

_HEAD_BYTES = 4
_SEED = 0


def payload_capacity(samples: int, modulus: int) -> int:
    """How many bytes of content a picture holds beside the head.

    Args:
        samples: Samples of the picture, all channels.
        modulus: 2..256; 2 for one bit a sample.

    Raises:
        ConfigError: If there is no such modulus.
    """
    return capacity_bytes(max(0, samples - digit_count(_HEAD_BYTES, modulus)), modulus)


def write_payload(cover_u8: NDArray[np.uint8], content: bytes, *, modulus: int, pen: Pen) -> NDArray[np.uint8]:
    """Hide bytes in a picture.

    Args:
        cover_u8: Picture of any shape, 0..255.
        content: What to hide.
        modulus: Base of the digits, 2..256.
        pen: What changes samples so that their residues are digits.

    Returns:
        Stego of the cover's shape.

    Raises:
        CapacityError: If there is not enough room.
        ConfigError: If there is no such modulus.
    """
    message = len(content).to_bytes(_HEAD_BYTES, "big"), content
    digits = np.concatenate([digits_of_bytes(part, modulus) for part in message])
    if digits.size > cover_u8.size:
        raise CapacityError(len(content), payload_capacity(cover_u8.size, modulus))
    slots = _public_order(cover_u8.size)[: digits.size]
    stego = cover_u8.flatten()
    stego[slots] = pen(stego[slots], digits)
    return stego.reshape(cover_u8.shape)


def read_payload(stego_u8: NDArray[np.uint8], *, modulus: int) -> bytes:
    """Get hidden bytes back; the inverse of :func:`write_payload` with any pen.

    Args:
        stego_u8: Picture of the stego's shape, 0..255.
        modulus: Base of the digits, as at writing.

    Returns:
        The content.

    Raises:
        ConfigError: If there is no such modulus.
        PayloadError: If no content of a possible length is there.
    """
    digits = extract_digits(stego_u8.flatten()[_public_order(stego_u8.size)], modulus)
    head = digit_count(_HEAD_BYTES, modulus)
    if digits.size < head:
        raise PayloadError("payload", "the picture is too small to hold one")
    length = int.from_bytes(bytes_of_digits(digits, modulus, _HEAD_BYTES), "big")
    if length > payload_capacity(stego_u8.size, modulus):
        raise PayloadError("payload", "there is none, or the picture was changed")
    return bytes_of_digits(digits[head:], modulus, length)


@lru_cache(maxsize=1)  # whoever tries moduli needs the same one again and again
def _public_order(samples: int) -> NDArray[np.intp]:
    order = np.argsort(np.random.PCG64(_SEED).random_raw(samples), kind="stable")
    order.flags.writeable = False
    return order
