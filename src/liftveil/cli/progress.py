"""The progress display of long runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from threading import Lock
from types import TracebackType
from typing import Self, final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from liftveil.cli.console import one_line

_BAR = 40


@final
class StudyProgress:
    """A live line: jobs done, time left, the last job. Called from several threads.

    Args:
        jobs: Number of jobs in all.

    Attributes:
        fresh: Jobs done now.
        kept: Jobs that had been done before.
    """

    def __init__(self, jobs: int) -> None:
        job = TextColumn("{task.description}")
        self._display = Progress(MofNCompleteColumn(), BarColumn(_BAR), TimeRemainingColumn(), job)
        self._task = self._display.add_task("starting", total=jobs)
        self._lock = Lock()
        self.fresh = self.kept = 0

    def __enter__(self) -> Self:
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()

    def done(self, name: str, *, fresh: bool) -> None:
        """Show that a job is done.

        Args:
            name: Of the job.
            fresh: False if it had been done in an earlier run.
        """
        with self._lock:
            self.fresh += fresh
            self.kept += not fresh
        self._display.update(self._task, advance=1, description=name)


@final
class TrainingProgress:
    """A live line: step, time left, rate, PSNRs of the batch; validations and notes get lines of their own.

    Nothing is shown before the first call: beside the first process of a run, there is nothing to tell.

    Args:
        steps: Number of steps in all.
    """

    def __init__(self, steps: int) -> None:
        whole = Column(no_wrap=True)  # on a narrow terminal, the bar makes way first
        self._display = Progress(
            MofNCompleteColumn(table_column=whole),
            BarColumn(None, table_column=Column(max_width=_BAR)),
            TimeRemainingColumn(table_column=whole),
            TextColumn("{task.description}", table_column=whole),
        )
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
            f"loss {figures['loss']:.3f}, cover {figures['batch_cover_db']:.1f} dB, "
            f"secret {figures['batch_secret_db']:.1f} dB, rate {figures['rate']:.1e}"
        )
        self._display.update(self._task, completed=step, description=text)

    def note(self, text: str) -> None:
        """Show one line about something unusual."""
        self._begin()
        self._display.print(one_line(text, sys.stdout), markup=False, highlight=False, soft_wrap=True)

    def _begin(self) -> None:
        if not self.told:
            self.told = True
            self._task = self._display.add_task("starting", total=self._steps)
            self._display.start()
