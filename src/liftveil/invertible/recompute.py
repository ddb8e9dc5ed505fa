r"""Training through invertibility: activations are computed anew from the output instead of being stored.

A stored chain keeps what every step needs for its gradient, so memory grows with the number of steps. A bijection
needs none of that: from the output :math:`x_K` alone, the backward pass walks the chain in reverse,

.. math::
    x_{k-1} = f_k^{-1}(x_k), \qquad
    \bar{x}_{k-1} = \Bigl(\frac{\partial f_k}{\partial x}(x_{k-1})\Bigr)^{\!\top} \bar{x}_k, \qquad
    \bar{\theta}_k = \Bigl(\frac{\partial f_k}{\partial \theta}(x_{k-1})\Bigr)^{\!\top} \bar{x}_k

with :math:`\bar{x}_k` the gradient of the loss with respect to :math:`x_k`: reconstruct the input of a step without a
graph, run the step again with one, take its gradients, drop the graph. The output and the graph of one step are all
that lives at a time, for any :math:`K`; the price is two more evaluations of every step.

The inverse is exact up to rounding, and so are the gradients: errors of the reconstruction add up along the chain,
times what its steps amplify. In float64 that is nothing; what float32 costs is in ``docs/theory/invertible.md``. A
chain that itself computes in the 8 or 11 bits of autocast's types cannot be reconstructed; conditioners may.

References:
    Gomez et al., "The Reversible Residual Network: Backpropagation Without Storing Activations", NeurIPS 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, cast, final

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.func import functional_call

from liftveil.invertible.base import Activation, Invertible

Map = Callable[[Activation], Activation]


def recomputed_forward(steps: Iterable[Invertible], x: Activation) -> Activation:
    """First step first; gradients come by reconstruction, once (there are no second derivatives).

    Args:
        steps: The chain, such as a :class:`liftveil.invertible.Sequence`.
        x: Input of the first step; it is not kept.

    Returns:
        Output of the last step, the only activation kept for the backward pass. That pass raises a
        ``RuntimeError`` if the output or a parameter has been changed in place by then.
    """
    steps = list(steps)
    return _run(steps, [_Move(step, step.inverse) for step in steps], x)


def recomputed_inverse(steps: Iterable[Invertible], y: Activation) -> Activation:
    """Last step first; gradients come as in :func:`recomputed_forward`.

    Args:
        steps: The chain.
        y: Output of the last step; it is not kept.

    Returns:
        Input of the first step, kept as the output is in :func:`recomputed_forward`.
    """
    steps = list(steps)
    return _run(steps, [_Move(step.inverse, step) for step in reversed(steps)], y)


class _Move(NamedTuple):
    """A step in the direction of the call, and the way back."""

    go: Map
    back: Map


def _run(steps: list[Invertible], moves: list[_Move], start: Activation) -> Activation:
    retreat = _Retreat(steps, moves, start.device.type)
    given = retreat.given.values()
    end: Tensor = _Recomputed.apply(retreat, start, *given)  # type: ignore[no-untyped-call]  # torch's own
    return end


@final
class _Retreat(nn.Module):
    """The backward pass, written as the forward of a module: that is what ``functional_call`` reaches.

    It puts leaves of its own in place of the parameters. There, gradients of shared parameters add up, those of
    unused ones stay None, and the parameters' own hooks see nothing before the sum.

    Args:
        steps: Owners of the parameters.
        moves: What the forward pass does, in this order.
        device: Type of the device whose autocast state is to be restored.
    """

    def __init__(self, steps: list[Invertible], moves: list[_Move], device: str) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)
        self.moves = moves
        self.autocast = _present_autocast(device)
        self.given: dict[str, Tensor] = dict(self.named_parameters())
        self.versions = self._present_versions()

    def gradients(self, end: Activation, gradient: Activation) -> tuple[Activation, list[Tensor | None]]:
        """Gradients with respect to the start and to every parameter, from the end and its gradient."""
        if self._present_versions() != self.versions:
            raise RuntimeError("a parameter was changed in place before the backward pass could invert the chain")
        leaves = {name: tensor.detach().requires_grad_(tensor.requires_grad) for name, tensor in self.given.items()}
        gradient = functional_call(self, leaves, (end, gradient))
        return gradient, [leaf.grad for leaf in leaves.values()]

    def forward(self, y: Activation, gradient: Activation) -> Activation:
        """Walk from the end, whose gradient is given, to the start, whose gradient is returned."""
        for move in reversed(self.moves):
            with torch.no_grad(), self.autocast:
                y = move.back(y)
            gradient = self._pulled_back(move.go, y, gradient)
        return gradient

    def _pulled_back(self, go: Map, x: Activation, gradient: Activation) -> Activation:
        """The gradient before one step; a function of its own, so that the step's graph ends with it."""
        x = x.detach().requires_grad_()
        with torch.enable_grad(), self.autocast:
            y = go(x)
        torch.autograd.backward(y, gradient)
        return cast(Tensor, x.grad)

    def _present_versions(self) -> list[int]:
        """How often each parameter was changed in place."""
        return [tensor._version for tensor in self.given.values()]


class _Context(FunctionCtx):
    """What the forward pass leaves for the backward pass."""

    retreat: _Retreat
    saved_tensors: tuple[Tensor]


class _Recomputed(torch.autograd.Function):
    """A chain in either direction.

    The parameters are arguments, so that their gradients pass through their own nodes in the graph, where hooks
    such as those of ``DistributedDataParallel`` wait.
    """

    @staticmethod
    def forward(ctx: _Context, retreat: _Retreat, x: Tensor, *_parameters: Tensor) -> Tensor:
        for move in retreat.moves:
            x = move.go(x)
        ctx.retreat = retreat
        ctx.save_for_backward(x)
        return x

    @staticmethod
    @once_differentiable
    def backward(ctx: _Context, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (end,) = ctx.saved_tensors
        start_gradient, parameter_gradients = ctx.retreat.gradients(end, gradient)
        return None, start_gradient, *parameter_gradients


def _present_autocast(device: str) -> AbstractContextManager[object]:
    """A context that restores the autocast state of this moment."""
    if not torch.amp.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(
        device,
        dtype=torch.get_autocast_dtype(device),
        enabled=torch.is_autocast_enabled(device),
        cache_enabled=torch.is_autocast_cache_enabled(),
    )
