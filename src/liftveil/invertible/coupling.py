r"""Affine coupling: one half of the channels is scaled and shifted by functions of the other half.

.. math:: p' = p \odot e^{\sigma(r)} + t, \qquad (r, t) = f(q), \qquad \sigma(r) = \beta \tanh(r / \beta)

The bound :math:`\beta` limits what one step can amplify in either direction to :math:`e^{\beta}`.

References:
    Dinh, Sohl-Dickstein and Bengio, "Density estimation using Real NVP", ICLR 2017.
"""

from __future__ import annotations

from typing import Literal, cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from liftveil.invertible.base import Activation, Invertible

Half = Literal["first", "second"]


@final
class AffineCoupling(Invertible):
    """Change one half of the channels, given the other.

    Args:
        conditioner: Network ``f`` from half the channels to as many as there are in all.
        changes: The half that changes.
        bound: The bound ``beta`` on the log-scale.

    Attributes:
        dtype: Type that the conditioner computes in; None for that of its input. The coupling itself, like the
            rest of the chain, keeps the type of its input, so that it stays exactly invertible.
    """

    def __init__(self, conditioner: nn.Module, *, changes: Half, bound: float) -> None:
        super().__init__()
        self.conditioner = conditioner
        self.changes = changes
        self.bound = bound
        self.dtype: torch.dtype | None = None

    def forward(self, x: Activation) -> Activation:
        """Scale and shift one half."""
        changed, given = self._split(x)
        log_scale, shift = self._terms(given)
        return self._merge(changed * log_scale.exp() + shift, given)

    def inverse(self, y: Activation) -> Activation:
        """Shift and scale the same half back."""
        changed, given = self._split(y)
        log_scale, shift = self._terms(given)
        return self._merge((changed - shift) * (-log_scale).exp(), given)

    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Sum of the log-scales over channels and positions."""
        _, given = self._split(x)
        return self._terms(given)[0].sum(dim=(1, 2, 3))

    def _terms(self, given: Activation) -> tuple[Activation, Activation]:
        raw, shift = self._conditions(given).chunk(2, dim=1)
        return self.bound * torch.tanh(raw / self.bound), shift

    def _conditions(self, given: Activation) -> Activation:
        if self.dtype is None:
            return cast("Tensor", self.conditioner(given))
        with torch.autocast(given.device.type, self.dtype):
            return cast("Tensor", self.conditioner(given)).to(given.dtype)

    def _split(self, x: Activation) -> tuple[Activation, Activation]:
        first, second = x.chunk(2, dim=1)
        return (first, second) if self.changes == "first" else (second, first)

    def _merge(self, changed: Activation, given: Activation) -> Activation:
        halves = (changed, given) if self.changes == "first" else (given, changed)
        return torch.cat(halves, dim=1)
