"""How errors spread over the subbands of a wavelet, and over grey levels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftveil.wavelets import NUMPY_FLOAT, SCHEMES, decompose, pad_by_reflection

LEVELS = 3
_SCHEME = SCHEMES["haar"]  # orthonormal, so that energies add up
BANDS = ("ll3", *(f"{band}{level}" for level in (3, 2, 1) for band in ("lh", "hl", "hh")))
"""Coarse to fine."""

REACH = 16
"""Differences are counted from ``-REACH`` to ``REACH``; what is larger is counted at the ends."""


def band_energy(difference: NDArray[np.floating[Any]]) -> dict[str, float]:
    """Mean squared error by subbands of a three-level orthonormal Haar transform.

    Args:
        difference: Grey levels (height, width) or (height, width, channel).

    Returns:
        Energy of each of :data:`BANDS` over the number of samples; their sum is the mean square of the difference,
        padded by reflection where its sides are no multiples of 8.
    """
    planes = np.atleast_3d(difference).transpose(2, 0, 1).astype(np.float64)
    padded = pad_by_reflection(planes, 2**LEVELS, NUMPY_FLOAT)
    pyramid = decompose(padded, _SCHEME, LEVELS, NUMPY_FLOAT)
    bands = dict(zip(BANDS, _bands(pyramid), strict=True))
    return {name: float(np.square(band).sum() / padded.size) for name, band in bands.items()}


def _bands(pyramid: Any) -> list[NDArray[np.float64]]:  # noqa: ANN401 - arrays or tensors alike
    return [pyramid.ll, *(band for level in reversed(pyramid.details) for band in level)]


def difference_histogram(reference: NDArray[np.uint8], picture: NDArray[np.uint8]) -> list[int]:
    """How often samples differ by how much.

    Args:
        reference: 8-bit pixels.
        picture: Of the same shape.

    Returns:
        Counts of ``picture - reference`` from ``-REACH`` to ``REACH``.
    """
    difference = (picture.astype(np.int16) - reference).clip(-REACH, REACH) + REACH
    return [int(count) for count in np.bincount(difference.ravel(), minlength=2 * REACH + 1)]


def level_histogram(picture: NDArray[np.uint8]) -> list[int]:
    """How often each grey level occurs.

    Args:
        picture: 8-bit pixels.

    Returns:
        256 counts.
    """
    return [int(count) for count in np.bincount(picture.ravel(), minlength=256)]
