"""Scaling a picture and scaling it back, as sharing a picture does, with a file after each step."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from liftveil.channel.rounding import through_file

Levels = Float[Tensor, "batch channel height width"]


def rescale(levels: Levels, factor: float) -> Levels:
    """Save, scale, save, scale back to the old size and save, always with 8 bits.

    Both ways are Pillow's ``BICUBIC``: Keys' kernel with a = -0.5, widened by the factor where the picture shrinks,
    and 8 bits between the horizontal and the vertical pass. Every pixel of the result is within 2 levels of Pillow's,
    most are equal (above 60 dB); what differs are ties, which Pillow rounds up and :func:`through_file` to even.

    The gradient is that of the linear maps and of :func:`through_file`.

    Args:
        levels: Grey levels.
        factor: New sides through old sides, 0.25..2; the new sides are rounded (half to even) and at least 1.

    Returns:
        Whole grey levels in 0..255, of the old size.

    References:
        Keys, "Cubic convolution interpolation for digital image processing", IEEE TASSP 29 (1981), 1153-1160.
    """
    height, width = levels.shape[-2:]
    scaled = _resized(through_file(levels), max(1, round(height * factor)), max(1, round(width * factor)))
    return _resized(scaled, height, width)


def _resized(levels: Levels, height: int, width: int) -> Levels:
    return _widened(_widened(levels, width).mT, height).mT


def _widened(levels: Levels, width: int) -> Levels:
    """Scaled along rows only: torch 2.13 gets the columns of a picture wrong that is one pixel wide."""
    size = levels.shape[-2], width
    return through_file(functional.interpolate(levels, size, mode="bicubic", antialias=True))
