"""One step: losses of its batches, the gradient, the guard's verdict, and the move."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from math import isfinite

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from liftveil.config import Config
from liftveil.networks import StarINN
from liftveil.training.crops import Sample
from liftveil.training.curriculum import curriculum
from liftveil.training.devices import mean_over_processes
from liftveil.training.exchange import Exchange, exchange
from liftveil.training.guard import Verdict
from liftveil.training.objective import objective
from liftveil.training.optimiser import rate_factor, set_rate
from liftveil.training.shaping import follow_gain
from liftveil.training.state import RunState

_PEAK = 255.0


class LossOfSample(nn.Module):
    """From a batch of samples to its loss: what a process computes, and what DistributedDataParallel wraps.

    Args:
        model: The network.
        config: Objective, channel and seed.
    """

    def __init__(self, model: StarINN, config: Config) -> None:
        super().__init__()
        self.model = model
        self.config = config

    def forward(self, sample: Sample, progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss, and the figures behind it.

        Args:
            sample: A batch.
            progress: Share of the run that lies behind.

        Returns:
            The loss with its gradient, and detached scalars: the terms' values and two mean squared errors.
        """
        result = exchange_in_run(self.model, sample, self.config, progress)
        loss, terms = objective(self.config.objective, result, progress)
        return loss, {"loss": loss.detach()} | terms | squared_errors(result)


def exchange_in_run(model: StarINN, sample: Sample, config: Config, progress: float) -> Exchange:
    """Send a batch through the channel that a run has at this point, its stegos rounded by the network's own metric.

    Args:
        model: The network.
        sample: A batch.
        config: Channel and seed.
        progress: Share of the run that lies behind.

    Returns:
        The pictures, with gradients.
    """
    shaper = model.shaper(reduced=False)
    channel = curriculum(config.channel, seed=config.training.seed, progress=progress, shaper=shaper)
    return exchange(model, sample, channel)


def take_step(
    state: RunState, losses: nn.Module, batches: Iterable[Sample], config: Config, fabric: Fabric
) -> tuple[Verdict, dict[str, float]]:
    """Take the next step, unless the guard objects.

    Args:
        state: Its weights, average, guard and step change.
        losses: :class:`LossOfSample` as set up by Fabric.
        batches: Of this process.
        config: The run.
        fabric: The devices.

    Returns:
        The guard's verdict, and the figures of the step: means over its batches and all processes.
    """
    metric = state.model.rounding_metric.clone()  # which moves before the step is judged
    figures = _accumulate(state, losses, batches, config, fabric)
    for optimiser in state.optimisers:
        state.scaler.unscale_(optimiser)
    norm = float(nn.utils.clip_grad_norm_(state.model.parameters(), config.optimiser.clip_norm))
    verdict = _verdict(state, figures["loss"], norm)
    factor = rate_factor(state.step, config.training.steps, config.optimiser)
    rate = config.optimiser.rate * factor * state.guard.rate_scale
    if verdict == "take":
        _move(state, rate)
    else:
        state.model.rounding_metric.copy_(metric)
    state.scaler.update()
    for optimiser in state.optimisers:
        optimiser.zero_grad(set_to_none=True)
    state.step += 1
    psnrs = {name: _psnr(figures.pop(key)) for name, key in _PSNRS.items()}
    return verdict, figures | psnrs | {"gradient_norm": norm, "rate": rate}


_PSNRS = {"batch_cover_db": "cover_error", "batch_secret_db": "secret_error"}


@torch.no_grad()
def squared_errors(result: Exchange) -> dict[str, Tensor]:
    """Mean squared errors of stego and recovered over the real pixels, for the progress line."""
    pairs = {"cover_error": (result.stego, result.cover), "secret_error": (result.recovered, result.secret)}
    share = result.inside.mean()
    return {name: ((a - b).square() * result.inside).mean() / share for name, (a, b) in pairs.items()}


def _accumulate(
    state: RunState, losses: nn.Module, batches: Iterable[Sample], config: Config, fabric: Fabric
) -> dict[str, float]:
    """Gradients of all batches of a step, averaged, and the means of their figures."""
    count, progress = config.compute.accumulate, state.step / config.training.steps
    sums: dict[str, Tensor] = {}
    weight = config.channel.shaping.at(progress)
    for part, sample in enumerate(islice(batches, count), start=1):
        if weight and part == 1:
            follow_gain(state.model, sample, weight, (config.training.seed, state.step))
        with fabric.no_backward_sync(losses, enabled=part < count):  # type: ignore[arg-type]  # set up by Fabric
            loss, figures = losses(sample, progress)
            fabric.backward(state.scaler.scale(loss / count))
        sums = {name: sums.get(name, 0) + value / count for name, value in figures.items()}
    return mean_over_processes(fabric, sums)


def _verdict(state: RunState, loss: float, norm: float) -> Verdict:
    """The guard's, but for float16 gradients that overflowed because the scaler is still searching its scale."""
    searching = state.scaler.is_enabled() and state.scaler.get_scale() > 1
    if searching and isfinite(loss) and not isfinite(norm) and _overflowed(state.model):
        return "skip"
    return state.guard.judge(loss, norm)


def _overflowed(model: nn.Module) -> bool:
    """Whether a gradient itself is not finite, which lowers the scale; a norm can overflow without."""
    return not all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)


def _move(state: RunState, rate: float) -> None:
    set_rate(state.optimisers, rate)
    for optimiser in state.optimisers:
        state.scaler.step(optimiser)
    state.average.update_parameters(state.model)


def _psnr(error: float) -> float:
    """In dB; infinite where nothing differs, NaN or minus infinity where a step went wrong."""
    with np.errstate(divide="ignore"):
        return float(10 * (np.log10(_PEAK**2) - np.log10(error)))
