"""Batches of samples for each process, in an order that seed and step determine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, final

import torch
from torch.utils.data import DataLoader, Dataset, default_collate

from liftveil.config import Config
from liftveil.errors import DataError, PictureError
from liftveil.training.crops import CropPairs, Sample

_MOST_WORKERS = 8


@dataclass(frozen=True)
class Place:
    """Where among the processes a process stands.

    Attributes:
        rank: Its number, from 0.
        world: Number of processes.
        device: Where it computes.
    """

    rank: int = 0
    world: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))


@final
class Batches(Iterator[Sample]):
    """The batches of one process from a given step on, ``accumulate`` for each step.

    The samples of a step are the same ones however they are split into batches and processes.

    Args:
        config: The run.
        paths: Pictures to train on.
        place: The process.
        first_step: Where to begin.

    Attributes:
        waited: Seconds spent waiting for data so far.
    """

    def __init__(self, config: Config, paths: list[Path], place: Place, first_step: int) -> None:
        self.waited = 0.0
        self._config, self._paths, self._place = config, paths, place
        self.seek(first_step)

    def seek(self, step: int) -> None:
        """Go on from another step."""
        workers = loader_workers(self._config, self._place)
        self._loader = iter(
            DataLoader(
                _Collated(training_samples(self._config, self._paths)),
                batch_size=None,  # the indices come as batches
                sampler=sample_order(self._config, self._place, step),
                num_workers=workers,
                prefetch_factor=self._config.compute.prefetch if workers else None,
                pin_memory=self._place.device.type == "cuda",
                generator=torch.Generator(),  # else the loader would draw its seed from the run's random state
            )
        )

    def __next__(self) -> Sample:
        """The next batch, on the process's device.

        Raises:
            DataError: If a picture of it can no longer be read.
        """
        began = time.perf_counter()
        batch = next(self._loader)
        self.waited += time.perf_counter() - began
        if isinstance(batch, _Refusal):
            raise DataError(batch.path, batch.problem)
        return Sample(*(tensor.to(self._place.device, non_blocking=True) for tensor in batch))


class _Refusal(NamedTuple):
    """Why there is no batch, in a form that comes through from a loader process; an exception does not."""

    path: str
    problem: str


@final
class _Collated(Dataset["Sample | _Refusal"]):
    """Batches of samples by their indices."""

    def __init__(self, samples: CropPairs) -> None:
        self.samples = samples

    def __getitem__(self, indices: list[int]) -> Sample | _Refusal:
        try:
            batch: Sample = default_collate([self.samples[index] for index in indices])
        except PictureError as error:
            return _Refusal(error.path, str(error).removeprefix(f"{error.path}: "))
        return batch


def training_samples(config: Config, paths: list[Path]) -> CropPairs:
    """The run's samples; each is a function of seed and index alone.

    Args:
        config: The run.
        paths: Pictures to train on.

    Returns:
        Endless samples.
    """
    return CropPairs(
        paths,
        crop_px=config.data.crop_px,
        seed=config.training.seed,
        length=torch.iinfo(torch.int64).max,
        ragged=config.data.ragged,
        stretch=config.data.stretch,
        drawn=config.data.drawn,
        secret_channels=config.model.secret_channels,
    )


def sample_order(config: Config, place: Place, first_step: int) -> Iterator[list[int]]:
    """Indices of each batch of a process.

    Args:
        config: The run.
        place: The process.
        first_step: Where to begin.

    Yields:
        As many lists for each step as gradients are accumulated from.
    """
    batch, accumulate = config.data.batch, config.compute.accumulate
    for step in range(first_step, config.training.steps):
        for part in range(accumulate):
            first = ((step * accumulate + part) * place.world + place.rank) * batch
            yield list(range(first, first + batch))


def loader_workers(config: Config, place: Place) -> int:
    """Loader processes of a process.

    On a CPU they would only take the cores from the network; beside a GPU, the cores are shared out.

    Args:
        config: The run.
        place: The process.

    Returns:
        What the configuration says, or what suits the machine.
    """
    if config.compute.workers != "auto":
        return config.compute.workers
    if place.device.type == "cpu":
        return 0
    return min(_MOST_WORKERS, _cores() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def _cores() -> int:
    """Cores that this process may use, as far as the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
