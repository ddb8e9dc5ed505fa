"""Batches of samples for each process, in an order that seed and step determine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from torch.utils.data import DataLoader

from liftveil.config import Config
from liftveil.data import CropPairs, Sample

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
    device: torch.device = torch.device("cpu")


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
        self.config, self.paths, self.place = config, paths, place
        self.seek(first_step)

    def seek(self, step: int) -> None:
        """Go on from another step."""
        workers, device = loader_workers(self.config, self.place), self.place.device
        self._loader = iter(
            DataLoader(
                training_samples(self.config, self.paths),
                batch_sampler=sample_order(self.config, self.place, step),  # type: ignore[arg-type]  # read once
                num_workers=workers,
                prefetch_factor=self.config.compute.prefetch if workers else None,
                pin_memory=device.type == "cuda",
                generator=torch.Generator(),  # else the loader would draw its seed from the run's random state
            )
        )

    def __next__(self) -> Sample:
        """The next batch, on the process's device."""
        began = time.perf_counter()
        sample = next(self._loader)
        self.waited += time.perf_counter() - began
        return Sample(*(tensor.to(self.place.device, non_blocking=True) for tensor in sample))


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
    processes_here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return min(_MOST_WORKERS, (os.cpu_count() or 1) // processes_here)
