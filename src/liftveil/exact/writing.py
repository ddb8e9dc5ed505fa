"""How the sealed body lies in its slots: as masked digits, or as the syndrome of lowest bits."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import PayloadError
from liftveil.exact.digits import embed_digits, extract_digits
from liftveil.exact.head import DigitLayout, TrellisLayout
from liftveil.exact.keystream import Keystream
from liftveil.exact.lsb import match_lsb, read_lsb
from liftveil.exact.radix import bytes_of_digits, digits_of_bytes
from liftveil.exact.rates import layout_bytes
from liftveil.exact.trellis import read_syndrome, write_syndrome

Samples = NDArray[np.uint8]
Content = TypeVar("Content", bytes, int)


def write_digits(samples_u8: Samples, body: bytes, layout: DigitLayout, mask_key: bytes, signs: Keystream) -> Samples:
    """Write a sealed body as digits, one in each slot, masked so that each is exactly uniform.

    The body's first bytes go into the digits modulo m1, the others into those modulo m2, as many as these hold; digits
    behind the last byte of a part are 0. To the digits modulo m1 is added, modulo m1, what stream 0 of the key gives,
    and stream 1 to those modulo m2.

    Args:
        samples_u8: Samples in keyed order.
        body: As long as the layout holds.
        layout: Moduli and counts; the counts add up to the number of samples.
        mask_key: The key ``mask``.
        signs: Decides ties; there are none with odd moduli.

    Returns:
        The changed samples.
    """
    first_bytes, _ = layout_bytes(layout)
    written = samples_u8.copy()
    for number, (modulus, slots, content) in enumerate(_parts(layout, body[:first_bytes], body[first_bytes:])):
        if modulus > 1:
            digits = np.zeros(slots.stop - slots.start, np.uint8)
            spelled = digits_of_bytes(content, modulus)
            digits[: spelled.size] = spelled
            masked = _shifted(digits, Keystream(mask_key, number).digits(modulus, digits.size), modulus)
            written[slots] = embed_digits(samples_u8[slots], masked, modulus, signs.bits(masked.size))
    return written


def read_digits(samples_u8: Samples, layout: DigitLayout, mask_key: bytes) -> bytes:
    """Read a sealed body; the inverse of :func:`write_digits`.

    Args:
        samples_u8: Samples in keyed order.
        layout: Moduli and counts.
        mask_key: The key ``mask``.

    Returns:
        As many bytes as the layout holds.

    Raises:
        PayloadError: If no body is spelled like this.
    """
    lengths = layout_bytes(layout)
    contents = []
    for number, (modulus, slots, length) in enumerate(_parts(layout, *lengths)):
        if modulus > 1:
            masked = extract_digits(samples_u8[slots], modulus)
            mask = Keystream(mask_key, number).digits(modulus, masked.size)
            contents.append(bytes_of_digits(_shifted(masked, modulus - mask, modulus), modulus, length))
    return b"".join(contents)


def write_trellis(
    samples_u8: Samples, costs: NDArray[np.float32], body: bytes, layout: TrellisLayout, signs: Keystream
) -> Samples:
    """Write a sealed body into lowest bits at little cost; changed samples go up or down at random.

    Args:
        samples_u8: Samples in keyed order.
        costs: What a change of each costs.
        body: Of any length that fits.
        layout: The code's constraint height.
        signs: Decides which way samples go.

    Returns:
        The changed samples.
    """
    bits, message = read_lsb(samples_u8, samples_u8.size), digits_of_bytes(body, 2)
    written = write_syndrome(bits, costs, message, layout.constraint_height)
    return match_lsb(samples_u8, written, signs.bits(written.size))


def read_trellis(samples_u8: Samples, layout: TrellisLayout, length: int) -> bytes:
    """Read a sealed body; the inverse of :func:`write_trellis`.

    Args:
        samples_u8: Samples in keyed order.
        layout: The code's constraint height.
        length: Of the body in bytes.

    Returns:
        The body.

    Raises:
        PayloadError: If so much cannot be there.
    """
    if 8 * length > samples_u8.size:
        raise PayloadError("head", "without sense")
    message = read_syndrome(read_lsb(samples_u8, samples_u8.size), 8 * length, layout.constraint_height)
    return bytes_of_digits(message, 2, length)


def _parts(layout: DigitLayout, first: Content, second: Content) -> list[tuple[int, slice, Content]]:
    """Modulus, slots and content of both parts."""
    end = layout.first_count + layout.second_count
    return [
        (layout.first_modulus, slice(0, layout.first_count), first),
        (layout.second_modulus, slice(layout.first_count, end), second),
    ]


def _shifted(digits: NDArray[np.uint8], mask: NDArray[np.uint8], modulus: int) -> NDArray[np.uint8]:
    """Sums modulo m, without leaving 8 bits: adding the mask is taking away what it lacks to m, or m less."""
    lacking = np.uint8(modulus) - mask
    sums: NDArray[np.uint8] = digits - lacking
    np.add(sums, np.uint8(modulus), out=sums, where=digits < lacking)
    return sums
