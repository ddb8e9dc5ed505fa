"""The head: 48 bytes that say how the body lies in the picture, sealed to 64.

All numbers are little-endian:

====== ===== ==============================================================================================
offset bytes meaning
====== ===== ==============================================================================================
     0     1 version of the format, 1
     1     1 how the body is written: 0 as digits, 1 by a syndrome-trellis code
     2     2 modulus m1, odd, 1 to 253; 0 with a code
     4     2 modulus m2 = m1 + 2; 0 with a code
     6     4 slots written in digits modulo m1; 0 with a code
    10     4 slots written in digits modulo m2; 0 with a code
    14     1 constraint height of the code, 1 to 12; 0 with digits
    15     1 zero
    16     8 length of the sealed body in bytes, its authentication included
    24    24 zeros
====== ===== ==============================================================================================

It is sealed by ChaCha20-Poly1305 (RFC 8439) with the key ``head``, a nonce of zeros, and the picture's size as
associated data: a label, width and height, four bytes each.
"""

from __future__ import annotations

import struct
from dataclasses import astuple, dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from liftveil.errors import PayloadError

HEAD_BYTES: Final = 64
SEAL_BYTES: Final = 16
NONCE: Final = bytes(12)
GREATEST_MODULUS: Final = 255
GREATEST_HEIGHT: Final = 12

_VERSION = 1
_DIGITS, _TRELLIS = 0, 1
_FIELDS = struct.Struct("<BBHHIIBxQ24x")
_LABEL = b"liftveil exact 1 "


@dataclass(frozen=True)
class DigitLayout:
    """A body in digits: the first slots modulo m1, the rest modulo m2.

    Attributes:
        first_modulus: m1, odd, from 1 (slots that stay as they are) to 253.
        second_modulus: m2 = m1 + 2.
        first_count: Slots modulo m1.
        second_count: Slots modulo m2.
    """

    first_modulus: int
    second_modulus: int
    first_count: int
    second_count: int


@dataclass(frozen=True)
class TrellisLayout:
    """A body in lowest bits, by a syndrome-trellis code.

    Attributes:
        constraint_height: Of the code, 1 to 12.
    """

    constraint_height: int


@dataclass(frozen=True)
class Head:
    """What the head says.

    Attributes:
        layout: How the body is written.
        body_bytes: Length of the sealed body.
    """

    layout: DigitLayout | TrellisLayout
    body_bytes: int


def associated(width: int, height: int) -> bytes:
    """What is authenticated beside anything sealed: the label and the picture's size."""
    return _LABEL + width.to_bytes(4, "little") + height.to_bytes(4, "little")


def sealed_head(head: Head, key: bytes, width: int, height: int) -> bytes:
    """Write and seal a head.

    Args:
        head: What it says.
        key: The key ``head``.
        width: Of the picture.
        height: Of the picture.

    Returns:
        64 bytes.
    """
    return ChaCha20Poly1305(key).encrypt(NONCE, written_head(head), associated(width, height))


def opened_head(sealed: bytes, key: bytes, width: int, height: int) -> Head | None:
    """Open a head; the inverse of :func:`sealed_head`.

    Args:
        sealed: 64 bytes.
        key: The key ``head``.
        width: Of the picture.
        height: Of the picture.

    Returns:
        What it says, or None if it is none of this key.

    Raises:
        PayloadError: If it is authentic, but of another version or without sense.
    """
    try:
        fields = ChaCha20Poly1305(key).decrypt(NONCE, sealed, associated(width, height))
    except InvalidTag:
        return None
    return parsed_head(fields)


def parsed_head(fields: bytes) -> Head:
    """Read the fields of a head, and refuse what no writer of this version makes.

    Args:
        fields: 48 bytes.

    Returns:
        What they say.

    Raises:
        PayloadError: If they are of another version or without sense.
    """
    version, kind, *moduli, height, body_bytes = _FIELDS.unpack(fields)
    if version != _VERSION:
        raise PayloadError("head", f"of version {version} of the format, which this liftveil does not know")
    layout = DigitLayout(*moduli) if kind == _DIGITS else TrellisLayout(height)
    head = Head(layout, body_bytes)
    usual = _digits_serve(*moduli) if kind == _DIGITS else 1 <= height <= GREATEST_HEIGHT
    # Packing it again finds everything else: an unknown kind, and whatever ought to be zero.
    if not usual or body_bytes < SEAL_BYTES or written_head(head) != fields:
        raise PayloadError("head", "without sense")
    return head


def written_head(head: Head) -> bytes:
    """The 48 bytes of a head; the inverse of :func:`parsed_head`."""
    layout = head.layout
    if isinstance(layout, DigitLayout):
        return _FIELDS.pack(_VERSION, _DIGITS, *astuple(layout), 0, head.body_bytes)
    return _FIELDS.pack(_VERSION, _TRELLIS, 0, 0, 0, 0, layout.constraint_height, head.body_bytes)


def _digits_serve(first: int, second: int, _first_count: int, _second_count: int) -> bool:
    return first % 2 == 1 and second == first + 2 and second <= GREATEST_MODULUS
