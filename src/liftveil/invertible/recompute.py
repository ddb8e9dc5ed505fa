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
from typing import cast, final

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
    return _run([_Move(step, step, step.inverse) for step in steps], x)


def recomputed_inverse(steps: Iterable[Invertible], y: Activation) -> Activation:
    """Last step first; gradients come as in :func:`recomputed_forward`.

    Args:
        steps: The chain.
        y: Output of the last step; it is not kept.

    Returns:
        Input of the first step, kept as the output is in :func:`recomputed_forward`.
    """
    return _run([_Move(step, step.inverse, step) for step in reversed(list(steps))], y)


@final
class _Move(nn.Module):
    """One step in the direction of the call, and its backward pass.

    The latter is the forward of a module, because that is what ``functional_call`` reaches. It puts leaves of its own
    in place of the parameters: there, gradients of parameters that a step shares with itself add up and those of
    unused ones stay None.

    Args:
        step: Owner of the parameters.
        go: The step in the direction of the call.
        back: The step in the other direction.
    """

    def __init__(self, step: Invertible, go: Map, back: Map) -> None:
        super().__init__()
        self.step = step
        self.maps = go, back  # in a tuple, since a module as an attribute would be another child
        self.given: dict[str, Tensor] = dict(self.named_parameters())
        self.versions = self._present_versions()

    def gradients(
        self, held: list[Activation], gradient: Activation, autocast: AbstractContextManager[object]
    ) -> tuple[Activation, Activation, list[Tensor | None]]:
        """Input of the step, its gradient and those of the parameters, from the output and its gradient.

        The output is taken out of a list, so that it is gone when the step's graph is built.
        """
        if self._present_versions() != self.versions:
            raise RuntimeError("a parameter was changed in place before the backward pass could invert the chain")
        leaves = {name: tensor.detach().requires_grad_(tensor.requires_grad) for name, tensor in self.given.items()}
        x, gradient = functional_call(self, leaves, (held, gradient, autocast))
        return x, gradient, [leaf.grad for leaf in leaves.values()]

    def forward(
        self, held: list[Activation], gradient: Activation, autocast: AbstractContextManager[object]
    ) -> tuple[Activation, Activation]:
        """Reconstruct the input without a graph, run the step again with one, take its gradients, drop the graph."""
        go, back = self.maps
        with torch.no_grad(), autocast:
            x = back(held.pop())
        x = x.detach().requires_grad_()
        with torch.enable_grad(), autocast:
            y = go(x)
        torch.autograd.backward(y, gradient)
        return x.detach(), cast(Tensor, x.grad)

    def _present_versions(self) -> list[int]:
        """How often each parameter was changed in place."""
        return [tensor._version for tensor in self.given.values()]


@final
class _Trail:
    """What the nodes of one call share: its moves, and the activation that the backward pass has come to.

    Args:
        moves: What the call does, in this order.
        device: Type of the device whose autocast state is to be restored.
    """

    def __init__(self, moves: list[_Move], device: str) -> None:
        self.moves = moves
        self.autocast = _present_autocast(device)
        self.here: Activation | None = None

    def back(self, number: int, gradient: Activation, *, goes_on: bool) -> tuple[Activation, list[Tensor | None]]:
        """Walk back one move; gradients of its input and of its parameters, from that of its output."""
        held, self.here = [cast(Tensor, self.here)], None
        x, gradient, parameter_gradients = self.moves[number].gradients(held, gradient, self.autocast)
        if goes_on:
            self.here = x
        return gradient, parameter_gradients


class _Context(FunctionCtx):
    """What the forward pass leaves for the backward pass."""

    trail: _Trail
    number: int
    saved_tensors: tuple[Tensor, ...]
    needs_input_grad: tuple[bool, ...]


class _Recomputed(torch.autograd.Function):
    """One move of a chain.

    Each is a node of its own, so that gradients are handed on as soon as its step is left: those of a chain that
    was run twice, as embedding and extraction do, then meet step by step, and never is there a second set of them.
    The parameters are arguments, so that their gradients pass through their own nodes, where hooks such as those of
    ``DistributedDataParallel`` wait for the sum.
    """

    @staticmethod
    def forward(ctx: _Context, trail: _Trail, number: int, x: Tensor, *_parameters: Tensor) -> Tensor:
        go, _ = trail.moves[number].maps
        y = go(x)
        ctx.trail, ctx.number = trail, number
        if number == len(trail.moves) - 1:
            ctx.save_for_backward(y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: _Context, gradient: Tensor) -> tuple[Tensor | None, ...]:
        if saved := ctx.saved_tensors:
            (ctx.trail.here,) = saved
        goes_on = ctx.number > 0 and ctx.needs_input_grad[2]
        gradient, parameter_gradients = ctx.trail.back(ctx.number, gradient, goes_on=goes_on)
        return None, None, gradient, *parameter_gradients


def _run(moves: list[_Move], x: Activation) -> Activation:
    trail = _Trail(moves, x.device.type)
    for number, move in enumerate(moves):
        x = _Recomputed.apply(trail, number, x, *move.given.values())  # type: ignore[no-untyped-call]  # torch's own
    return x


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
