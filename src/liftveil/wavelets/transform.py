"""The transform of pictures: columns and rows, several levels, and the packing of bands into channels.

Letters of the bands: the first is the filter along the width, the second along the height, ``l`` for low and
``h`` for high. Against PyWavelets' ``(cA, (cH, cV, cD))``: ``ll`` is cA, ``lh`` is -cH, ``hl`` is -cV, ``hh`` is
cD, for every scheme: a detail here is an odd sample minus its prediction, there the opposite.

Columns are filtered before rows and restored after them, as in ISO/IEC 15444-1 Annex F; since integer steps
round, another order gives other bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from liftveil.errors import ShapeError
from liftveil.wavelets.lifting import Arithmetic, Array, forward, inverse
from liftveil.wavelets.schemes import LiftingScheme


class Subbands(NamedTuple):
    """One level: each band has the image's leading axes, and ceil or floor of half its height and width."""

    ll: Any
    lh: Any
    hl: Any
    hh: Any


class Pyramid(NamedTuple):
    """Several levels: the last low band, and the detail bands ``(lh, hl, hh)`` from fine to coarse."""

    ll: Any
    details: tuple[tuple[Any, Any, Any], ...]


def decompose_once(image: Array, scheme: LiftingScheme, arithmetic: Arithmetic) -> Subbands:
    """One level: columns first, then rows.

    Args:
        image: Floating-point array whose last two axes are height and width, both at least 2.
        scheme: Lifting steps; see :data:`liftveil.wavelets.SCHEMES`.
        arithmetic: Array library, and integer or float transform.

    Returns:
        Four bands; ``ll`` is ``ceil(height / 2)`` by ``ceil(width / 2)``.

    Raises:
        ShapeError: If height or width is less than 2 (carries ``actual_shape``).
    """
    if any(side < 2 for side in image.shape[-2:]):
        raise ShapeError(tuple(image.shape), "height and width of at least 2")
    low, high = forward(image.swapaxes(-1, -2), scheme, arithmetic)
    ll, hl = forward(low.swapaxes(-1, -2), scheme, arithmetic)
    lh, hh = forward(high.swapaxes(-1, -2), scheme, arithmetic)
    return Subbands(ll, lh, hl, hh)


def reconstruct_once(bands: Subbands, scheme: LiftingScheme, arithmetic: Arithmetic) -> Any:  # noqa: ANN401
    """Inverse of :func:`decompose_once`: rows first, then columns, since only that order is exact.

    Args:
        bands: Four bands of one level.
        scheme: Lifting steps used to decompose.
        arithmetic: Array library, and integer or float transform.

    Returns:
        The image.

    Raises:
        ShapeError: If the bands' sizes do not fit each other.
    """
    low = inverse(bands.ll, bands.hl, scheme, arithmetic).swapaxes(-1, -2)
    high = inverse(bands.lh, bands.hh, scheme, arithmetic).swapaxes(-1, -2)
    return inverse(low, high, scheme, arithmetic).swapaxes(-1, -2)


def decompose(image: Array, scheme: LiftingScheme, levels: int, arithmetic: Arithmetic) -> Pyramid:
    """Several levels, each on the low band of the one before.

    Args:
        image: Floating-point array whose last two axes are height and width.
        scheme: Lifting steps.
        levels: How many levels; 0 leaves the image as it is.
        arithmetic: Array library, and integer or float transform.

    Returns:
        Last low band and all detail bands.

    Raises:
        ShapeError: If a level would split an axis of less than two samples.
    """
    details = []
    for _ in range(levels):
        image, *bands = decompose_once(image, scheme, arithmetic)
        details.append(tuple(bands))
    return Pyramid(image, tuple(details))


def reconstruct(pyramid: Pyramid, scheme: LiftingScheme, arithmetic: Arithmetic) -> Any:  # noqa: ANN401
    """Inverse of :func:`decompose`.

    Args:
        pyramid: Low band and detail bands.
        scheme: Lifting steps used to decompose.
        arithmetic: Array library, and integer or float transform.

    Returns:
        The image.

    Raises:
        ShapeError: If the bands' sizes do not fit each other.
    """
    image = pyramid.ll
    for bands in reversed(pyramid.details):
        image = reconstruct_once(Subbands(image, *bands), scheme, arithmetic)
    return image


def pack(pyramid: Pyramid, arithmetic: Arithmetic) -> Any:  # noqa: ANN401
    """Lay all bands as channels on the grid of the coarsest one.

    A band of a finer level becomes several channels, one for each position inside a grid cell.

    Args:
        pyramid: Bands with axes (batch, channel, height, width), from an image whose height and width are
            multiples of ``2 ** levels``.
        arithmetic: Array library.

    Returns:
        Array (batch, channel * 4 ** levels, grid height, grid width), coarse bands first.

    Raises:
        ShapeError: If the image's sides were no multiples of ``2 ** levels``.
    """
    levels = len(pyramid.details)
    channels = [pyramid.ll]
    for level in range(levels - 1, -1, -1):
        factor = 2 ** (levels - 1 - level)
        channels += [_space_to_depth(band, factor, pyramid.ll.shape, arithmetic) for band in pyramid.details[level]]
    return arithmetic.concatenate(channels, 1)


def unpack(packed: Array, levels: int, arithmetic: Arithmetic) -> Pyramid:
    """Inverse of :func:`pack`.

    Args:
        packed: Array (batch, channel * 4 ** levels, grid height, grid width).
        levels: Number of levels that were packed.
        arithmetic: Array library.

    Returns:
        The bands.

    Raises:
        ShapeError: If the number of channels is no multiple of ``4 ** levels``.
    """
    if packed.shape[1] % 4**levels:
        raise ShapeError(tuple(packed.shape), f"a multiple of {4**levels} channels on axis 1")
    colours = packed.shape[1] // 4**levels
    details = []
    for level in range(levels - 1, -1, -1):
        factor = 2 ** (levels - 1 - level)
        first = colours * factor**2
        bands = (packed[:, first * k : first * (k + 1)] for k in (1, 2, 3))
        details.append(tuple(_depth_to_space(band, factor, arithmetic) for band in bands))
    return Pyramid(packed[:, :colours], tuple(reversed(details)))


def packed_band_gains(scheme: LiftingScheme, levels: int) -> tuple[float, ...]:
    """Gain to (bi)orthonormal of each packed channel of one colour, for the integer transform.

    Args:
        scheme: Lifting steps.
        levels: Number of levels.

    Returns:
        ``4 ** levels`` factors in the channel order of :func:`pack`.
    """
    low, high = scheme.approximation_gain, scheme.detail_gain
    gains = [low ** (2 * levels)]
    for level in range(levels - 1, -1, -1):
        outer = low ** (2 * level)
        positions = 4 ** (levels - 1 - level)
        gains += [outer * band for band in (low * high, high * low, high * high) for _ in range(positions)]
    return tuple(gains)


def _space_to_depth(band: Array, factor: int, grid: Sequence[int], arithmetic: Arithmetic) -> Array:
    """(batch, channel, height, width) to (batch, factor * factor * channel, height / factor, width / factor)."""
    batch, channels, height, width = band.shape
    if (height, width) != (factor * grid[2], factor * grid[3]):
        raise ShapeError(tuple(band.shape), "bands of an image whose sides are multiples of 2 ** levels")
    if factor == 1:
        return band
    cells = band.reshape((batch, channels, height // factor, factor, width // factor, factor))
    cells = arithmetic.permute(cells, (0, 3, 5, 1, 2, 4))
    deep: Array = cells.reshape((batch, factor * factor * channels, height // factor, width // factor))
    return deep


def _depth_to_space(cells: Array, factor: int, arithmetic: Arithmetic) -> Array:
    """Inverse of :func:`_space_to_depth`."""
    if factor == 1:
        return cells
    batch, channels, height, width = cells.shape
    channels //= factor * factor
    cells = cells.reshape((batch, factor, factor, channels, height, width))
    cells = arithmetic.permute(cells, (0, 3, 4, 1, 5, 2))
    band: Array = cells.reshape((batch, channels, height * factor, width * factor))
    return band
