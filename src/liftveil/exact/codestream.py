"""The size of a JPEG XL picture, from its first bytes: what it takes to decode it is known before it is taken.

References:
    ISO/IEC 18181-1:2024, JPEG XL codestream, SizeHeader.
"""

from __future__ import annotations

from typing import final

from liftveil.errors import PayloadError

_SIGNATURE = b"\xff\x0a"
_HEAD_BYTES = 12  # signature and the longest SizeHeader, 70 bits
_SIDE_BITS = (9, 13, 18, 30)
# Width over height, for each way that the header can say it; without one, the width follows as a number.
_RATIOS = (None, (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


@final
class _Bits:
    """Reads numbers from bytes, the least significant bit first; behind the end are zeros."""

    def __init__(self, head: bytes) -> None:
        self._left = int.from_bytes(head, "little")

    def take(self, count: int) -> int:
        number = self._left & ((1 << count) - 1)
        self._left >>= count
        return number


def picture_size(codestream: bytes) -> tuple[int, int]:
    """Height and width of a picture, as its head declares them.

    Args:
        codestream: JPEG XL without a container; the first 12 bytes suffice.

    Returns:
        Height and width in pixels, each at most 2^30.

    Raises:
        PayloadError: If it does not begin like a JPEG XL codestream.
    """
    if not codestream.startswith(_SIGNATURE):
        raise PayloadError("JPEG XL", "does not begin like a codestream")
    bits = _Bits(codestream[len(_SIGNATURE) : _HEAD_BYTES])
    small = bool(bits.take(1))
    height = _side(bits, small=small)
    ratio = _RATIOS[bits.take(3)]
    return height, height * ratio[0] // ratio[1] if ratio else _side(bits, small=small)


def _side(bits: _Bits, *, small: bool) -> int:
    if small:
        return 8 * (1 + bits.take(5))
    return 1 + bits.take(_SIDE_BITS[bits.take(2)])
