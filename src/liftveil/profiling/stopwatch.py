"""Where the time of a step goes: wavelet, network, loss, optimiser; both passes of each."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, final, get_args

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from liftveil.invertible import Invertible
from liftveil.profiling.rehearsal import Rehearsal, finish

Part = Literal["wavelet", "network", "loss", "optimiser"]
"""``wavelet`` with the colour transform, ``loss`` with the channel, ``optimiser`` with guard and average."""

Map = Callable[[Tensor], Tensor]


@final
class Stopwatch:
    """Adds up the time of each part; at any moment exactly one part runs.

    Args:
        device: Waited for whenever one part ends and another begins, so a GPU's steps take longer than else.

    Attributes:
        seconds: Time of each part so far.
    """

    def __init__(self, device: torch.device) -> None:
        self.seconds: dict[Part, float] = dict.fromkeys(get_args(Part), 0.0)
        self._device = device
        self._part: Part = "optimiser"
        self._since = time.perf_counter()

    def turn_to(self, part: Part) -> None:
        """Let another part run."""
        finish(self._device)
        now = time.perf_counter()
        self.seconds[self._part] += now - self._since
        self._part, self._since = part, now

    def shares(self) -> dict[Part, float]:
        """Share of each part; their sum is 1."""
        total = sum(self.seconds.values())
        return {part: seconds / total for part, seconds in self.seconds.items()}


class _Border(torch.autograd.Function):
    """Nothing, but that the backward pass turns to a part here."""

    @staticmethod
    def forward(ctx: _BorderContext, x: Tensor, watch: Stopwatch, part: Part) -> Tensor:
        ctx.watch, ctx.part = watch, part
        return x.view_as(x)

    @staticmethod
    def backward(ctx: _BorderContext, gradient: Tensor) -> tuple[Tensor, None, None]:
        ctx.watch.turn_to(ctx.part)
        return gradient, None, None


class _BorderContext(torch.autograd.function.FunctionCtx):
    """What the forward pass leaves for the backward pass."""

    watch: Stopwatch
    part: Part


def split_time(rehearsal: Rehearsal, steps: int) -> dict[Part, float]:
    """Measure how a step's time is shared out. The rehearsal cannot be used for anything else afterwards.

    Args:
        rehearsal: Warmed up.
        steps: Number of steps to take.

    Returns:
        Share of each part; their sum is 1.
    """
    watch = Stopwatch(rehearsal.fabric.device)
    _watch_steps(rehearsal.losses, rehearsal.fabric, watch)
    model = rehearsal.state.model
    for transform in {model.transform, model.secret_transform}:
        _watch_maps(transform, watch, "wavelet")
    _watch_maps(model.chain, watch, "network")
    for _ in range(steps):
        rehearsal.step()
    watch.turn_to("optimiser")
    return watch.shares()


def _watch_steps(losses: nn.Module, fabric: Fabric, watch: Stopwatch) -> None:
    """A batch's loss begins the part ``loss``, the end of its backward pass the part ``optimiser``."""
    backward = fabric.backward

    def watched(loss: Tensor) -> None:
        backward(loss)
        watch.turn_to("optimiser")

    losses.register_forward_pre_hook(lambda *_: watch.turn_to("loss"))
    vars(fabric)["backward"] = watched


def _watch_maps(maps: Invertible, watch: Stopwatch, part: Part) -> None:
    """Both directions of a map are a part, whatever is around them is the part ``loss``."""
    for name in ("forward", "inverse"):
        setattr(maps, name, _watched(getattr(maps, name), watch, part))


def _watched(run: Map, watch: Stopwatch, part: Part) -> Map:
    def watched(x: Tensor) -> Tensor:
        x = _Border.apply(x, watch, "loss")  # type: ignore[no-untyped-call]  # torch's own
        watch.turn_to(part)
        y = run(x)
        watch.turn_to("loss")
        behind: Tensor = _Border.apply(y, watch, part)  # type: ignore[no-untyped-call]
        return behind

    return watched
