"""What a run leaves behind and shows: journal, checkpoints, validations, pictures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import NamedTuple, Protocol, final

from liftveil.config import Config
from liftveil.errors import CheckpointError, LiftveilError, PictureError
from liftveil.training.board import Board
from liftveil.training.checkpoint import save_checkpoint
from liftveil.training.guard import Verdict
from liftveil.training.journal import Journal
from liftveil.training.pictures import save_validation_picture
from liftveil.training.state import RunState
from liftveil.training.validation import Pair, validate

CHECKPOINT = "checkpoint.safetensors"
JOURNAL = "journal.jsonl"
PICTURES = "pictures"
BOARD = "tensorboard"

RECORD_EVERY = 10
"""Steps between records of the training figures; losses vary too much to be worth more."""

_EVENTS = {"skip": "skipped", "roll back": "went back to the last checkpoint, at a lower rate"}


class Observer(Protocol):
    """Who watches a run."""

    def step(self, step: int, figures: Mapping[str, float]) -> None:
        """Called after every step with the number of steps taken and the latest figures."""

    def note(self, text: str) -> None:
        """Called with one line about something unusual."""


class _Mark(NamedTuple):
    """When the last record was written.

    Attributes:
        seconds: On the clock, later by whatever the recorder itself has taken since.
        waited: Seconds that the process had waited for data.
        steps: Steps told so far; after going back, some are told again.
    """

    seconds: float
    waited: float
    steps: int


@final
@dataclass
class Recorder:
    """The first process's view of a run; the other processes have none.

    Attributes:
        folder: The run's folder.
        config: The run.
        pairs: Validation pairs.
        observer: Who watches.
        journal: Opened at the right place.
        board: TensorBoard, if wanted.
    """

    folder: Path
    config: Config
    pairs: list[Pair]
    observer: Observer
    journal: Journal
    board: Board | None = None

    def __post_init__(self) -> None:
        self._told = 0
        self._since = _Mark(time.perf_counter(), 0.0, 0)

    def step(self, state: RunState, verdict: Verdict, figures: dict[str, float], waited: float) -> None:
        """Note a step, and do what is due after it.

        Args:
            state: After the step.
            verdict: Whether the step was taken.
            figures: Of the step.
            waited: Seconds that the process has waited for data so far.

        Raises:
            CheckpointError: If a file of the run cannot be written.
        """
        began = time.perf_counter()
        self._told += 1
        if verdict != "take":
            self._write(state.step, {"event": _EVENTS[verdict], **figures})
            self.observer.note(f"step {state.step}: {_EVENTS[verdict]} (loss {figures['loss']:.3g})")
        if verdict != "roll back":
            self._due_after(state, verdict, figures, waited)
        spent = time.perf_counter() - began  # no part of a step
        self._since = self._since._replace(seconds=self._since.seconds + spent)

    def checkpoint(self, state: RunState) -> None:
        """Save everything."""
        save_checkpoint(self.folder / CHECKPOINT, state, config=self.config, journal_bytes=self.journal.position)

    def close(self) -> None:
        """Write what is left."""
        if self.board is not None:
            self.board.close()

    def _due_after(self, state: RunState, verdict: Verdict, figures: dict[str, float], waited: float) -> None:
        rhythm, step = self.config.training, state.step
        judged = self._due(step, rhythm.validate_every)
        if judged or (verdict == "take" and step % RECORD_EVERY == 0):
            times = self._times(waited)
            if judged:
                figures = figures | self._validation(state)
            self._write(step, figures | times)
        if rhythm.picture_every and self._due(step, rhythm.picture_every):
            self._picture(state)
        if self._due(step, rhythm.checkpoint_every) and (state.guard.content or self._last(step)):
            self.checkpoint(state)
        self.observer.step(step, figures)

    def _write(self, step: int, record: Mapping[str, object]) -> None:
        plain = {key: value if _is_json(value) else str(value) for key, value in record.items()}
        self.journal.write(step, plain)
        if self.board is not None:
            self.board.figures(step, record)

    def _validation(self, state: RunState) -> dict[str, float]:
        try:
            found = validate(state.averaged, self.pairs, with_jpeg=self.config.channel.jpeg.at(1.0) > 0)
        except LiftveilError as error:  # no numbers: for the guard to deal with
            self.observer.note(f"step {state.step}: not validated ({error})")
            return {}
        return {name: round(value, 4) for name, value in found.items()}

    def _picture(self, state: RunState) -> None:
        path = self.folder / PICTURES / f"step-{state.step:06}.png"
        try:
            picture = save_validation_picture(state.averaged, self.pairs[0], path)
        except PictureError as error:
            raise CheckpointError(path, f"the validation picture was not written ({error})") from error
        except LiftveilError as error:
            self.observer.note(f"step {state.step}: no picture ({error})")
            return
        if self.board is not None:
            self.board.picture(state.step, picture)

    def _times(self, waited: float) -> dict[str, float]:
        """Seconds a step since the last record, and the share of them that went into waiting for data."""
        then, self._since = self._since, _Mark(time.perf_counter(), waited, self._told)
        passed = max(self._since.seconds - then.seconds, 1e-9)
        share = (waited - then.waited) / passed
        return {"step_seconds": round(passed / max(1, self._told - then.steps), 4), "waiting": round(share, 4)}

    def _due(self, step: int, every: int) -> bool:
        return step % every == 0 or self._last(step)

    def _last(self, step: int) -> bool:
        return step == self.config.training.steps


def _is_json(value: object) -> bool:
    """JSON has neither infinities nor NaN."""
    return not isinstance(value, float) or isfinite(value)
