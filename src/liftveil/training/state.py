"""The parts of a run that change, together, and fresh ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from liftveil.config import Config
from liftveil.networks import StarINN
from liftveil.training.guard import Guard
from liftveil.training.optimiser import build_optimisers
from liftveil.training.precision import loss_scaler, set_precision


@dataclass
class RunState:
    """Everything that a checkpoint holds.

    Attributes:
        model: The trained weights.
        average: The averaged weights, of the same shape.
        optimisers: Their state belongs to ``model``.
        scaler: Scales losses in float16.
        guard: What it knows of the steps so far.
        step: Steps taken; the position in the data follows from it.
        seconds: Training time.
        earlier: Facts of the runs whose weights this one started from, as a JSON list.
        data: Which pictures it is trained on, in words; see :func:`liftveil.training.preparation.in_words`.
    """

    model: StarINN
    average: AveragedModel
    optimisers: list[torch.optim.Optimizer]
    scaler: torch.amp.GradScaler
    guard: Guard = field(default_factory=Guard)
    step: int = 0
    seconds: float = 0.0
    earlier: str = "[]"
    data: str = ""

    @property
    def averaged(self) -> StarINN:
        """The network with the averaged weights."""
        return cast("StarINN", self.average.module)

    def fill(self, weights: dict[str, Tensor]) -> None:
        """Put the same weights into the model and its average."""
        for target in (self.model, self.averaged):
            target.load_state_dict(weights)

    def tensors(self) -> dict[str, Tensor]:
        """Weights, average, optimisers and torch's random state, by name."""
        found = _named("model", self.model) | _named("average", self.average)
        for index, optimiser in enumerate(self.optimisers):
            for number, entries in optimiser.state_dict()["state"].items():
                found |= {f"optimiser{index}.{number}.{key}": torch.as_tensor(v) for key, v in entries.items()}
        return found | {"random": torch.get_rng_state()}

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Take over what :meth:`tensors` gave."""
        self.model.load_state_dict(part(tensors, "model"))
        self.average.load_state_dict(part(tensors, "average"))
        for index, optimiser in enumerate(self.optimisers):
            _load_optimiser(optimiser, part(tensors, f"optimiser{index}"))
        torch.set_rng_state(tensors["random"].cpu())


def fresh_state(config: Config, device: torch.device | None = None) -> RunState:
    """A state whose weights are random (and whose network is the identity).

    Args:
        config: The run.
        device: Where the weights will live; None for the CPU.

    Returns:
        The same state in every process.

    Raises:
        HardwareError: If the device is slower in the configured precision.
    """
    torch.manual_seed(config.training.seed)
    place = device or torch.device("cpu")
    model = StarINN(config.model).to(place)
    if config.compute.precision == "64":
        model.double()
    moving = get_ema_multi_avg_fn(config.optimiser.ema_decay)  # type: ignore[no-untyped-call]  # torch's own
    average = AveragedModel(model, multi_avg_fn=moving)  # in full precision, as it will be used
    set_precision(model, config.compute.precision, place)
    scaler = loss_scaler(config.compute.precision, place)
    return RunState(model, average, build_optimisers(model, config.optimiser), scaler)


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Tensors whose names begin with ``prefix.``, without it."""
    return {key.removeprefix(prefix + "."): value for key, value in tensors.items() if key.startswith(prefix + ".")}


def _load_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Take over what belongs to each parameter, by the parameter's number; the groups stay as they are."""
    entries: dict[int, dict[str, Any]] = {}
    for key, value in tensors.items():
        number, name = key.split(".", 1)
        entries.setdefault(int(number), {})[name] = value
    optimiser.load_state_dict({"state": entries, "param_groups": optimiser.state_dict()["param_groups"]})
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    for which, values in entries.items():
        own = optimiser.state[parameters[which]]
        # torch gives every value the parameter's type, but some optimisers' factors are float32 even for float64.
        own |= {name: own[name].to(value.dtype) for name, value in values.items() if value.ndim == 0}


def _named(prefix: str, module: nn.Module) -> dict[str, Tensor]:
    return {f"{prefix}.{key}": value for key, value in module.state_dict().items()}
