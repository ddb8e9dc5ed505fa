"""Reflection padding to a multiple, as part of the data flow: nothing is remembered between calls."""

from __future__ import annotations

from liftveil.errors import ShapeError
from liftveil.wavelets.lifting import Arithmetic, Array


def pad_by_reflection(image: Array, multiple: int, arithmetic: Arithmetic) -> Array:
    """Extend the last two axes at their ends to the next multiple, mirrored about the last sample.

    Args:
        image: Array of at least two axes.
        multiple: What height and width shall be divisible by.
        arithmetic: Array library.

    Returns:
        The same array if both axes fit already; otherwise a larger one. Cropping to the old size undoes it.

    Raises:
        ShapeError: If an axis is too short to be mirrored that far.
    """
    short = [side for side in image.shape[-2:] if -side % multiple >= side]
    if short:
        raise ShapeError(tuple(image.shape), f"sides of more than half a multiple of {multiple}")
    padded = _pad_last(image, multiple, arithmetic).swapaxes(-1, -2)
    result: Array = _pad_last(padded, multiple, arithmetic).swapaxes(-1, -2)
    return result


def _pad_last(image: Array, multiple: int, arithmetic: Arithmetic) -> Array:
    length = image.shape[-1]
    missing = -length % multiple
    if missing == 0:
        return image
    mirrored = [image[..., length - 2 - k : length - 1 - k] for k in range(missing)]
    padded: Array = arithmetic.concatenate([image, *mirrored], -1)
    return padded
