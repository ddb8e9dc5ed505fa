"""Colour transforms of arrays whose last axis is (R, G, B)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import LiftveilError, ShapeError


def luma(rgb_u8: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Compute the full-range luma of BT.601, unrounded.

    Args:
        rgb_u8: Pixels of shape ``(..., 3)``.

    Returns:
        Luma in 0..255, of shape ``(...)``.

    Raises:
        ShapeError: If the last axis has not three entries.

    References:
        ITU-R BT.601-7, section 2.5.1; JFIF (ITU-T T.871) uses it in full range.
    """
    _require_three(rgb_u8)
    red, green, blue = (rgb_u8[..., channel].astype(np.float64) for channel in range(3))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def rct_forward(rgb: NDArray[np.integer[Any]]) -> NDArray[np.signedinteger[Any]]:
    r"""Apply the reversible colour transform of JPEG 2000.

    .. math:: Y = \lfloor (R + 2G + B) / 4 \rfloor, \quad U = B - G, \quad V = R - G

    Args:
        rgb: Integers of shape ``(..., 3)``, each of magnitude below 2^61.

    Returns:
        ``(Y, U, V)`` on the last axis: int32 for inputs of at most 16 bits, int64 for wider ones.

    Raises:
        ShapeError: If the last axis has not three entries.
        LiftveilError: If ``rgb`` does not hold integers.

    References:
        ISO/IEC 15444-1, Annex G.2.
    """
    red, green, blue = np.moveaxis(_widened(rgb), -1, 0)
    u, v = blue - green, red - green
    # floor((R + 2G + B) / 4) written with U and V, which keeps the sum small; >> is floor division.
    return np.stack([green + ((u + v) >> 2), u, v], axis=-1)


def rct_inverse(yuv: NDArray[np.integer[Any]]) -> NDArray[np.signedinteger[Any]]:
    r"""Undo :func:`rct_forward` exactly.

    .. math:: G = Y - \lfloor (U + V) / 4 \rfloor, \quad R = V + G, \quad B = U + G

    Args:
        yuv: Integers of shape ``(..., 3)``, each of magnitude below 2^61.

    Returns:
        ``(R, G, B)`` on the last axis: int32 for inputs of at most 16 bits, int64 for wider ones.

    Raises:
        ShapeError: If the last axis has not three entries.
        LiftveilError: If ``yuv`` does not hold integers.

    References:
        ISO/IEC 15444-1, Annex G.2.
    """
    y, u, v = np.moveaxis(_widened(yuv), -1, 0)
    green = y - ((u + v) >> 2)
    return np.stack([v + green, green, u + green], axis=-1)


def _require_three(array: NDArray[Any]) -> None:
    if array.ndim == 0 or array.shape[-1] != 3:
        raise ShapeError(array.shape, "three colour channels on the last axis")


def _widened(array: NDArray[np.integer[Any]]) -> NDArray[np.signedinteger[Any]]:
    """Make room for differences: 8-bit pixels would wrap around."""
    _require_three(array)
    if not np.issubdtype(array.dtype, np.integer):
        raise LiftveilError(f"the reversible colour transform takes integers, not {array.dtype}")
    return array.astype(np.int32 if array.dtype.itemsize <= 2 else np.int64)
