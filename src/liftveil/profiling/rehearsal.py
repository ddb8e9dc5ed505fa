"""Steps of a run without its pictures: what is measured when a run's costs are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import final

import torch

from liftveil.config import Config
from liftveil.training import Sample
from liftveil.training.devices import start_devices
from liftveil.training.loop import compile_conditioners
from liftveil.training.memory import costliest, made_up_sample
from liftveil.training.state import fresh_state
from liftveil.training.step import LossOfSample, take_step


@final
class Rehearsal:
    """The first step of a run again and again, on made-up batches, with everything at its most expensive.

    Loading pictures is left out: beside a GPU it happens meanwhile, and on a CPU it takes little.

    Args:
        config: The run.
        recompute: Whether activations are recomputed through the inverse; takes the place of the configuration's.

    Attributes:
        config: The run at the point where it costs most.
        fabric: The device.
        state: What changes.
        losses: From a batch to its loss.
    """

    def __init__(self, config: Config, *, recompute: bool) -> None:
        self.config = costliest(config)
        self.fabric = start_devices()
        self.state = fresh_state(self.config, self.fabric.device)
        self.state.model.recompute(recompute)
        if config.compute.compile:
            compile_conditioners(self.state.model)
        self.losses = self.fabric.setup_module(LossOfSample(self.state.model, self.config))
        self._batches = _made_up_batches(self.config, self.fabric.device)

    def gradient(self) -> None:
        """Compute one batch's gradient, and drop it."""
        loss = self.losses(next(self._batches), 0.0)[0]
        self.fabric.backward(self.state.scaler.scale(loss))
        finish(self.fabric.device)
        self.state.model.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Take one, and wait until the device has done it."""
        self.state.step = 0
        take_step(self.state, self.losses, self._batches, self.config, self.fabric)
        finish(self.fabric.device)


def finish(device: torch.device) -> None:
    """Wait for everything that a device has been told to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _made_up_batches(config: Config, device: torch.device) -> Iterator[Sample]:
    """The same noise with running indices, on which depends what the channel does."""
    sample = made_up_sample(config, device)
    for number in count():
        yield sample._replace(index=sample.index + number * config.data.batch)
