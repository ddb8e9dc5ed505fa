"""Four bits of a picture in four bits of another: the oldest way to hide a picture, kept as a baseline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import ShapeError


def hide_high_nibbles(cover_u8: NDArray[np.uint8], secret_u8: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put the four upper bits of the secret in place of the four lower bits of the cover.

    Args:
        cover_u8: Picture of any shape, 0..255.
        secret_u8: Another of the same shape.

    Returns:
        Stego of that shape.

    Raises:
        ShapeError: If the shapes differ.
    """
    if secret_u8.shape != cover_u8.shape:
        raise ShapeError(secret_u8.shape, f"the shape of the cover, {cover_u8.shape}")
    return (cover_u8 & np.uint8(0xF0)) | (secret_u8 >> np.uint8(4))


def show_high_nibbles(stego_u8: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring the four lower bits of the stego back up.

    The four bits that were never stored become 8: of all constants, 7 and 8 have the least expected error when the
    lost bits are uniform (mean 7.5; squared error 21.5). Black comes back as 8 and white as 248; a fill that is exact
    at both ends, such as repeating the nibble, costs more on the average.

    Args:
        stego_u8: Picture made by :func:`hide_high_nibbles`.

    Returns:
        Recovered picture, off by at most 8 grey levels.
    """
    return (stego_u8 << np.uint8(4)) | np.uint8(8)
