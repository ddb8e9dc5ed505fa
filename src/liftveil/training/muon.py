r"""Muon: momentum whose update is orthogonalised, for parameters that are matrices.

The momentum matrix is replaced by a matrix of the same singular vectors and singular values near 1, found by
five Newton-Schulz steps, and scaled to the size of a usual Adam update, :math:`0.2 \sqrt{\max(m, n)}`.

``torch.optim.Muon`` is the same method in bfloat16, which took ten times as long as this float32 form on CPUs
without bfloat16 instructions: as long as the rest of the step. Matrices of one shape are handled together.

References:
    Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; Liu et al., "Muon is
    scalable for LLM training", arXiv 2502.16982 (the scaling).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_STEPS = 5
_ADAM_RMS = 0.2


@final
class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised.

    Args:
        matrices: Parameters with two axes.
        lr: Learning rate, on the scale of Adam's.
        momentum: Decay of the momentum.
    """

    def __init__(self, matrices: Iterable[nn.Parameter], *, lr: float, momentum: float = 0.95) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]  # torch's has two forms
        """Move every matrix that has a gradient.

        Args:
            closure: Not supported.

        Raises:
            ValueError: If a closure is given.
        """
        if closure is not None:
            raise ValueError("Muon takes no closure")
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[nn.Parameter]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape.setdefault(parameter.shape, []).append(parameter)
            for parameters in by_shape.values():
                self._move(parameters, group)

    def _move(self, parameters: list[nn.Parameter], group: dict[str, Any]) -> None:
        """Update parameters of one shape."""
        gradients = torch.stack([p.grad for p in parameters if p.grad is not None])
        for parameter in parameters:
            self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
        momenta = torch.stack([self.state[p]["momentum"] for p in parameters])
        momenta.lerp_(gradients, 1 - group["momentum"])
        updates = orthogonalised(gradients.lerp(momenta, group["momentum"]))
        size = group["lr"] * _ADAM_RMS * max(updates.shape[1:]) ** 0.5
        for parameter, momentum, update in zip(parameters, momenta, updates, strict=True):
            self.state[parameter]["momentum"].copy_(momentum)
            parameter.sub_(update, alpha=size)


def orthogonalised(matrices: Float[Tensor, "count row column"]) -> Float[Tensor, "count row column"]:
    """Bring the singular values of each matrix near 1 (to about 0.7..1.2) and keep its singular vectors.

    Args:
        matrices: Any matrices.

    Returns:
        Matrices of the same shape.
    """
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if tall else matrices
    x = x / torch.linalg.matrix_norm(x, keepdim=True).clamp(min=1e-7)
    for _ in range(_STEPS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    result: Tensor = x.transpose(1, 2) if tall else x
    return result
