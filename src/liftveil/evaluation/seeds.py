"""Runs that differ in nothing but their seed, as one curve with a band."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liftveil.config import config_table
from liftveil.evaluation.runs import Run
from liftveil.plotting import Curve
from liftveil.training import CHECKPOINT, load_checkpoint

Reduce = Callable[..., NDArray[np.float64]]


@dataclass(frozen=True)
class Seeds:
    """Several runs as one thing; what a :class:`liftveil.evaluation.Run` offers, and bands.

    Attributes:
        name: What to call it in a figure.
        runs: At least one.
    """

    name: str
    runs: Sequence[Run]

    @property
    def events(self) -> dict[str, list[int]]:
        """Steps of all runs at which something unusual happened, by what it was."""
        kinds = {kind for run in self.runs for kind in run.events}
        return {kind: sorted(step for run in self.runs for step in run.events.get(kind, [])) for kind in sorted(kinds)}

    @property
    def last_step(self) -> int:
        """Last step of the longest run."""
        return max(run.last_step for run in self.runs)

    def curve(self, key: str) -> Curve:
        """Mean over the runs, at the steps that all of them have.

        Args:
            key: Name of a figure in the journal.

        Returns:
            The curve; empty if there is none.
        """
        return self._over(key, np.mean)

    def band(self, key: str) -> tuple[Curve, Curve]:
        """Least and greatest values over the runs, at the same steps.

        Args:
            key: Name of a figure in the journal.

        Returns:
            Two curves.
        """
        return self._over(key, np.min), self._over(key, np.max)

    def _over(self, key: str, reduction: Reduce) -> Curve:
        curves = [run.curve(key) for run in self.runs]
        steps = reduce(np.intersect1d, [curve.steps for curve in curves])
        values = [curve.values[np.isin(curve.steps, steps)] for curve in curves]
        return Curve(steps, np.asarray(reduction(values, axis=0), np.float64))


def by_seed(runs: Sequence[Run], folders: Sequence[Path]) -> list[Seeds]:
    """Put runs together that differ in nothing but their seed.

    Args:
        runs: As read.
        folders: Where they came from; the configuration stands in the checkpoint there.

    Returns:
        The groups in the order of their first runs, called by these, with the number of seeds if there are several.

    Raises:
        CheckpointError: If a folder has no checkpoint.
    """
    groups: dict[str, list[Run]] = {}
    for run, folder in zip(runs, folders, strict=True):
        groups.setdefault(_recipe(folder), []).append(run)
    return [Seeds(_name(members), members) for members in groups.values()]


def _recipe(folder: Path) -> str:
    """Pictures, configuration and those of the runs before, all without their seeds."""
    saved = load_checkpoint((folder if folder.is_dir() else folder.parent) / CHECKPOINT)
    earlier = [json.loads(run.get("config", "{}")) for run in saved.progress["earlier"]]
    configs = [config_table(saved.config), *earlier]
    seedless = [config | {"training": config.get("training", {}) | {"seed": 0}} for config in configs]
    return json.dumps([saved.data, *seedless])


def _name(runs: Sequence[Run]) -> str:
    return runs[0].name if len(runs) == 1 else f"{runs[0].name} and others, {len(runs)} seeds"
