r"""Bytes as digits base m and back, exactly: how a message becomes what residues can carry.

The rule, from which a stranger can write a decoder. For each modulus m there is a block: words of b bits, each
written as n digits. Among all n with :math:`m^n \le 2^{64}`, with :math:`b = \lfloor n \log_2 m \rfloor`, it is the
one of the largest b / n, the smallest n among equals:

===== ======= =======  ===== ======= =======  ===== ======= =======
  m    b bits n digits   m    b bits n digits   m    b bits n digits
===== ======= =======  ===== ======= =======  ===== ======= =======
  2       1       1      5      58      25      8       3       1
  3      19      12      6      31      12      9      19       6
  4       2       1      7      14       5     10      63      19
===== ======= =======  ===== ======= =======  ===== ======= =======

1. The bytes are a stream of bits, the most significant bit of each byte first.
2. The stream is cut into words of b bits, whose first bit is the most significant. Each word is written as n digits
   base m, the most significant digit first.
3. The t < b bits that may be left over are a word of their own, written with the fewest digits that hold them: the
   smallest k with :math:`m^k \ge 2^t`. Nothing is padded, so the digits of a message depend on nothing but the
   message, and each message has one spelling.

Powers of two lose nothing; every other modulus up to 16 at least 99.7 % of :math:`\log_2 m` bits a digit is used.
All sums fit into 64 bits without a sign.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import ConfigError, PayloadError, ShapeError

_BLOCKS_AT_ONCE = 2**16
"""A multiple of 8, so that parts end between bytes; few enough that a part stays in the processor's cache."""


class Block(NamedTuple):
    """How many bits are written as how many digits.

    Attributes:
        bits: Length b of a word, at most 63.
        digits: Length n of its spelling.
    """

    bits: int
    digits: int


@cache
def block_of(modulus: int) -> Block:
    """The block of a modulus, by the rule above.

    Args:
        modulus: Base m of the digits, 2..256.

    Raises:
        ConfigError: If there is no such modulus.
    """
    if not 2 <= modulus <= 256:
        raise ConfigError("config", f"modulus {modulus} is not in 2..256")
    blocks = [Block(_bits_held(digits, modulus), digits) for digits in range(1, 65) if modulus**digits <= 2**64]
    return max(blocks, key=lambda block: Fraction(*block))  # max takes the first of equals


def digit_count(length: int, modulus: int) -> int:
    """How many digits the bytes of a message take.

    Args:
        length: Bytes, at least 0.
        modulus: Base of the digits, 2..256.

    Raises:
        ConfigError: If there is no such modulus.
    """
    block = block_of(modulus)
    words, rest = divmod(8 * length, block.bits)
    return words * block.digits + _digits_for(rest, modulus)


def capacity_bytes(samples: int, modulus: int) -> int:
    """How many bytes fit into so many digits: the largest length whose :func:`digit_count` is no larger.

    Digits behind the last whole block count as well, since a shorter last word takes only the digits it needs.

    Args:
        samples: Digits that there is room for, at least 0.
        modulus: Base of the digits, 2..256.

    Raises:
        ConfigError: If there is no such modulus.
    """
    block = block_of(modulus)
    words, rest = divmod(samples, block.digits)
    return (words * block.bits + _bits_held(rest, modulus)) // 8


def digits_of_bytes(message: bytes, modulus: int) -> NDArray[np.uint8]:
    """Write bytes as digits.

    Args:
        message: Any bytes.
        modulus: Base of the digits, 2..256.

    Returns:
        :func:`digit_count` digits in 0..modulus - 1.

    Raises:
        ConfigError: If there is no such modulus.
    """
    step = block_of(modulus).bits * _BLOCKS_AT_ONCE // 8
    parts = [_spell(message[first : first + step], modulus) for first in range(0, len(message), step)]
    return np.concatenate([np.empty(0, np.uint8), *parts])


def bytes_of_digits(digits: NDArray[np.uint8], modulus: int, length: int) -> bytes:
    """Read bytes from digits; the inverse of :func:`digits_of_bytes`.

    Args:
        digits: At least :func:`digit_count` digits; the ones behind are not looked at.
        modulus: Base of the digits, 2..256.
        length: Bytes of the message.

    Returns:
        The message.

    Raises:
        ConfigError: If there is no such modulus.
        ShapeError: If there are fewer digits than the message takes.
        PayloadError: If no message is spelled like this.
    """
    needed, block = digit_count(length, modulus), block_of(modulus)
    if digits.ndim != 1 or digits.size < needed:
        raise ShapeError(digits.shape, f"at least {needed} digits in a row")
    if digits[:needed].max(initial=0) >= modulus:
        raise PayloadError("digits", f"not all are below the modulus {modulus}")
    parts, step = [], block.bits * _BLOCKS_AT_ONCE // 8
    for first in range(0, length, step):
        part = min(step, length - first)
        start = digit_count(first, modulus)
        parts.append(_read(digits[start : start + digit_count(part, modulus)], modulus, part))
    return b"".join(parts)


def _bits_held(digits: int, modulus: int) -> int:
    """The largest b with 2^b <= modulus^digits."""
    return int(modulus**digits).bit_length() - 1


def _digits_for(bits: int, modulus: int) -> int:
    """The smallest k with modulus^k >= 2^bits."""
    count = 0
    while modulus**count < 2**bits:
        count += 1
    return count


def _spell(message: bytes, modulus: int) -> NDArray[np.uint8]:
    """Digits of a part that holds whole blocks, but for the last."""
    block = block_of(modulus)
    bits = np.unpackbits(np.frombuffer(message, np.uint8))
    whole, rest = np.split(bits, [bits.size - bits.size % block.bits])
    last = _expand(_join(rest.reshape(1, -1), 2), modulus, _digits_for(rest.size, modulus))
    words = _expand(_join(whole.reshape(-1, block.bits), 2), modulus, block.digits)
    return np.concatenate([words.ravel(), last.ravel()])


def _read(digits: NDArray[np.uint8], modulus: int, length: int) -> bytes:
    """The inverse of :func:`_spell`."""
    block = block_of(modulus)
    words, rest = divmod(8 * length, block.bits)
    whole, last = np.split(digits, [words * block.digits])
    bits = _bits(_join(whole.reshape(-1, block.digits), modulus), block.bits)
    return np.packbits(np.concatenate([bits, _bits(_join(last.reshape(1, -1), modulus), rest)])).tobytes()


def _bits(words: NDArray[np.uint64], count: int) -> NDArray[np.uint8]:
    if np.any(words >> np.uint64(count)):
        raise PayloadError("digits", "no message is spelled like this")
    return _expand(words, 2, count).ravel()


def _join(columns: NDArray[np.uint8], base: int) -> NDArray[np.uint64]:
    """One number for each row of digits."""
    words = np.zeros(len(columns), np.uint64)
    for column in columns.T:
        words *= np.uint64(base)
        words += column
    return words


def _expand(words: NDArray[np.uint64], base: int, count: int) -> NDArray[np.uint8]:
    """One row of ``count`` digits for each number; the inverse of :func:`_join`."""
    digits = np.empty((len(words), count), np.uint8)
    for place in reversed(range(count)):
        rest = words // np.uint64(base)
        digits[:, place] = words - rest * np.uint64(base)
        words = rest
    return digits
