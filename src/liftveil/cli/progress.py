"""The progress display of long runs."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self, final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@final
class TrainingProgress:
    """A live line: step, time left, rate, PSNRs of the batch; validations and notes get lines of their own.

    Nothing is shown before the first call: beside the first process of a run, there is nothing to tell.

    Args:
        steps: Number of steps in all.
    """

    def __init__(self, steps: int) -> None:
        columns = (MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
        self._display = Progress(*columns)
        self._steps = steps
        self.told = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()

    def step(self, step: int, figures: Mapping[str, float]) -> None:
        """Show where the run is.

        Args:
            step: Steps taken so far.
            figures: The latest, and those of a validation if there was one.
        """
        self._begin()
        if "cover_db" in figures:
            judged = f"cover {figures['cover_db']:.2f} dB, secret {figures['secret_file_db']:.2f} dB"
            self._display.print(f"step {step}: {judged} on validation pictures")
        text = (
            f"rate {figures['rate']:.1e}, batch: loss {figures['loss']:.3f}, "
            f"cover {figures['batch_cover_db']:.1f} dB, secret {figures['batch_secret_db']:.1f} dB"
        )
        self._display.update(self._task, completed=step, description=text)

    def note(self, text: str) -> None:
        """Show one line about something unusual."""
        self._begin()
        self._display.print(text, markup=False, highlight=False)

    def _begin(self) -> None:
        if not self.told:
            self.told = True
            self._task = self._display.add_task("starting", total=self._steps)
            self._display.start()
