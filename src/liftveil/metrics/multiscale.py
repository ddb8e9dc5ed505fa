"""Structural similarity on five scales, which weighs fine and coarse differences as people see them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liftveil.metrics.shapes import Plane, plane_pairs, require_least_side, require_same_shape
from liftveil.metrics.structure import RADIUS_PX, WINDOW_PX, local_factors

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)

MS_SSIM_LEAST_PX = WINDOW_PX * 2 ** (len(_WEIGHTS) - 1)
"""Shortest side that still holds the window after four halvings: 176 pixels."""


def ms_ssim(reference_u8: NDArray[np.uint8], picture_u8: NDArray[np.uint8]) -> float:
    r"""Multi-scale structural similarity, on the window and the constants of :func:`liftveil.metrics.ssim`.

    .. math:: l_5^{w_5} \prod_{j=1}^{5} s_j^{w_j}

    with :math:`s_j` the mean structure factor at scale j over all windows and channels, :math:`l_5 s_5` the mean
    of luminance times structure at the coarsest, and each scale the means of 2x2 pixels of the one before. A
    negative mean, which has no power, counts as 0.

    Args:
        reference_u8: Picture (height, width, channel) or (height, width), each side at least 176 pixels.
        picture_u8: Another of the same shape.

    Returns:
        In [0, 1]; 1 for identical pictures.

    Raises:
        ShapeError: If the shapes differ or a side is too short.

    References:
        Wang, Simoncelli and Bovik, "Multi-scale structural similarity for image quality assessment", Asilomar
        (2003), 1398-1402. Agrees with torchmetrics, also where that leaves the paper: at the coarsest scale the
        pictures go on beyond their borders as in a mirror, at the others windows must fit whole.
    """
    require_same_shape(reference_u8, picture_u8)
    require_least_side(reference_u8, MS_SSIM_LEAST_PX)
    by_channel = [_means(*planes) for planes in plane_pairs(reference_u8, picture_u8)]
    means = np.maximum(np.mean(by_channel, axis=0), 0)
    return float(np.prod(means**_WEIGHTS))


def _means(x: Plane, y: Plane) -> list[float]:
    """Of one channel, the finest scale first."""
    found = []
    for _scale in _WEIGHTS[:-1]:
        found.append(float(local_factors(x, y).structure.mean()))
        x, y = _halved(x), _halved(y)
    luminance, structure = local_factors(_mirrored(x), _mirrored(y))
    return [*found, float((luminance * structure).mean())]


def _halved(x: Plane) -> Plane:
    """Means of 2x2 pixels; an odd last row or column is dropped."""
    height, width = x.shape[0] // 2, x.shape[1] // 2
    blocks = x[: 2 * height, : 2 * width].reshape(height, 2, width, 2)
    return np.asarray(blocks.mean(axis=(1, 3)))


def _mirrored(x: Plane) -> Plane:
    return np.pad(x, RADIUS_PX, mode="reflect")
