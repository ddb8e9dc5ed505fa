"""Several invertible modules, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast, final

from jaxtyping import Float
from torch import Tensor, nn

from liftveil.invertible.base import Activation, Invertible, per_sample


@final
class Sequence(Invertible):
    """Composition in the order given.

    Args:
        *steps: Modules whose shapes fit each other.
    """

    def __init__(self, *steps: Invertible) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)

    def __iter__(self) -> Iterator[Invertible]:
        return cast("Iterator[Invertible]", iter(self.steps))

    def forward(self, x: Activation) -> Activation:
        """First step first."""
        for step in self:
            x = step(x)
        return x

    def inverse(self, y: Activation) -> Activation:
        """Last step first."""
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
