"""The two factors of structural similarity, window by window: what SSIM and its multi-scale form share.

References:
    Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural
    similarity", IEEE TIP 13 (2004), 600-612.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from liftveil.metrics.shapes import Plane

RADIUS_PX = 5
WINDOW_PX = 2 * RADIUS_PX + 1
"""Side of the Gaussian window, of deviation 1.5."""

_SIGMA_PX = 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


class Factors(NamedTuple):
    """How alike two channels are around each pixel; the product is their similarity there.

    Attributes:
        luminance: Of the means, in (0, 1].
        structure: Of contrast and structure together, in [-1, 1].
    """

    luminance: Plane
    structure: Plane


def local_factors(reference: Plane, picture: Plane) -> Factors:
    """Compare two channels wherever the window fits whole.

    Args:
        reference: Grey levels 0..255, (height, width), at least 11x11.
        picture: Another of the same shape.

    Returns:
        Maps that are 10 pixels shorter than the channels in both directions.
    """
    mean_x, mean_y = _blurred(reference), _blurred(picture)
    variances = (_blurred(reference * reference) - mean_x**2) + (_blurred(picture * picture) - mean_y**2)
    covariance = _blurred(reference * picture) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    return Factors(luminance, (2 * covariance + _C2) / (variances + _C2))


def _blurred(x: Plane) -> Plane:
    """Gaussian means, first along the columns, then along the rows."""
    offsets = np.arange(-RADIUS_PX, RADIUS_PX + 1)
    window = np.exp(-0.5 * (offsets / _SIGMA_PX) ** 2)
    window /= window.sum()
    for _direction in range(2):
        length = len(x) - 2 * RADIUS_PX
        x = np.asarray(sum(weight * x[k : k + length] for k, weight in enumerate(window))).T
    return x
