"""Checkpoints: everything a run needs to go on, in one safetensors file that appears whole or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from liftveil import __version__
from liftveil.config import Config, config_from, config_table
from liftveil.errors import CheckpointError, ConfigError, PictureError
from liftveil.imaging import atomic_write_bytes
from liftveil.networks import StarINN
from liftveil.training.guard import Guard
from liftveil.training.state import RunState, part

_PROGRESS = ("step", "seconds", "earlier", "guard", "scaler", "journal_bytes")


def save_checkpoint(path: Path, state: RunState, *, config: Config, journal_bytes: int) -> None:
    """Write a checkpoint in place of an older one.

    Args:
        path: The file.
        state: What to save.
        config: The run's configuration, stored beside the tensors.
        journal_bytes: Length of the journal, which goes on from there.

    Raises:
        CheckpointError: If it cannot be written; the older one is kept.
    """
    progress = {
        "step": state.step,
        "seconds": round(state.seconds, 1),
        "earlier": json.loads(state.earlier),
        "guard": state.guard.state_dict(),
        "scaler": state.scaler.state_dict(),
        "journal_bytes": journal_bytes,
        "data": state.data,
        "config": config_table(config),
    }
    metadata = {key: json.dumps(value) for key, value in progress.items()}
    try:
        atomic_write_bytes(path, save({k: v.contiguous() for k, v in state.tensors().items()}, metadata), force=True)
    except PictureError as error:
        raise CheckpointError(path, f"the checkpoint of step {state.step} was not written ({error})") from error


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as read from its file.

    Attributes:
        path: Where it came from.
        sha256: Of the file, in hexadecimal digits; a run that goes on soon replaces the file.
        config: The run's configuration.
        tensors: All tensors by name.
        progress: What is no tensor, by name.
    """

    path: Path
    sha256: str
    config: Config
    tensors: dict[str, Tensor]
    progress: dict[str, Any]

    @property
    def step(self) -> int:
        """Steps taken."""
        return int(self.progress["step"])

    @property
    def data(self) -> str:
        """Which pictures it is trained on, in words; empty in older files."""
        return str(self.progress["data"])

    @property
    def journal_bytes(self) -> int:
        """Length of the journal at that time."""
        return int(self.progress["journal_bytes"])

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Tensors of one part, ``"model"`` or ``"average"``, as a state dict."""
        return part(self.tensors, prefix)

    def average_model(self) -> StarINN:
        """The network with the averaged weights, which are the ones to use."""
        model = StarINN(self.config.model)
        model.load_state_dict(self.part("average.module"))
        return model

    def facts(self) -> dict[str, str]:
        """What was done to get here, for the metadata of exported files."""
        return self._own_facts() | {"earlier_runs": json.dumps(self.progress["earlier"])} | self._survived()

    def history(self) -> str:
        """This run's facts behind those of the runs before it, as a JSON list."""
        return json.dumps([*self.progress["earlier"], self._own_facts()])

    def restore(self, state: RunState) -> None:
        """Put everything back where :func:`save_checkpoint` took it from."""
        state.load_tensors(self.tensors)
        state.guard.load_state_dict(self.progress["guard"])
        if state.scaler.is_enabled() and self.progress["scaler"]:  # empty in a run of another precision
            state.scaler.load_state_dict(self.progress["scaler"])
        state.step, state.seconds = self.step, self.progress["seconds"]
        state.earlier = json.dumps(self.progress["earlier"])
        state.data = self.data

    def _survived(self) -> dict[str, str]:
        """What the hidden picture is meant to survive, for those who run the exported model."""
        channel = self.config.channel
        return {"jpeg_quality": f"{channel.jpeg_quality.at(1.0):.0f}"} if channel.jpeg.at(1.0) else {}

    def _own_facts(self) -> dict[str, str]:
        facts = {
            "liftveil": __version__,
            "config": json.dumps(config_table(self.config)),
            "steps": str(self.step),
            "training_seconds": f"{self.progress['seconds']:.0f}",
            "torch": torch.__version__,
        }
        return facts | ({"data": self.data} if self.data else {})


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
            digest = sha256(path.read_bytes()).hexdigest()
    except (OSError, SafetensorError) as error:
        raise CheckpointError(path, f"cannot be read as a checkpoint ({error})") from error
    if not {"config", *_PROGRESS} <= metadata.keys():
        raise CheckpointError(path, "holds tensors but no training run; give a checkpoint.safetensors of a run")
    try:
        config = config_from(json.loads(metadata["config"]), "config")
        progress = _checked({key: json.loads(metadata[key]) for key in _PROGRESS})
        progress["data"] = json.loads(metadata.get("data", '""'))
    except (ConfigError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(path, f"its training run cannot be read ({error})") from error
    if not _complete(tensors, config):
        raise CheckpointError(path, "its tensors are not those of a run of its model")
    return Checkpoint(path, digest, config, tensors, progress)


def _checked(progress: dict[str, Any]) -> dict[str, Any]:
    """The same, if every value can be what it has to be; whoever reads it later need not ask."""
    Guard().load_state_dict(progress["guard"])
    kinds = {"step": int, "seconds": float, "earlier": list, "scaler": dict, "journal_bytes": int}
    return progress | {key: kind(progress[key]) for key, kind in kinds.items()}


def _complete(tensors: dict[str, Tensor], config: Config) -> bool:
    """Whether all weights are there, with the right shapes, and torch's random state."""
    with torch.device("meta"):
        wanted = _shapes(StarINN(config.model).state_dict())
    return "random" in tensors and all(_shapes(part(tensors, name)) == wanted for name in ("model", "average.module"))


def _shapes(tensors: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in tensors.items()}
