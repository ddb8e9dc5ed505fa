"""Checkpoints: everything a run needs to go on, in one safetensors file that appears whole or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from liftveil import __version__
from liftveil.config import Config, config_from, config_table
from liftveil.errors import CheckpointError, ConfigError, PictureError
from liftveil.imaging import atomic_write_bytes
from liftveil.networks import StarINN


@dataclass(frozen=True)
class RunState:
    """The parts of a run that change.

    Attributes:
        model: The trained weights.
        average: The averaged weights, of the same shape.
        optimisers: Their state belongs to ``model``.
        earlier: Facts of the runs whose weights this one started from, as a JSON list.
    """

    model: StarINN
    average: AveragedModel
    optimisers: list[torch.optim.Optimizer]
    earlier: str = "[]"

    @property
    def averaged(self) -> StarINN:
        """The network with the averaged weights."""
        return cast("StarINN", self.average.module)


def save_checkpoint(path: Path, state: RunState, *, config: Config, step: int, seconds: float) -> None:
    """Write a checkpoint in place of an older one.

    Args:
        path: The file.
        state: What to save.
        config: The run's configuration, stored beside the tensors.
        step: Steps taken so far.
        seconds: Training time so far.

    Raises:
        CheckpointError: If it cannot be written; the older one is kept.
    """
    tensors = _named("model", state.model) | _named("average", state.average)
    for index, optimiser in enumerate(state.optimisers):
        for number, entries in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser{index}.{number}.{key}": torch.as_tensor(v) for key, v in entries.items()}
    progress = {"step": str(step), "seconds": f"{seconds:.1f}", "earlier": state.earlier}
    metadata = {"config": json.dumps(config_table(config)), **progress}
    try:
        atomic_write_bytes(path, save({k: v.contiguous() for k, v in tensors.items()}, metadata), force=True)
    except PictureError as error:
        raise CheckpointError(path, f"the checkpoint of step {step} was not written ({error})") from error


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as read from its file.

    Attributes:
        path: Where it came from.
        config: The run's configuration.
        step: Steps taken.
        seconds: Training time taken.
        tensors: All tensors by name.
        earlier: As in :class:`RunState`.
    """

    path: Path
    config: Config
    step: int
    seconds: float
    tensors: dict[str, Tensor]
    earlier: str = "[]"

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Tensors of one part, ``"model"`` or ``"average"``, as a state dict."""
        length = len(prefix) + 1
        return {key[length:]: value for key, value in self.tensors.items() if key.startswith(prefix + ".")}

    def average_model(self) -> StarINN:
        """The network with the averaged weights, which are the ones to use."""
        model = StarINN(self.config.model)
        model.load_state_dict(self.part("average.module"))
        return model

    def facts(self) -> dict[str, str]:
        """What was done to get here, for the metadata of exported files."""
        return {
            "liftveil": __version__,
            "config": json.dumps(config_table(self.config)),
            "steps": str(self.step),
            "training_seconds": f"{self.seconds:.0f}",
            "torch": torch.__version__,
            "earlier_runs": self.earlier,
        }

    def history(self) -> str:
        """This run's facts behind those of the runs before it, as a JSON list."""
        own = {key: value for key, value in self.facts().items() if key != "earlier_runs"}
        return json.dumps([*json.loads(self.earlier), own])

    def restore(self, state: RunState) -> None:
        """Put everything back where :func:`save_checkpoint` took it from."""
        state.model.load_state_dict(self.part("model"))
        state.average.load_state_dict(self.part("average"))
        for index, optimiser in enumerate(state.optimisers):
            entries: dict[int, dict[str, Any]] = {}
            for key, value in self.part(f"optimiser{index}").items():
                number, name = key.split(".", 1)
                entries.setdefault(int(number), {})[name] = value
            optimiser.load_state_dict({"state": entries, "param_groups": optimiser.state_dict()["param_groups"]})


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Args:
        path: A file of :func:`save_checkpoint`.

    Returns:
        Its content.

    Raises:
        CheckpointError: If it is missing, damaged or no checkpoint.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except (OSError, SafetensorError) as error:
        raise CheckpointError(path, f"cannot be read as a checkpoint ({error})") from error
    if not {"config", "step", "seconds"} <= metadata.keys():
        raise CheckpointError(path, "holds tensors but no training run; give a checkpoint.safetensors of a run")
    try:
        config = config_from(json.loads(metadata["config"]), "config")
        progress = int(metadata["step"]), float(metadata["seconds"])
        return Checkpoint(path, config, *progress, tensors, metadata.get("earlier", "[]"))
    except (ConfigError, ValueError) as error:
        raise CheckpointError(path, f"its training run cannot be read ({error})") from error


def _named(prefix: str, module: nn.Module) -> dict[str, Tensor]:
    return {f"{prefix}.{key}": value for key, value in module.state_dict().items()}
