"""What training runs left in their journals, as curves over steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path

import numpy as np

from liftveil.errors import CheckpointError
from liftveil.plotting import Curve
from liftveil.training import JOURNAL, read_journal

Record = Mapping[str, object]


@dataclass(frozen=True)
class Run:
    """A training run as its journal tells it.

    Attributes:
        name: What to call it in a figure.
        records: Steps with their figures, in ascending order.
        events: Steps at which something unusual happened, by what it was.
    """

    name: str
    records: list[Record]
    events: dict[str, list[int]]

    @property
    def last_step(self) -> int:
        """Step of the last record."""
        return _step(self.records[-1])

    def curve(self, key: str) -> Curve:
        """One figure of all records that have it as a finite number.

        Args:
            key: Its name in the journal.

        Returns:
            The curve; empty if there is none.
        """
        values = {_step(record): _number(record.get(key)) for record in self.records}
        finite = {step: value for step, value in values.items() if isfinite(value)}
        return Curve(np.array(list(finite), np.int64), np.array(list(finite.values()), np.float64))


def read_runs(paths: Sequence[Path]) -> list[Run]:
    """Read the journals of runs.

    Args:
        paths: Folders of runs, or journals.

    Returns:
        The runs, called by their folders, or by their paths where two folders have the same name.

    Raises:
        CheckpointError: If a journal cannot be read or holds no figures yet.
    """
    journals = [path / JOURNAL if path.is_dir() else path for path in paths]
    names = [_name(journal) for journal in journals]
    count = Counter(names)
    shown = [name if count[name] == 1 else str(path) for name, path in zip(names, paths, strict=True)]
    return [_read(journal, name) for journal, name in zip(journals, shown, strict=True)]


def _name(journal: Path) -> str:
    return journal.resolve().parent.name if journal.name == JOURNAL else journal.stem


def _read(journal: Path, name: str) -> Run:
    records = read_journal(journal)
    if not all(isinstance(record.get("step"), int) for record in records):
        raise CheckpointError(journal, "is no journal of a run; it has records without a step")
    events: dict[str, list[int]] = {}
    for record in records:
        if "event" in record:
            events.setdefault(str(record["event"]), []).append(_step(record))
    figures = _lasting([record for record in records if "event" not in record])
    if not figures:
        raise CheckpointError(journal, "holds no figures yet, so there is nothing to plot")
    return Run(name, figures, events)


def _lasting(records: Sequence[Record]) -> list[Record]:
    """Without what the run went back from: steps that were taken again later."""
    kept: list[Record] = []
    for record in reversed(records):
        if not kept or _step(record) < _step(kept[-1]):
            kept.append(record)
    return kept[::-1]


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else nan


def _step(record: Record) -> int:
    return int(str(record["step"]))
