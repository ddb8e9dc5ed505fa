"""What every invertible module promises."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

Activation = Float[Tensor, "batch channel height width"]


class Invertible(nn.Module, ABC):
    """A differentiable bijection on activations, the same function in both directions at all times.

    No batch statistics, no dropout, no state kept between calls: ``inverse(forward(x))`` is ``x`` up to the
    rounding of floating-point numbers, in training and in evaluation mode.
    """

    @abstractmethod
    def forward(self, x: Activation) -> Activation:
        """Map an activation."""

    @abstractmethod
    def inverse(self, y: Activation) -> Activation:
        """Undo :meth:`forward`."""

    @abstractmethod
    def log_abs_det(self, x: Activation) -> Float[Tensor, " batch"]:
        """Logarithm of the absolute Jacobian determinant of :meth:`forward` at ``x``, one for each sample."""


def per_sample(x: Activation, value: Float[Tensor, ""]) -> Float[Tensor, " batch"]:
    """The same value for every sample of ``x``."""
    return value.expand(x.shape[0])


def pixels(x: Activation) -> int:
    """Number of spatial positions, each of which contributes once to a determinant."""
    return x.shape[-2] * x.shape[-1]


def zeros(count: int) -> nn.Parameter:
    """A parameter that starts at zero, so that the module starts as the identity."""
    return nn.Parameter(torch.zeros(count))
