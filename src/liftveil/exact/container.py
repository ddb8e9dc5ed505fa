"""Messages in pictures: format 1, as docs/theory/exact-format.md describes it.

The parts, each in a module of its own: slots that are drawn and ordered (``slots``), keys (``keys``), the head
(``head``), the message as bytes (``body``), moduli (``rates``), digits and codes in slots (``writing``), and the code
over all samples (``tag``).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from numpy.typing import NDArray

from liftveil.errors import CapacityError, PayloadError, ShapeError
from liftveil.exact.body import Message, packed, packed_bytes, unpacked
from liftveil.exact.costs import hill
from liftveil.exact.head import (
    HEAD_BYTES,
    NONCE,
    SEAL_BYTES,
    DigitLayout,
    Head,
    TrellisLayout,
    associated,
    opened_head,
    sealed_head,
)
from liftveil.exact.keys import SALT_BYTES, Keys, Stretch, argon2id, derive_keys
from liftveil.exact.keystream import KEY_BYTES, Keystream
from liftveil.exact.lsb import match_lsb, read_lsb
from liftveil.exact.radix import bytes_of_digits, digits_of_bytes
from liftveil.exact.rates import layout_bytes, most_bytes, smallest_layout
from liftveil.exact.slots import (
    LEAST_SAMPLES,
    MOST_SAMPLES,
    drawn_slots,
    keyed_order,
    keyed_words,
    public_words,
)
from liftveil.exact.tag import TAG_BYTES, is_signed, signed
from liftveil.exact.trellis import fitting_height
from liftveil.exact.writing import read_digits, read_trellis, write_digits, write_trellis

Entropy = Callable[[int], bytes]
"""Gives so many random bytes that nobody can foresee."""

RESERVED: Final = 8 * (SALT_BYTES + TAG_BYTES + HEAD_BYTES)
"""Slots that salt, tag and head take; all others may hold the body."""

SPARSE: Final = 0.25
"""Bits for each slot up to which a code hides a message; above, digits carry it in fewer changed samples."""

CLOSED = "cannot be opened: wrong password, or the picture was changed"


@dataclass(frozen=True)
class _Places:
    """Slots of one picture under one set of keys."""

    tag: NDArray[np.intp]
    head: NDArray[np.intp]
    reserved: NDArray[np.intp]


def embed_message(
    cover_u8: NDArray[np.uint8],
    message: Message,
    password: str | None = None,
    *,
    entropy: Entropy = os.urandom,
    stretch: Stretch = argon2id,
) -> NDArray[np.uint8]:
    """Hide a message in a picture.

    A message that is small for the picture is hidden by a code that changes few samples, and those where it is noticed
    least; a larger one in as few grey levels as carry it.

    Args:
        cover_u8: Picture (height, width, 3) with at least 2,048 samples.
        message: What to hide.
        password: Not empty; None hides without one, and then anybody can open it.
        entropy: Where salt and signs come from.
        stretch: What is done with a password.

    Returns:
        Stego of the same shape.

    Raises:
        CapacityError: If the message is too large.
        PayloadError: If the message has a name, a media type or a size that cannot be hidden.
        ShapeError: If it is no such picture.
    """
    _require_picture(cover_u8)
    height, width = cover_u8.shape[:2]
    head = _planned(body_slots(cover_u8), message)
    salt, signs = entropy(SALT_BYTES), Keystream(entropy(KEY_BYTES))
    keys, salt_slots = derive_keys(password, salt, stretch), _salt_slots(cover_u8)
    places = _places(keys, cover_u8.size, salt_slots)
    sealed = sealed_head(head, keys.head, width, height)
    content = packed(message, head.body_bytes - SEAL_BYTES)
    body = ChaCha20Poly1305(keys.body).encrypt(NONCE, content, sealed + salt + associated(width, height))
    stego = cover_u8.copy(order="C")
    samples = stego.reshape(-1)
    for slots, part in ((salt_slots, salt), (places.head, sealed)):
        samples[slots] = match_lsb(samples[slots], digits_of_bytes(part, 2), signs.bits(slots.size))
    _write_body(stego, cover_u8, head, body, (keys, places, signs))
    return signed(stego, places.tag, keys.tag)


def extract_message(
    stego_u8: NDArray[np.uint8], password: str | None = None, *, name: str = "stego", stretch: Stretch = argon2id
) -> Message | None:
    """Get a message back.

    Args:
        stego_u8: Picture (height, width, 3).
        password: As at embedding.
        name: What the picture is called where it is refused.
        stretch: As at embedding.

    Returns:
        The message, once every sample has been verified; None if there is none that this password opens, as far as the
        head tells: another password, another carrier, a picture that hides nothing, or a changed one.

    Raises:
        PayloadError: If the head opens but the picture was changed.
        ShapeError: If it is no such picture.
    """
    _require_picture(stego_u8)
    height, width = stego_u8.shape[:2]
    samples, salt_slots = stego_u8.reshape(-1), _salt_slots(stego_u8)
    salt = _read_bytes(samples, salt_slots)
    keys = derive_keys(password, salt, stretch)
    places = _places(keys, stego_u8.size, salt_slots)
    sealed = _read_bytes(samples, places.head)
    try:
        head = opened_head(sealed, keys.head, width, height)
        if head is None:
            return None
        if not is_signed(stego_u8, places.tag, keys.tag):
            raise PayloadError(name, CLOSED)
        body = _read_body(stego_u8, head, keys, places)
        content = ChaCha20Poly1305(keys.body).decrypt(NONCE, body, sealed + salt + associated(width, height))
        return unpacked(content)
    except (InvalidTag, PayloadError) as error:
        raise PayloadError(name, CLOSED) from error


def body_slots(cover_u8: NDArray[np.uint8]) -> int:
    """How many slots of a picture may hold the body."""
    return cover_u8.size - RESERVED


def overhead_bytes(message: Message) -> int:
    """What a message takes beside its content: description and authentication."""
    return SEAL_BYTES + packed_bytes(message) - len(message.content)


def padme(length: int) -> int:
    """A length that tells little about the one it stands for, at most 12 % longer.

    Args:
        length: At least 2.

    Returns:
        The length with all but the first few of its bits rounded up.

    References:
        Nikitin et al., "Reducing metadata leakage from encrypted files and communication with PURBs", PoPETs (2019).
    """
    exponent = length.bit_length() - 1
    low = (1 << max(0, exponent - exponent.bit_length())) - 1
    return (length + low) & ~low


def _planned(slots: int, message: Message) -> Head:
    """How a message is best written into so many slots."""
    needed_bytes = SEAL_BYTES + packed_bytes(message)
    if needed_bytes > most_bytes(slots):
        raise CapacityError(len(message.content), max(0, most_bytes(slots) - overhead_bytes(message)))
    padded = padme(needed_bytes)
    if 8 * padded <= SPARSE * slots:
        return Head(TrellisLayout(fitting_height(slots, 8 * padded)), padded)
    layout = smallest_layout(slots, needed_bytes)
    return Head(layout, sum(layout_bytes(layout)))


def _write_body(
    stego_u8: NDArray[np.uint8],
    cover_u8: NDArray[np.uint8],
    head: Head,
    body: bytes,
    secrets: tuple[Keys, _Places, Keystream],
) -> None:
    """Write the sealed body into the slots that are left, in place."""
    keys, places, signs = secrets
    free, order = _free(stego_u8, places), keyed_order(Keystream(keys.order, 1), body_slots(stego_u8))
    carriers = stego_u8[free][order]
    if isinstance(head.layout, DigitLayout):
        carriers = write_digits(carriers, body, head.layout, keys.mask, signs)
    else:
        carriers = write_trellis(carriers, hill(cover_u8)[free][order], body, head.layout, signs)
    restored = np.empty_like(carriers)
    restored[order] = carriers
    stego_u8[free] = restored


def _read_body(stego_u8: NDArray[np.uint8], head: Head, keys: Keys, places: _Places) -> bytes:
    """Read the sealed body, after a look whether the head fits the picture."""
    slots, layout = body_slots(stego_u8), head.layout
    if isinstance(layout, DigitLayout) and (
        layout.first_count + layout.second_count != slots or sum(layout_bytes(layout)) != head.body_bytes
    ):
        raise PayloadError("head", "without sense")
    carriers = stego_u8[_free(stego_u8, places)][keyed_order(Keystream(keys.order, 1), slots)]
    if isinstance(layout, DigitLayout):
        return read_digits(carriers, layout, keys.mask)
    return read_trellis(carriers, layout, head.body_bytes)


def _free(picture_u8: NDArray[np.uint8], places: _Places) -> NDArray[np.bool_]:
    """Where the body may lie, (height, width, 3)."""
    free = np.ones(picture_u8.size, np.bool_)
    free[places.reserved] = False
    return free.reshape(picture_u8.shape)


def _salt_slots(picture_u8: NDArray[np.uint8]) -> NDArray[np.intp]:
    height, width = picture_u8.shape[:2]
    return drawn_slots(public_words(width, height), picture_u8.size, 8 * SALT_BYTES, set())


def _places(keys: Keys, samples: int, salt_slots: NDArray[np.intp]) -> _Places:
    taken, words = set(salt_slots.tolist()), keyed_words(Keystream(keys.order))
    tag = drawn_slots(words, samples, 8 * TAG_BYTES, taken)
    head = drawn_slots(words, samples, 8 * HEAD_BYTES, taken)
    return _Places(tag, head, np.array(sorted(taken), np.intp))


def _read_bytes(samples_u8: NDArray[np.uint8], slots: NDArray[np.intp]) -> bytes:
    return bytes_of_digits(read_lsb(samples_u8[slots], slots.size), 2, slots.size // 8)


def _require_picture(picture_u8: NDArray[np.uint8]) -> None:
    wanted = f"(height, width, 3) with {LEAST_SAMPLES} to {MOST_SAMPLES} samples"
    if picture_u8.ndim != 3 or picture_u8.shape[2] != 3 or not LEAST_SAMPLES <= picture_u8.size <= MOST_SAMPLES:
        raise ShapeError(picture_u8.shape, wanted)
