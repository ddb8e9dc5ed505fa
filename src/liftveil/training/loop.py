"""The training loop."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from pathlib import Path

from lightning_fabric import Fabric

from liftveil.config import Config
from liftveil.data import training_pictures, validation_pictures
from liftveil.invertible import AffineCoupling
from liftveil.networks import StarINN
from liftveil.training.batches import Batches, Place
from liftveil.training.board import Board
from liftveil.training.checkpoint import load_checkpoint
from liftveil.training.crops import validation_pairs
from liftveil.training.devices import start_devices
from liftveil.training.journal import Journal
from liftveil.training.memory import should_recompute
from liftveil.training.preparation import Folders, in_words, open_run, prepare_state, readable_pictures, resumed_state
from liftveil.training.recorder import BOARD, CHECKPOINT, JOURNAL, Observer, Recorder
from liftveil.training.state import RunState
from liftveil.training.step import LossOfSample, take_step
from liftveil.training.validation import Pair


def train(config: Config, folders: Folders, observer: Observer, *, resume: bool = False, board: bool = False) -> Path:
    """Train a model from the start, or go on from the run's checkpoint.

    Args:
        config: Everything that was chosen.
        folders: Pictures and the run's folder.
        observer: Told about every step, in the first process.
        resume: Whether to go on from the run's checkpoint.
        board: Whether to write for TensorBoard as well.

    Returns:
        The last checkpoint.

    Raises:
        DataError: If a source of pictures cannot serve.
        CheckpointError: If a file of the run cannot be read or written, or is of another model.
        DivergenceError: If the training went wrong at every rate.
        HardwareError: If the configuration asks for a precision that this machine is slower in.
        MissingExtraError: If TensorBoard is wanted and missing.
    """
    fabric = start_devices()
    first = fabric.is_global_zero
    told = observer if first else None
    paths = readable_pictures(training_pictures(folders.training), told)
    checkpoint, data = folders.run / CHECKPOINT, in_words(paths)
    if resume:
        state, journal_bytes = resumed_state(config, checkpoint, fabric.device, told, data=data)
    else:
        state, journal_bytes = prepare_state(config, folders, paths, fabric.device), 0
    state.data = data
    recorder = None
    with ExitStack() as stack:
        if first:
            pairs = _judged_by(config, folders, paths, observer)
            stack.enter_context(open_run(folders.run, resume=resume))
            shown = Board(folders.run / BOARD, state.step) if board else None
            journal = Journal(folders.run / JOURNAL, journal_bytes)  # last: it cuts an older one back
            recorder = stack.enter_context(closing(Recorder(folders.run, config, pairs, observer, journal, shown)))
        if recorder is not None and not resume:
            recorder.checkpoint(state)  # to go back to
        _run(state, config, paths, fabric, recorder=recorder, checkpoint=checkpoint)
    return checkpoint


def _judged_by(config: Config, folders: Folders, trained_on: list[Path], observer: Observer) -> list[Pair]:
    """Pairs for validation; pictures that are trained on as well are told."""
    paths = readable_pictures(validation_pictures(folders.validation), observer)
    if shared := {path.resolve() for path in paths} & {path.resolve() for path in trained_on}:
        observer.note(f"{len(shared)} of the pictures to judge by are trained on as well, such as {min(shared)}")
    return validation_pairs(
        paths,
        crop_px=config.training.validation_px,
        count=config.training.validation_pairs,
        secret_channels=config.model.secret_channels,
    )


def _run(
    state: RunState, config: Config, paths: list[Path], fabric: Fabric, *, recorder: Recorder | None, checkpoint: Path
) -> None:
    """Take all steps that are left."""
    recompute = should_recompute(config, state.model)
    state.model.recompute(recompute)
    if recompute and recorder is not None and config.compute.recompute == "auto":
        recorder.observer.note("activations are recomputed: stored ones would fill half of the free memory")
    if config.compute.compile:
        compile_conditioners(state.model)
    losses = fabric.setup_module(LossOfSample(state.model, config))
    place = Place(fabric.global_rank, fabric.world_size, fabric.device)
    batches = Batches(config, paths, place, state.step)
    while state.step < config.training.steps:
        began = time.perf_counter()
        verdict, figures = take_step(state, losses, batches, config, fabric)
        state.seconds += time.perf_counter() - began
        if recorder is not None:
            recorder.step(state, verdict, figures, batches.waited)
        if verdict == "roll back":
            _go_back(state, checkpoint)
            batches.seek(state.step)


def compile_conditioners(model: StarINN) -> None:
    """Have torch translate the conditioners, in place; names of weights stay as they are."""
    for module in model.modules():
        if isinstance(module, AffineCoupling):
            module.conditioner.compile()


def _go_back(state: RunState, checkpoint: Path) -> None:
    """Put the state of the last checkpoint back, but at a lower rate."""
    state.guard.roll_back(state.step)
    guard, run = (state.guard.rate_scale, state.guard.rollbacks), (state.seconds, state.earlier, state.data)
    load_checkpoint(checkpoint).restore(state)
    state.guard.rate_scale, state.guard.rollbacks = guard
    state.seconds, state.earlier, state.data = run  # the checkpoint may be older than this configuration
    state.guard.losses.clear()  # the weights are good, so the next loss is a usual one, whatever the objective does
