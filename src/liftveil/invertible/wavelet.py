"""The lifting wavelet as an invertible module: pixels to packed subbands of (bi)orthonormal gain."""

from __future__ import annotations

from typing import Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from liftveil.invertible.base import Activation, Invertible, per_sample
from liftveil.wavelets import SCHEMES, Arithmetic, decompose, pack, packed_band_gains, reconstruct, unpack

Mode = Literal["integer", "float"]


class _StraightThrough(torch.autograd.Function):
    """A rounding whose gradient is that of the identity."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:  # noqa: ARG004 - the signature is torch's
        return x.floor()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:  # noqa: ARG004
        return gradient


def straight_through_floor(x: Tensor) -> Tensor:
    """Round towards minus infinity; the gradient passes as if nothing had been rounded.

    Args:
        x: Any tensor.

    Returns:
        Integers of the same type and shape.
    """
    if not x.requires_grad:
        return x.floor()
    rounded: Tensor = _StraightThrough.apply(x)  # type: ignore[no-untyped-call]  # torch's own
    return rounded


TORCH_FLOAT = Arithmetic(torch.cat, torch.permute, None)
TORCH_INTEGER = Arithmetic(torch.cat, torch.permute, straight_through_floor)


@final
class Wavelet(Invertible):
    """Decompose a picture and pack its bands as channels, coarse bands first.

    In integer mode the bands of integer pixels are integers times a fixed gain, and :meth:`inverse` rounds
    what it is given to such numbers before it reconstructs, so that integer pixels come out. Rounding then
    happens to coefficients, not to pixels; it is the one step here that is not injective, and only for
    coefficients that no integer picture has.

    Args:
        scheme: Name in :data:`liftveil.wavelets.SCHEMES`.
        levels: Number of levels; height and width must be multiples of ``2 ** levels``.
        mode: The integer lifting or the float transform that it approximates.
        colours: Channels of the picture.
    """

    gains: Float[Tensor, "channel 1 1"]

    def __init__(self, scheme: str, *, levels: int, mode: Mode = "float", colours: int = 3) -> None:
        super().__init__()
        self.scheme = SCHEMES[scheme]
        self.levels = levels
        self.mode = mode
        gains = torch.tensor(packed_band_gains(self.scheme, levels), dtype=torch.float64)
        if mode == "float":
            gains = torch.ones_like(gains)  # the float transform is scaled already
        self.register_buffer("gains", gains.repeat_interleave(colours)[:, None, None].float(), persistent=False)

    def forward(self, x: Activation) -> Activation:
        """Pixels to bands."""
        bands: Tensor = pack(decompose(x, self.scheme, self.levels, self._arithmetic), self._arithmetic)
        return (bands * self.gains if self.mode == "integer" else bands).contiguous(memory_format=torch.channels_last)

    def inverse(self, y: Activation) -> Activation:
        """Bands to pixels."""
        if self.mode == "integer":
            y = straight_through_floor(y / self.gains + 0.5)
        pixels: Tensor = reconstruct(unpack(y, self.levels, self._arithmetic), self.scheme, self._arithmetic)
        return pixels

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Zero: lifting steps are shears, and the gains of low and high bands cancel for every scheme."""
        return per_sample(x, x.new_zeros(()))

    @property
    def _arithmetic(self) -> Arithmetic:
        return TORCH_INTEGER if self.mode == "integer" else TORCH_FLOAT
