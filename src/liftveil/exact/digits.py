"""Digits in pixels: each sample moves to the nearest value that leaves the wanted residue.

With digits that are uniform, the mean squared change of a sample away from 0 and 255 is (m^2 - 1) / 12 for odd m and
(m^2 + 2) / 12 for even m.

References:
    Chan and Cheng, "Hiding data in images by simple LSB substitution", Pattern Recognition 37 (2004), 469-474;
    Thien and Lin, "A simple and high-hiding capacity method for hiding digit-by-digit data in images based on modulus
    function", Pattern Recognition 36 (2003), 2875-2881. Both break ties one way; here the caller does.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import PayloadError, ShapeError
from liftveil.exact.radix import block_of

_GREATEST = 255
_AT_ONCE = 2**16  # so that indices, eight times as large as samples, stay in the processor's cache


def embed_digits(
    samples_u8: NDArray[np.uint8], digits: NDArray[np.uint8], modulus: int, upward: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Write one digit into each of the first samples.

    A sample x becomes the value y in 0..255 that is nearest to x among those with ``y % modulus == digit``.

    Args:
        samples_u8: Samples in a row, 0..255.
        digits: Digits in 0..modulus - 1, at most as many as samples.
        modulus: 2..256.
        upward: For each digit, which of two values at the same distance is taken: the greater one where true. Two
            such values exist only if the modulus is even; near 0 and 255 there may be only one.

    Returns:
        A new row; samples behind the last digit are as they were.

    Raises:
        ConfigError: If there is no such modulus.
        PayloadError: If a digit is not below the modulus.
        ShapeError: If there are more digits than samples, or not one choice for each digit.
    """
    block_of(modulus)
    if digits.ndim != 1 or samples_u8.ndim != 1 or digits.size > samples_u8.size:
        raise ShapeError(digits.shape, f"at most {samples_u8.size} digits in a row, one for each sample")
    if upward.shape != digits.shape:
        raise ShapeError(upward.shape, f"one choice for each of {digits.size} digits")
    if digits.max(initial=0) >= modulus:
        raise PayloadError("digits", f"not all are below the modulus {modulus}")
    embedded, table = samples_u8.copy(), nearest_values(modulus)
    for first in range(0, digits.size, _AT_ONCE):
        part = slice(first, min(first + _AT_ONCE, digits.size))
        places = samples_u8[part].astype(np.intp)  # position in the table: x, digit, upward
        places *= modulus
        places += digits[part]
        places *= 2
        places += upward[part]
        np.take(table, places, out=embedded[part], mode="clip")
    return embedded


def extract_digits(samples_u8: NDArray[np.uint8], modulus: int) -> NDArray[np.uint8]:
    """Read one digit from each sample; the inverse of :func:`embed_digits`.

    Args:
        samples_u8: Samples in a row, 0..255.
        modulus: 2..256.

    Returns:
        As many digits in 0..modulus - 1 as samples.

    Raises:
        ConfigError: If there is no such modulus.
    """
    block_of(modulus)
    residues = bytes(value % modulus for value in range(_GREATEST + 1))
    return np.frombuffer(samples_u8.tobytes().translate(residues), np.uint8).reshape(samples_u8.shape)


@cache
def nearest_values(modulus: int) -> NDArray[np.uint8]:
    """The new value for each sample, digit and choice, flattened: a table is faster than 64-bit remainders.

    Args:
        modulus: 2..256.
    """
    sample, digit, upward = np.ogrid[: _GREATEST + 1, :modulus, :2]
    up = (digit - sample) % modulus
    rises = (2 * up < modulus) | ((2 * up == modulus) & (upward == 1))
    # Where one of the two is outside, the other exists: each residue has a value in 0..modulus - 1.
    rises = (rises & (sample + up <= _GREATEST)) | (sample + up < modulus)
    table: NDArray[np.uint8] = (sample + up - np.where(rises, 0, modulus)).astype(np.uint8).ravel()
    table.flags.writeable = False
    return table
