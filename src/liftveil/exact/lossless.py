"""Whole pictures in pictures without learning and without loss: as many grey levels as it takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import CapacityError, PayloadError, ShapeError
from liftveil.exact.baselines import show_jxl_digits
from liftveil.exact.digits import embed_digits
from liftveil.exact.jxl import compress_lossless
from liftveil.exact.payload import payload_capacity, write_payload

_MODULI = range(2, 257)


def hide_jxl_lossless(
    cover_u8: NDArray[np.uint8], secret_u8: NDArray[np.uint8], *, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Hide a picture as lossless JPEG XL in digits modulo m, with the smallest m that has room for it.

    Args:
        cover_u8: Picture (height, width, 3) or (height, width), 0..255.
        secret_u8: Another of the same shape.
        rng: Breaks ties between two values at the same distance.

    Returns:
        Stego of the same shape.

    Raises:
        CapacityError: If it does not fit even into all eight bits.
        MissingExtraError: If pillow-jxl-plugin is not installed.
        ShapeError: If the shapes differ or are none of pictures.
    """
    if secret_u8.shape != cover_u8.shape:
        raise ShapeError(secret_u8.shape, f"the shape of the cover, {cover_u8.shape}")
    content = compress_lossless(secret_u8).data
    room = {modulus: payload_capacity(cover_u8.size, modulus) for modulus in _MODULI}
    modulus = next((modulus for modulus in _MODULI if room[modulus] >= len(content)), None)
    if modulus is None:
        raise CapacityError(len(content), room[_MODULI[-1]])

    def pen(samples_u8: NDArray[np.uint8], digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
        upward = rng.integers(0, 2, digits.size, np.uint8).astype(np.bool_)
        return embed_digits(samples_u8, digits, modulus, upward)

    return write_payload(cover_u8, content, modulus=modulus, pen=pen)


def show_jxl_lossless(stego_u8: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Get a picture back that :func:`hide_jxl_lossless` hid; the modulus is found by trying.

    Args:
        stego_u8: Picture (height, width, 3) or (height, width), 0..255.

    Returns:
        Recovered picture of the same shape.

    Raises:
        MissingExtraError: If pillow-jxl-plugin is not installed.
        PayloadError: If nothing is hidden there, or it is damaged.
    """
    for modulus in _MODULI:
        try:
            return show_jxl_digits(stego_u8, modulus=modulus)
        except PayloadError:
            continue  # with a wrong modulus, the length or the codestream makes no sense
    raise PayloadError("payload", "there is none, or the picture was changed")
