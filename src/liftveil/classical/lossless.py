"""Whole pictures in pictures without learning and without loss: as many grey levels as it takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liftveil.classical.baselines import digit_pen, require_shape_of_cover, show_jxl_digits
from liftveil.classical.payload import payload_capacity, write_payload
from liftveil.errors import CapacityError, PayloadError
from liftveil.exact import compress_lossless

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
        ShapeError: If the shapes differ or are none of pictures.
    """
    require_shape_of_cover(secret_u8, cover_u8)
    content = compress_lossless(secret_u8).data
    room = {modulus: payload_capacity(cover_u8.size, modulus) for modulus in _MODULI}
    modulus = next((modulus for modulus in _MODULI if room[modulus] >= len(content)), None)
    if modulus is None:
        raise CapacityError(len(content), room[_MODULI[-1]])
    return write_payload(cover_u8, content, modulus=modulus, pen=digit_pen(modulus, rng))


def show_jxl_lossless(stego_u8: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Get a picture back that :func:`hide_jxl_lossless` hid; the modulus is found by trying.

    Args:
        stego_u8: Picture (height, width, 3) or (height, width), 0..255.

    Returns:
        Recovered picture of the same shape.

    Raises:
        PayloadError: If nothing is hidden there, or it is damaged.
    """
    for modulus in _MODULI:
        try:
            return show_jxl_digits(stego_u8, modulus=modulus)
        except PayloadError:
            continue  # with a wrong modulus, the length or the codestream makes no sense
    raise PayloadError("payload", "there is none, or the picture was changed")
