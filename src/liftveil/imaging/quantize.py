"""The only place where NumPy levels become 8-bit pixels; ``channel/rounding.py`` is its twin in torch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import LiftveilError


def to_u8(levels: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Round grey levels to 8-bit pixels: half to even, then clipped to 0..255.

    Args:
        levels: Grey levels on the scale of 0..255, of any shape; values outside are clipped.

    Returns:
        Pixels of the same shape.

    Raises:
        LiftveilError: If a level is NaN, because no pixel would be right.
    """
    not_numbers = np.count_nonzero(np.isnan(levels))
    if not_numbers:
        raise LiftveilError(f"{not_numbers} of {levels.size} levels are NaN and cannot become pixels")
    pixels: NDArray[np.uint8] = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return pixels
