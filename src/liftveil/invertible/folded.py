"""An affine bijection of squares that do not overlap, as one convolution in each direction.

Colour transform, Haar wavelet of any number of levels and strengths together are such a map, and as many steps of
slicing and adding as they are, one convolution is far quicker.
"""

from __future__ import annotations

from copy import deepcopy
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from liftveil.invertible.base import Activation, Invertible, per_sample, pixels


@final
class Folded(Invertible):
    """The same map as another module's, found by asking that module; its parameters are fixed.

    Args:
        affine: Maps each square of ``side * side`` pixels by itself, and all alike, to one position; has parameters.
        channels: That it takes.
        side: Of the squares.
    """

    weight: Tensor
    bias: Tensor
    back: Tensor
    offset: Tensor

    @torch.no_grad()
    def __init__(self, affine: Invertible, *, channels: int, side: int) -> None:
        super().__init__()
        self.side = side
        count = channels * side * side
        like = next(affine.parameters())
        asked = torch.eye(count, dtype=torch.float64, device=like.device).reshape(count, channels, side, side)
        exact = deepcopy(affine).double()
        bias = exact(torch.zeros_like(asked[:1])).flatten()
        matrix = (exact(asked).reshape(count, count) - bias).T
        back = torch.linalg.inv(matrix)
        self.register_buffer("weight", matrix.reshape(count, channels, side, side).to(like))
        self.register_buffer("bias", bias.to(like))
        self.register_buffer("back", back.reshape(count, count, 1, 1).to(like))
        self.register_buffer("offset", -(back @ bias).to(like))

    def forward(self, x: Activation) -> Activation:
        """Each square to a position."""
        return functional.conv2d(x, self.weight, self.bias, stride=self.side)

    def inverse(self, y: Activation) -> Activation:
        """Each position to a square."""
        return functional.pixel_shuffle(functional.conv2d(y, self.back, self.offset), self.side)

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """The same at every position."""
        matrix = self.weight.flatten(1)
        return per_sample(x, torch.linalg.slogdet(matrix)[1] * (pixels(x) // self.side**2))
