"""How close two pictures are: errors, PSNR and SSIM of 8-bit pictures, in NumPy.

References:
    Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural
    similarity", IEEE TIP 13 (2004), 600-612.
"""

from __future__ import annotations

from math import log10

import numpy as np
from numpy.typing import NDArray

from liftveil.metrics.shapes import plane_pairs, require_least_side, require_same_shape
from liftveil.metrics.structure import WINDOW_PX, local_factors

IDENTICAL_DB = 60.0
"""What a pair of identical pictures counts in a mean of PSNRs; their number is stated beside the mean."""

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
    require_same_shape(reference, picture)
    return float(np.mean((reference.astype(np.float64) - picture.astype(np.float64)) ** 2))


def max_error(reference: NDArray[np.uint8], picture: NDArray[np.uint8]) -> int:
    """Largest error of any sample.

    Args:
        reference: A picture of any shape.
        picture: Another of the same shape.

    Returns:
        Grey levels, 0..255.

    Raises:
        ShapeError: If the shapes differ.
    """
    require_same_shape(reference, picture)
    return int(np.abs(reference.astype(np.int16) - picture).max())


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
    require_same_shape(reference, picture)
    require_least_side(reference, WINDOW_PX)
    factors = (local_factors(*planes) for planes in plane_pairs(reference, picture))
    return float(np.mean([(luminance * structure).mean() for luminance, structure in factors]))
