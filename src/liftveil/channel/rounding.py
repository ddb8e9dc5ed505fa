"""What a file does to a stego: rounding to integers and clipping to 0..255, with useful gradients."""

from __future__ import annotations

import torch
from torch import Tensor


class _StraightThroughRound(torch.autograd.Function):
    """Rounding half to even; the gradient is that of the identity."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:  # noqa: ARG004 - the signature is torch's
        return x.round()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:  # noqa: ARG004
        return gradient


def round_levels(levels: Tensor) -> Tensor:
    """Round grey levels half to even; the gradient passes straight through.

    Args:
        levels: Grey levels.

    Returns:
        Whole grey levels, not clipped.
    """
    rounded: Tensor = _StraightThroughRound.apply(levels)  # type: ignore[no-untyped-call]  # torch's own
    return rounded


def clip_levels(levels: Tensor) -> Tensor:
    """Clip to 0..255 with the true gradient: what is cut off cannot be learned from.

    A straight-through gradient here would hide clipping from training; bright and dark covers pay for it.

    Args:
        levels: Grey levels.

    Returns:
        Grey levels in 0..255.
    """
    return levels.clamp(0.0, 255.0)


def through_file(levels: Tensor) -> Tensor:
    """What comes back when a float picture is saved with 8 bits and opened again.

    Args:
        levels: Grey levels, of any value.

    Returns:
        Whole grey levels in 0..255; the torch twin of :func:`liftveil.imaging.to_u8`.
    """
    return clip_levels(round_levels(levels))
