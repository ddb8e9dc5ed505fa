"""The progress display of long runs."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self, final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


@final
class TrainingProgress:
    """A live line: step, time left, loss and rate, and the last validation.

    Args:
        steps: Number of steps in all.
    """

    def __init__(self, steps: int) -> None:
        columns = (MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
        self._display = Progress(*columns)
        self._task: TaskID = self._display.add_task("starting", total=steps)
        self._judged = ""

    def __enter__(self) -> Self:
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()

    def __call__(self, step: int, figures: Mapping[str, float]) -> None:
        """Show where the run is; a validation gets a line of its own."""
        """Show the figures of a step.

        Args:
            step: Steps taken so far.
            figures: The latest, and those of a validation if there was one.
        """
        if "cover_db" in figures:
            self._judged = f"cover {figures['cover_db']:.2f} dB, secret {figures['secret_file_db']:.2f} dB"
            self._display.print(f"step {step}: {self._judged}")
        text = f"loss {figures['loss']:.3f}, rate {figures['rate']:.1e}  {self._judged}"
        self._display.update(self._task, completed=step, description=text)
