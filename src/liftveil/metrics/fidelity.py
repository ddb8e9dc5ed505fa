"""How close two pictures are: PSNR and SSIM of 8-bit pictures, in NumPy.

References:
    Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural
    similarity", IEEE TIP 13 (2004), 600-612.
"""

from __future__ import annotations

from math import log10

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import ShapeError

IDENTICAL_DB = 60.0
"""What a pair of identical pictures counts in a mean of PSNRs; their number is stated beside the mean."""

_SIGMA = 1.5
_RADIUS = 5
_LEVELS = 255.0


def mse(reference: NDArray[np.generic], picture: NDArray[np.generic]) -> float:
    """Mean squared error over all samples.

    Args:
        reference: A picture of any shape.
        picture: Another of the same shape.

    Returns:
        Squared grey levels.

    Raises:
        ShapeError: If the shapes differ.
    """
    if reference.shape != picture.shape:
        raise ShapeError(picture.shape, f"the shape of the reference, {reference.shape}")
    return float(np.mean((reference.astype(np.float64) - picture.astype(np.float64)) ** 2))


def psnr(reference: NDArray[np.generic], picture: NDArray[np.generic]) -> float:
    """Peak signal-to-noise ratio for grey levels in 0..255.

    Args:
        reference: A picture of any shape.
        picture: Another of the same shape.

    Returns:
        Decibels; infinity for identical pictures.

    Raises:
        ShapeError: If the shapes differ.
    """
    error = mse(reference, picture)
    return 10 * log10(_LEVELS**2 / error) if error else float("inf")


def mean_psnr(values_db: list[float]) -> float:
    """Mean over pictures, each identical pair counted as :data:`IDENTICAL_DB`.

    Args:
        values_db: PSNRs, at least one.

    Returns:
        Decibels.
    """
    return float(np.mean([IDENTICAL_DB if np.isinf(value) else value for value in values_db]))


def ssim(reference: NDArray[np.uint8], picture: NDArray[np.uint8]) -> float:
    """Structural similarity: Gaussian window of deviation 1.5 (11 pixels), mean over channels.

    Args:
        reference: Picture (height, width, channel) or (height, width), at least 11x11 pixels.
        picture: Another of the same shape.

    Returns:
        At most 1, which identical pictures reach.

    Raises:
        ShapeError: If the shapes differ or a side is shorter than the window.
    """
    if reference.shape != picture.shape:
        raise ShapeError(picture.shape, f"the shape of the reference, {reference.shape}")
    if min(reference.shape[:2]) < 2 * _RADIUS + 1:
        raise ShapeError(reference.shape, f"height and width of at least {2 * _RADIUS + 1}")
    x, y = reference.astype(np.float64), picture.astype(np.float64)
    mean_x, mean_y = _blur(x), _blur(y)
    variance_x = _blur(x * x) - mean_x**2
    variance_y = _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * _LEVELS) ** 2, (0.03 * _LEVELS) ** 2
    similarity = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity /= (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float(similarity.mean())


def _blur(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian window over the first two axes, only where it fits whole."""
    offsets = np.arange(-_RADIUS, _RADIUS + 1)
    window = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
    window /= window.sum()
    for axis in (0, 1):
        length = x.shape[axis] - 2 * _RADIUS
        parts = (w * np.take(x, range(k, k + length), axis) for k, w in enumerate(window))
        x = np.asarray(sum(parts))
    return x
