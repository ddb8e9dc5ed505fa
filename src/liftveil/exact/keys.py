"""From a password, or none, to the keys of one picture.

1. A salt of 16 random bytes lies openly in the picture; it is fresh, so that every key below serves one message only.
2. With a password, K = Argon2id(password, salt) with 64 MiB, three passes, one lane and 32 bytes; the password is
   UTF-8 of its form NFC. These numbers belong to the version of the format. Without one, K = HKDF-SHA256 of a public
   label, salted likewise: the same path, but anybody can take it. It is a check of integrity, not a lock.
3. HKDF-SHA256, expanding alone, makes five keys of 32 bytes from K, by the names ``order``, ``head``, ``body``,
   ``mask`` and ``tag``.

References:
    RFC 9106 (Argon2), RFC 5869 (HKDF), Unicode Standard Annex 15 (NFC).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from liftveil.errors import PasswordError
from liftveil.exact.keystream import KEY_BYTES

SALT_BYTES: Final = 16
Stretch = Callable[[bytes, bytes], bytes]
"""From a password's bytes and a salt to K, 32 bytes."""

_PUBLIC_LABEL = b"liftveil exact 1 no password"
_NAMES = b"liftveil exact 1 "
_PASSES, _LANES, _MEMORY_KIB = 3, 1, 64 * 1024


@dataclass(frozen=True, repr=False)
class Keys:
    """The keys of one picture, 32 bytes each.

    Attributes:
        order: Of the streams that draw slots (number 0) and order the rest (number 1).
        head: Seals the head.
        body: Seals the body.
        mask: Of the streams that mask the digits of either modulus (numbers 0 and 1).
        tag: Of the message authentication code over the whole picture.
    """

    order: bytes
    head: bytes
    body: bytes
    mask: bytes
    tag: bytes


def argon2id(password: bytes, salt: bytes) -> bytes:
    """Stretch a password, at a cost of 64 MiB and a fraction of a second."""
    stretched = Argon2id(salt=salt, length=KEY_BYTES, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return stretched.derive(password)


def password_bytes(password: str) -> bytes:
    """What of a password is stretched.

    Args:
        password: As typed.

    Returns:
        UTF-8 of its form NFC, so that it does not matter how a keyboard composes letters.

    Raises:
        PasswordError: If it is empty or holds half characters.
    """
    if not password:
        raise PasswordError("password", "is empty; give at least one character")
    try:
        return unicodedata.normalize("NFC", password).encode("utf-8")
    except UnicodeEncodeError:
        # Not chained: the error would carry the password.
        raise PasswordError("password", "holds half characters; give it as text") from None


def derive_keys(password: str | None, salt: bytes, stretch: Stretch = argon2id) -> Keys:
    """The keys of a picture.

    Args:
        password: Not empty, or None.
        salt: 16 bytes.
        stretch: What is done with a password; anything but Argon2id makes pictures that nobody else can open.

    Returns:
        All five keys.

    Raises:
        PasswordError: If the password is empty or no text.
    """
    if password is None:
        master = HKDF(SHA256(), KEY_BYTES, salt=salt, info=b"").derive(_PUBLIC_LABEL)
    else:
        master = stretch(password_bytes(password), salt)
    return Keys(*(_expanded(master, field.name) for field in fields(Keys)))


def _expanded(master: bytes, name: str) -> bytes:
    return HKDFExpand(SHA256(), KEY_BYTES, info=_NAMES + name.encode("ascii")).derive(master)
