"""What a change of a sample costs: little where a picture is restless, much where it is smooth.

References:
    Li, Wang, Huang and Li, "A new cost function for spatial image steganography", ICIP (2014), 4206-4210 (HILL);
    Holub and Fridrich, "Designing steganographic distortion using directional filters", WIFS (2012), 234-239 (WOW),
    whose idea of adding up what each wavelet band says is taken here with the integer wavelet, not Daubechies 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftveil.wavelets import NUMPY_INTEGER, SCHEMES, decompose_once

Costs = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From a picture (height, width, 3) to positive, finite costs of the same shape; their mean is 1."""

_DEAREST = 1e3  # in means: what is smooth to the last grey level is not free of use, but nearly


def hill(rgb_u8: NDArray[np.uint8]) -> NDArray[np.float32]:
    """HILL, channel by channel: high-pass residual, mean of its magnitude over 3x3, mean of the reciprocal over 15x15.

    Args:
        rgb_u8: Picture (height, width, 3), 0..255.

    Returns:
        Costs of the same shape, with mean 1.
    """
    costs = np.empty(rgb_u8.shape, np.float32)
    for channel in range(rgb_u8.shape[2]):
        x = np.pad(rgb_u8[..., channel].astype(np.float32), 1, mode="reflect")
        # The filter of Ker and Boehme, [-1 2 -1; 2 -4 2; -1 2 -1], is a second difference along both axes.
        residual = np.abs(np.diff(np.diff(x, 2, axis=0), 2, axis=1))
        costs[..., channel] = _box_mean((1 / np.maximum(_box_mean(residual, 1), 1e-3)).astype(np.float32), 7)
    return _scaled(costs)


def wavelet(rgb_u8: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Reciprocals of the detail that the integer 5/3 wavelet finds around a sample, summed over its three bands.

    Args:
        rgb_u8: Picture (height, width, 3), 0..255.

    Returns:
        Costs of the same shape, with mean 1.
    """
    planes = np.pad(np.moveaxis(rgb_u8, -1, 0).astype(np.float32), ((0, 0), (0, 1), (0, 1)), mode="symmetric")
    bands = decompose_once(planes, SCHEMES["legall5/3"], NUMPY_INTEGER)
    total = np.zeros(rgb_u8.shape, np.float32)
    for band in (bands.lh, bands.hl, bands.hh):
        magnitude = np.moveaxis(np.abs(band), 0, -1).repeat(2, axis=0).repeat(2, axis=1)
        magnitude = magnitude[: rgb_u8.shape[0], : rgb_u8.shape[1]].astype(np.float32)
        total += 1 / (_box_mean(magnitude, 2) + 0.1)
    return _scaled(_box_mean(total, 3))


COSTS: Final[Mapping[str, Costs]] = MappingProxyType({"hill": hill, "wavelet": wavelet})
"""Costs by name; whoever reads the message does not need them."""


def _scaled(costs: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean becomes 1, what is dearest stays finite."""
    typical = float(np.median(costs))
    limited = np.clip(costs, typical / _DEAREST, typical * _DEAREST)
    scaled: NDArray[np.float32] = (limited / limited.mean(dtype=np.float64)).astype(np.float32)
    return scaled


def _box_mean(x: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Mean over the square of a radius around each sample; behind the border, samples are mirrored."""
    for axis in (0, 1):
        x = _run_mean(x, radius, axis)
    return x


def _run_mean(x: NDArray[np.float32], radius: int, axis: int) -> NDArray[np.float32]:
    """The same along one axis, from differences of running sums."""
    width = [(radius + 1, radius) if a == axis else (0, 0) for a in range(x.ndim)]
    sums = np.pad(x.astype(np.float64), width, mode="symmetric").cumsum(axis=axis)
    length, side = 2 * radius + 1, x.shape[axis]
    ahead, behind = (np.take(sums, range(first, first + side), axis=axis) for first in (length, 0))
    mean: NDArray[np.float32] = ((ahead - behind) / length).astype(np.float32)
    return mean
