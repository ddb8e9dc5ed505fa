"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Sampler

from liftveil.config import Config
from liftveil.data import CropPairs, validation_pairs
from liftveil.networks import StarINN
from liftveil.training.checkpoint import RunState, load_checkpoint, save_checkpoint
from liftveil.training.exchange import exchange
from liftveil.training.journal import Journal
from liftveil.training.objective import objective
from liftveil.training.optimiser import build_optimisers, rate_factor, set_rate
from liftveil.training.validation import Pair, validate

CHECKPOINT = "checkpoint.safetensors"
JOURNAL = "journal.jsonl"
VALIDATION_PX = 256

Progress = Callable[[int, Mapping[str, float]], None]
"""Called with the number of steps taken and the latest figures."""


@dataclass(frozen=True)
class Folders:
    """Where a run reads and writes.

    Attributes:
        training: Pictures to train on.
        validation: Pictures to judge by, never trained on.
        run: Checkpoint and journal.
    """

    training: Path
    validation: Path
    run: Path


def train(config: Config, folders: Folders, progress: Progress, *, resume: bool = False) -> Path:
    """Train a model from the start, or go on from the run's checkpoint.

    Args:
        config: Everything that was chosen.
        folders: Pictures and the run's folder.
        progress: Called after every step.
        resume: Whether to go on from the run's checkpoint.

    Returns:
        The last checkpoint.

    Raises:
        DataError: If a folder of pictures cannot serve.
        CheckpointError: If the checkpoint cannot be read or written.
    """
    checkpoint = folders.run / CHECKPOINT
    state, step, seconds = _start(config, checkpoint if resume else None)
    pairs = validation_pairs(folders.validation, crop_px=VALIDATION_PX, count=config.training.validation_pairs)
    folders.run.mkdir(parents=True, exist_ok=True)
    journal = Journal(folders.run / JOURNAL, after_step=step)
    batches = iter(_loader(config, folders.training, step))
    if step == 0 and config.training.normalise:
        _normalise(state, config, folders.training)
    began = time.monotonic() - seconds
    while step < config.training.steps:
        figures = _take_step(state, config, next(batches), step)
        step += 1
        if step % config.training.validate_every == 0 or step == config.training.steps:
            figures |= _judge(state, pairs)
            journal.write(step, figures)
        if step % config.training.checkpoint_every == 0 or step == config.training.steps:
            save_checkpoint(checkpoint, state, config=config, step=step, seconds=time.monotonic() - began)
        progress(step, figures)
    return checkpoint


def _start(config: Config, checkpoint: Path | None) -> tuple[RunState, int, float]:
    """A fresh state, or the one of the checkpoint, with its step and training time."""
    torch.manual_seed(config.training.seed)
    model = StarINN(config.model)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config.optimiser.ema_decay))
    state = RunState(model, average, build_optimisers(model, config.optimiser))
    if checkpoint is None:
        return state, 0, 0.0
    saved = load_checkpoint(checkpoint)
    saved.restore(state)
    return state, saved.step, saved.seconds


def _loader(config: Config, folder: Path, first_step: int) -> DataLoader[Tensor]:
    """Batches from the given step on; a sample depends on seed and index only."""
    samples = config.training.steps * config.data.batch
    dataset = CropPairs(folder, crop_px=config.data.crop_px, seed=config.training.seed, length=samples)
    remaining: Sampler[int] | range = range(first_step * config.data.batch, samples)
    return DataLoader(dataset, config.data.batch, sampler=remaining, num_workers=config.data.workers)


def _normalise(state: RunState, config: Config, folder: Path) -> None:
    """Start the ActNorms from a fixed sample, in the model and in its average."""
    sample = CropPairs(folder, crop_px=config.data.crop_px, seed=config.training.seed, length=16)
    cover, secret = torch.stack([sample[index] for index in range(len(sample))]).float().unbind(dim=1)
    state.model.normalise(cover, secret)
    state.average.module.load_state_dict(state.model.state_dict())


def _take_step(state: RunState, config: Config, batch: Tensor, step: int) -> dict[str, float]:
    """One optimiser step; returns what is worth watching."""
    cover, secret = _ragged(batch, config, step).float().unbind(dim=1)
    result = exchange(state.model, cover, secret)
    loss = objective(config.objective, result)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(state.model.parameters(), config.optimiser.clip_norm)
    rate = config.optimiser.rate * rate_factor(step, config.training.steps, config.optimiser)
    set_rate(state.optimisers, rate)
    for optimiser in state.optimisers:
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    state.average.update_parameters(state.model)
    return {"loss": loss.item(), "gradient_norm": norm.item(), "rate": rate}


def _ragged(batch: Tensor, config: Config, step: int) -> Tensor:
    """In a share of the steps, crops whose sides are no multiples of anything."""
    rng = np.random.default_rng((config.training.seed, step, 1))
    if rng.random() >= config.data.ragged:
        return batch
    height, width = (batch.shape[-1] - int(rng.integers(0, 4)) for _ in range(2))
    return batch[..., :height, :width]


def _judge(state: RunState, pairs: list[Pair]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in validate(state.average.module, pairs).items()}
