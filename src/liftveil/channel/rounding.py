"""What a file does to a stego: rounding to integers and clipping to 0..255, with useful gradients."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from liftveil.shaping import NoiseShaper

_PX = NoiseShaper.BLOCK_PX


class _StraightThrough(torch.autograd.Function):
    """Other values; the gradient is that of the identity."""

    @staticmethod
    def forward(ctx: object, x: Tensor, values: Tensor) -> Tensor:  # noqa: ARG004 - the signature is torch's
        return values

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ARG004
        return gradient, None


def round_levels(levels: Tensor, shaper: NoiseShaper | None = None) -> Tensor:
    """Round grey levels half to even, or with shaped noise; the gradient passes straight through.

    Args:
        levels: Grey levels; (batch, 3, height, width) for a shaper.
        shaper: What shapes the noise; None rounds to the nearest.

    Returns:
        Whole grey levels, not clipped.
    """
    whole = levels.detach().round() if shaper is None else _shaped(levels.detach(), shaper, -torch.inf, torch.inf)
    return _with_gradient_of(levels, whole)


def clip_levels(levels: Tensor) -> Tensor:
    """Clip to 0..255 with the true gradient: what is cut off cannot be learned from.

    A straight-through gradient here would hide clipping from training; bright and dark covers pay for it.

    Args:
        levels: Grey levels.

    Returns:
        Grey levels in 0..255.
    """
    return levels.clamp(0.0, 255.0)


def through_file(levels: Tensor, shaper: NoiseShaper | None = None) -> Tensor:
    """What comes back when a float picture is saved with 8 bits and opened again.

    The gradient is that of :func:`clip_levels`: of the levels with a shaper, of the rounded ones without.

    Args:
        levels: Grey levels, of any value; (batch, 3, height, width) for a shaper.
        shaper: What shapes the rounding's noise; None rounds to the nearest.

    Returns:
        Whole grey levels in 0..255; the torch twin of :func:`liftveil.imaging.to_u8`, or with a shaper of its
        :meth:`liftveil.shaping.NoiseShaper.whole`.
    """
    if shaper is None:
        return clip_levels(round_levels(levels))
    return _with_gradient_of(clip_levels(levels), _shaped(levels.detach(), shaper, 0.0, 255.0))


def blocks_of(pictures: Tensor) -> Tensor:
    """The blocks of pictures whose noise is shaped together.

    Args:
        pictures: (batch, 3, height, width); their sides are multiples of a block's, ``NoiseShaper.BLOCK_PX``.

    Returns:
        (samples, blocks): one column for each block, from left to right, top to bottom, picture to picture.
    """
    batch, colours, height, width = pictures.shape
    grid = pictures.reshape(batch, colours, height // _PX, _PX, width // _PX, _PX)
    return grid.permute(1, 3, 5, 0, 2, 4).reshape(NoiseShaper.BLOCK_SAMPLES, -1)


def _shaped(levels: Tensor, shaper: NoiseShaper, low: float, high: float) -> Tensor:
    """Whole levels with shaped noise, by the same code as without torch."""
    pictures = levels.permute(0, 2, 3, 1).cpu().numpy()
    whole = np.stack([shaper.whole(picture, low, high) for picture in pictures])
    return torch.from_numpy(whole).permute(0, 3, 1, 2).to(levels)


def _with_gradient_of(levels: Tensor, whole: Tensor) -> Tensor:
    result: Tensor = _StraightThrough.apply(levels, whole)  # type: ignore[no-untyped-call]  # torch's own
    return result
