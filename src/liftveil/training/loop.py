"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Sampler

from liftveil.config import Config
from liftveil.data import CropPairs, validation_pairs
from liftveil.errors import CheckpointError
from liftveil.networks import StarINN
from liftveil.training.checkpoint import Checkpoint, RunState, load_checkpoint, save_checkpoint
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
        initial: A checkpoint whose averaged weights a fresh run starts from; None starts from nothing.
    """

    training: Path
    validation: Path
    run: Path
    initial: Path | None = None


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
        CheckpointError: If the checkpoint or the journal cannot be read or written, or is of another model.
    """
    checkpoint = folders.run / CHECKPOINT
    state, step, seconds = _resume(config, checkpoint) if resume else (_start(config, folders), 0, 0.0)
    pairs = validation_pairs(folders.validation, crop_px=VALIDATION_PX, count=config.training.validation_pairs)
    _make_folder(folders.run)
    journal = Journal(folders.run / JOURNAL, after_step=step)
    batches = iter(_loader(config, folders.training, step))
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


def _fresh(config: Config) -> RunState:
    """A state whose weights are random (and whose network is the identity)."""
    torch.manual_seed(config.training.seed)
    model = StarINN(config.model)
    moving = get_ema_multi_avg_fn(config.optimiser.ema_decay)  # type: ignore[no-untyped-call]  # torch's own
    average = AveragedModel(model, multi_avg_fn=moving)
    return RunState(model, average, build_optimisers(model, config.optimiser))


def _start(config: Config, folders: Folders) -> RunState:
    """A state from nothing, or with the averaged weights of another run."""
    state = _fresh(config)
    if folders.initial is not None:
        initial = _same_model(load_checkpoint(folders.initial), config)
        _fill(state, initial.average_model())
        return replace(state, earlier=initial.history())
    if config.training.normalise:
        state.model.normalise(*_fixed_sample(config, folders.training))
        _fill(state, state.model)
    return state


def _resume(config: Config, checkpoint: Path) -> tuple[RunState, int, float]:
    """The state of a checkpoint, with its step and training time."""
    saved = _same_model(load_checkpoint(checkpoint), config)
    if saved.config.optimiser.name != config.optimiser.name:
        raise CheckpointError(checkpoint, "was made with another model or optimiser; resume with its configuration")
    state = replace(_fresh(config), earlier=saved.earlier)
    saved.restore(state)
    return state, saved.step, saved.seconds


def _same_model(saved: Checkpoint, config: Config) -> Checkpoint:
    if saved.config.model != config.model:
        raise CheckpointError(saved.path, "was made with another model or optimiser; resume with its configuration")
    return saved


def _fill(state: RunState, model: StarINN) -> None:
    """Put the same weights into the model and its average."""
    for target in (state.model, state.averaged):
        target.load_state_dict(model.state_dict())


def _fixed_sample(config: Config, folder: Path) -> tuple[Tensor, Tensor]:
    """Covers and secrets that are the same in every run with this seed."""
    sample = CropPairs(folder, crop_px=config.data.crop_px, seed=config.training.seed, length=16)
    cover, secret = torch.stack([sample[index] for index in range(len(sample))]).float().unbind(dim=1)
    return cover, secret


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(path, f"cannot be made a folder ({error.strerror})") from error


def _loader(config: Config, folder: Path, first_step: int) -> DataLoader[Tensor]:
    """Batches from the given step on; a sample depends on seed and index only."""
    samples = config.training.steps * config.data.batch
    seed, data = config.training.seed, config.data
    dataset = CropPairs(folder, crop_px=data.crop_px, seed=seed, length=samples, stretch=data.stretch)
    remaining: Sampler[int] | range = range(first_step * config.data.batch, samples)
    return DataLoader(dataset, config.data.batch, sampler=remaining, num_workers=config.data.workers)


def _take_step(state: RunState, config: Config, batch: Tensor, step: int) -> dict[str, float]:
    """One optimiser step; returns what is worth watching."""
    cover, secret = _ragged(batch, config, step).float().unbind(dim=1)
    result = exchange(state.model, cover, secret)
    loss = objective(config.objective, result)
    torch.autograd.backward(loss)
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
    return {name: round(value, 4) for name, value in validate(state.averaged, pairs).items()}
