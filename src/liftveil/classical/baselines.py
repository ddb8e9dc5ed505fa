"""Whole pictures in pictures without learning: JPEG XL written into residues or lowest bits.

What a knowing user would do over a lossless channel, and what the network is measured against. The layout is that of
:mod:`liftveil.classical.payload`: public, without a key, without a check of integrity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liftveil.classical.payload import Pen, payload_capacity, read_payload, write_payload
from liftveil.errors import ShapeError
from liftveil.exact import compress, decompress, embed_digits, match_lsb, replace_lsb


def hide_jxl_digits(
    cover_u8: NDArray[np.uint8], secret_u8: NDArray[np.uint8], *, modulus: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Hide a picture as JPEG XL in digits modulo m, lossless if that fits.

    Args:
        cover_u8: Picture (height, width, 3) or (height, width), 0..255.
        secret_u8: Another of the same shape.
        modulus: 2..256; the larger, the better the secret and the worse the cover.
        rng: Breaks ties between two values at the same distance.

    Returns:
        Stego of the same shape.

    Raises:
        CapacityError: If even the lowest quality does not fit.
        ConfigError: If there is no such modulus.
        ShapeError: If the shapes differ or are none of pictures.
    """
    return _hide(cover_u8, secret_u8, modulus, digit_pen(modulus, rng))


def show_jxl_digits(stego_u8: NDArray[np.uint8], *, modulus: int) -> NDArray[np.uint8]:
    """Get a picture back from digits modulo m; the inverse of :func:`hide_jxl_digits`.

    Args:
        stego_u8: Picture (height, width, 3) or (height, width), 0..255.
        modulus: As at hiding.

    Returns:
        Recovered picture of the same shape.

    Raises:
        ConfigError: If there is no such modulus.
        PayloadError: If nothing is hidden there, or it is damaged.
    """
    return decompress(read_payload(stego_u8, modulus=modulus), shape=stego_u8.shape)


def hide_jxl_lsb(
    cover_u8: NDArray[np.uint8], secret_u8: NDArray[np.uint8], *, matching: bool, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Hide a picture as JPEG XL in the lowest bits, one a sample, lossless if that fits.

    Args:
        cover_u8: Picture (height, width, 3) or (height, width), 0..255.
        secret_u8: Another of the same shape.
        matching: Whether samples move up or down at random (LSB matching) or get the bit written (LSB replacement).
        rng: The signs of LSB matching; not used by replacement.

    Returns:
        Stego of the same shape.

    Raises:
        CapacityError: If even the lowest quality does not fit.
        ShapeError: If the shapes differ or are none of pictures.
    """

    def match(samples_u8: NDArray[np.uint8], bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return match_lsb(samples_u8, bits, _signs(rng, bits.size))

    return _hide(cover_u8, secret_u8, 2, match if matching else replace_lsb)


def show_jxl_lsb(stego_u8: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Get a picture back from the lowest bits; the inverse of :func:`hide_jxl_lsb`, matching or not.

    Args:
        stego_u8: Picture (height, width, 3) or (height, width), 0..255.

    Returns:
        Recovered picture of the same shape.

    Raises:
        PayloadError: If nothing is hidden there, or it is damaged.
    """
    return show_jxl_digits(stego_u8, modulus=2)


def digit_pen(modulus: int, rng: np.random.Generator) -> Pen:
    """A pen that writes digits modulo m and breaks ties at random.

    Args:
        modulus: 2..256.
        rng: Chooses between two values at the same distance.
    """

    def pen(samples_u8: NDArray[np.uint8], digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return embed_digits(samples_u8, digits, modulus, _signs(rng, digits.size))

    return pen


def require_shape_of_cover(secret_u8: NDArray[np.uint8], cover_u8: NDArray[np.uint8]) -> None:
    """Refuse a secret of another shape.

    Args:
        secret_u8: The secret.
        cover_u8: The cover.

    Raises:
        ShapeError: If the shapes differ.
    """
    if secret_u8.shape != cover_u8.shape:
        raise ShapeError(secret_u8.shape, f"the shape of the cover, {cover_u8.shape}")


def _hide(cover_u8: NDArray[np.uint8], secret_u8: NDArray[np.uint8], modulus: int, pen: Pen) -> NDArray[np.uint8]:
    require_shape_of_cover(secret_u8, cover_u8)
    content = compress(secret_u8, most_bytes=payload_capacity(cover_u8.size, modulus)).data
    return write_payload(cover_u8, content, modulus=modulus, pen=pen)


def _signs(rng: np.random.Generator, count: int) -> NDArray[np.bool_]:
    return rng.integers(0, 2, count, np.uint8).astype(np.bool_)
