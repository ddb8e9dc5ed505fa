"""What happens before the first step: pictures are found, the state is made, the run's folder is opened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch import Tensor
from torch.utils.data import default_collate

from liftveil.config import Config, changed_keys
from liftveil.data import readable
from liftveil.errors import CheckpointError
from liftveil.networks import StarINN, can_grow, grown, load_weights, weights_facts
from liftveil.training.batches import training_samples
from liftveil.training.checkpoint import Checkpoint, load_checkpoint
from liftveil.training.crops import Sample
from liftveil.training.exchange import reflected
from liftveil.training.recorder import PICTURES, Observer
from liftveil.training.state import RunState, fresh_state
from liftveil.weights import WEIGHTS_FILE

_SAMPLE = 16
_LEFTOVERS = ".liftveil-*.tmp"
_PICTURES = "step-*.png"
_LOCK = ".lock"


@dataclass(frozen=True)
class Folders:
    """Where a run reads and writes.

    Attributes:
        training: Pictures to train on: a folder, or a manifest of ``liftveil data split``.
        validation: Pictures to judge by, never trained on: a folder or a manifest.
        run: Checkpoint, journal and pictures.
        initial: A checkpoint, whose averaged weights a fresh run starts from, or the ``weights.safetensors`` of a
            model; None starts from nothing.
    """

    training: Path
    validation: Path
    run: Path
    initial: Path | None = None


def readable_pictures(paths: list[Path], observer: Observer | None) -> list[Path]:
    """Those of the pictures that can be decoded; the others are told to the observer.

    Args:
        paths: Picture files.
        observer: Who is told, if anybody.

    Returns:
        At least two paths.

    Raises:
        DataError: If fewer than two can be decoded.
    """
    good, skipped = readable(paths)
    if observer is not None:
        for path, reason in skipped:
            observer.note(f"{path} is left out: {reason}")
    return good


def in_words(paths: list[Path]) -> str:
    """Which pictures these are, as far as names and sizes of files tell.

    Args:
        paths: Picture files, in the order in which samples count them.

    Returns:
        Such as ``"284 pictures, names and sizes 0f3a..."``.
    """
    told = "".join(f"{path.name} {path.stat().st_size}\n" for path in paths)
    return f"{len(paths)} pictures, names and sizes {sha256(told.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


def prepare_state(config: Config, folders: Folders, paths: list[Path], device: torch.device) -> RunState:
    """A state from nothing, or with the averaged weights of another run or the weights of a model.

    Args:
        config: The run.
        folders: Names the other run or model, if any.
        paths: Pictures to train on.
        device: Where the weights will live.

    Returns:
        The same in every process.

    Raises:
        CheckpointError: If the other run is of another model, or its checkpoint cannot be read.
        ModelError: If the weights of a model cannot be read.
    """
    state = fresh_state(config, device)
    if folders.initial is not None:
        state.earlier = _fill_from(folders.initial, state, config)
    elif config.training.normalise:
        state.model.normalise(*_fixed_sample(config, paths, state.model))
        state.fill(state.model.state_dict())
    return state


def resumed_state(
    config: Config, checkpoint: Path, device: torch.device, observer: Observer | None, *, data: str
) -> tuple[RunState, int]:
    """The state of a checkpoint, and the length of the journal at that time.

    Args:
        config: The run; its model and optimiser must be those of the checkpoint.
        checkpoint: The file.
        device: Where the weights will live.
        observer: Who is told what else differs from the configuration so far, if anybody.
        data: The pictures to train on, :func:`in_words`.

    Returns:
        State, and bytes of the journal.

    Raises:
        CheckpointError: If the checkpoint cannot be read or is of another model or optimiser.
    """
    saved = same_model(load_checkpoint(checkpoint), config)
    if saved.config.optimiser.name != config.optimiser.name:
        raise CheckpointError(checkpoint, "was made with another optimiser; resume with its configuration")
    others = saved.data not in {"", data}
    if observer is not None:
        for change in changed_keys(saved.config, config):
            observer.note(f"going on with {change}")
        if others:
            observer.note(f"going on with other pictures: {data} instead of {saved.data}")
        if saved.step >= config.training.steps:
            observer.note(f"all {config.training.steps} steps have been taken; to go on, raise 'training.steps'")
    state = fresh_state(config, device)
    saved.restore(state)
    if config != saved.config or others:
        state.earlier = saved.history()
        state.guard.losses.clear()  # what is usual is to be learnt anew
    return state, saved.journal_bytes


def same_model(saved: Checkpoint, config: Config) -> Checkpoint:
    """The checkpoint, if it is of the configured model.

    Raises:
        CheckpointError: If it is not.
    """
    if saved.config.model != config.model:
        changes = [change for change in changed_keys(saved.config, config) if change.startswith("model.")]
        raise CheckpointError(saved.path, f"is of another model: here, {', '.join(changes)}")
    return saved


def _fill_from(path: Path, state: RunState, config: Config) -> str:
    """Take the weights over from a checkpoint or the weights of a model; returns the history of either.

    A network with more blocks, but otherwise alike, starts as the same function.
    """
    if path.name == WEIGHTS_FILE:
        model, facts = load_weights(path), weights_facts(path)
        history = json.dumps([*json.loads(facts.pop("earlier_runs", "[]")), facts])
        if not can_grow(model.config, config.model):
            raise CheckpointError(path, "is of another model than the configuration")
    else:
        initial = load_checkpoint(path)
        if not can_grow(initial.config.model, config.model):
            same_model(initial, config)
        model, history = initial.average_model(), initial.history()
    state.fill(grown(model, config.model).state_dict())
    return history


@contextmanager
def open_run(folder: Path, *, resume: bool) -> Iterator[None]:
    """Make the folder of a run, keep other trainings out of it, and remove what writes that were cut off have left.

    Args:
        folder: The run's folder.
        resume: Whether the run goes on; pictures of another one are removed.

    Yields:
        Nothing; the folder is free again afterwards.

    Raises:
        CheckpointError: If it cannot be made, or another training is at work in it.
    """
    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        (folder / PICTURES).mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise CheckpointError(
            folder, "another training is at work here; let it end or choose another folder"
        ) from error
    except OSError as error:
        raise CheckpointError(folder, f"cannot be made a folder ({error.strerror})") from error
    try:
        _clean(folder, keep_pictures=resume)
        yield
    finally:
        (folder / _LOCK).unlink(missing_ok=True)
        lock.release()


def _clean(folder: Path, *, keep_pictures: bool) -> None:
    pictures = folder / PICTURES
    earlier = () if keep_pictures else pictures.glob(_PICTURES)
    try:
        for path in (*folder.glob(_LEFTOVERS), *pictures.glob(_LEFTOVERS), *earlier):
            path.unlink()
    except OSError as error:
        raise CheckpointError(folder, f"cannot be cleaned ({error.strerror})") from error


def _fixed_sample(config: Config, paths: list[Path], model: StarINN) -> tuple[Tensor, Tensor]:
    """Covers and secrets that are the same in every run with this seed."""
    samples = training_samples(config, paths)
    batch: Sample = default_collate([samples[index] for index in range(_SAMPLE)])
    like = next(model.parameters())
    side = model.padded(config.data.crop_px)
    return reflected(batch.cover.to(like), side), reflected(batch.secret.to(like), side)
