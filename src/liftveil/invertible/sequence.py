"""Several invertible modules, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from liftveil.invertible.base import Activation, Invertible, per_sample
from liftveil.invertible.recompute import recomputed_forward, recomputed_inverse


@final
class Sequence(Invertible):
    """Composition in the order given.

    Args:
        *steps: Modules whose shapes fit each other.

    Attributes:
        recompute: Whether gradients are taken by reconstruction, which saves memory and costs time; see
            :mod:`liftveil.invertible.recompute`. Off at first, and no part of the state dict.
    """

    def __init__(self, *steps: Invertible) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)
        self.recompute = False

    def __iter__(self) -> Iterator[Invertible]:
        return cast("Iterator[Invertible]", iter(self.steps))

    def forward(self, x: Activation) -> Activation:
        """First step first."""
        if self.recompute and torch.is_grad_enabled():
            return recomputed_forward(self, x)
        for step in self:
            x = step(x)
        return x

    def inverse(self, y: Activation) -> Activation:
        """Last step first."""
        if self.recompute and torch.is_grad_enabled():
            return recomputed_inverse(self, y)
        for step in reversed(list(self)):
            y = step.inverse(y)
        return y

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Sum over the steps, each at its own input."""
        total = per_sample(x, x.new_zeros(()))
        for step in self:
            total = total + step.log_abs_det(x)
            x = step(x)
        return total
