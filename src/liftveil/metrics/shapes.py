"""What every measure asks of its two arrays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import ShapeError

Plane = NDArray[np.float64]
"""One channel (height, width), in grey levels."""


def require_same_shape(reference: NDArray[np.generic], picture: NDArray[np.generic]) -> None:
    """Refuse arrays that NumPy would otherwise broadcast.

    Args:
        reference: An array.
        picture: Another.

    Raises:
        ShapeError: If the shapes differ.
    """
    if reference.shape != picture.shape:
        raise ShapeError(picture.shape, f"the shape of the reference, {reference.shape}")


def require_least_side(picture: NDArray[np.generic], least_px: int) -> None:
    """Refuse a picture that a window does not fit into.

    Args:
        picture: Picture (height, width, channel) or (height, width).
        least_px: Shortest side that is allowed.

    Raises:
        ShapeError: If height or width is shorter.
    """
    if min(picture.shape[:2]) < least_px:
        raise ShapeError(picture.shape, f"height and width of at least {least_px}")


def plane_pairs(reference: NDArray[np.generic], picture: NDArray[np.generic]) -> Iterator[tuple[Plane, Plane]]:
    """Take two pictures apart, one channel at a time, which keeps large ones within memory.

    Args:
        reference: Picture (height, width, channel) or (height, width).
        picture: Another of the same shape.

    Yields:
        A channel of the reference and the same of the picture.
    """
    for channel in range(np.atleast_3d(reference).shape[2]):
        yield _plane(reference, channel), _plane(picture, channel)


def _plane(picture: NDArray[np.generic], channel: int) -> Plane:
    return np.atleast_3d(picture)[..., channel].astype(np.float64)
