"""Least significant bits: the oldest carriers, kept as baselines.

Bits are digits base 2: :func:`liftveil.exact.digits_of_bytes` with modulus 2 turns bytes into them, the most
significant bit of each byte first.

References:
    Sharp, "An implementation of key-based digital signal steganography", IH 2001, LNCS 2137, 13-26 (LSB matching).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import PayloadError, ShapeError
from liftveil.exact.digits import embed_digits, extract_digits


def replace_lsb(samples_u8: NDArray[np.uint8], bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put bits in place of the lowest bits of the first samples (LSB replacement).

    Args:
        samples_u8: Samples in a row, 0..255.
        bits: 0 or 1, at most as many as samples.

    Returns:
        A new row; samples behind the last bit are as they were.

    Raises:
        PayloadError: If a bit is neither 0 nor 1.
        ShapeError: If there are more bits than samples.
    """
    if bits.ndim != 1 or samples_u8.ndim != 1 or bits.size > samples_u8.size:
        raise ShapeError(bits.shape, f"at most {samples_u8.size} bits in a row, one for each sample")
    if bits.max(initial=0) > 1:
        raise PayloadError("bits", "not all are 0 or 1")
    replaced = samples_u8.copy()
    replaced[: bits.size] = (samples_u8[: bits.size] & np.uint8(0xFE)) | bits
    return replaced


def match_lsb(samples_u8: NDArray[np.uint8], bits: NDArray[np.uint8], upward: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Move the first samples by at most 1 so that their lowest bits are the given ones (LSB matching).

    Args:
        samples_u8: Samples in a row, 0..255.
        bits: 0 or 1, at most as many as samples.
        upward: For each bit, whether a sample that has to change goes up; 0 always goes up and 255 always down.

    Returns:
        A new row; samples behind the last bit are as they were.

    Raises:
        PayloadError: If a bit is neither 0 nor 1.
        ShapeError: If there are more bits than samples, or not one choice for each bit.
    """
    return embed_digits(samples_u8, bits, 2, upward)


def read_lsb(samples_u8: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Read the lowest bits of the first samples.

    Args:
        samples_u8: Samples in a row, 0..255.
        count: Bits to read, at most as many as samples.

    Returns:
        ``count`` values, 0 or 1.

    Raises:
        ShapeError: If there are fewer samples.
    """
    if samples_u8.ndim != 1 or samples_u8.size < count:
        raise ShapeError(samples_u8.shape, f"at least {count} samples in a row")
    return extract_digits(samples_u8[:count], 2)
