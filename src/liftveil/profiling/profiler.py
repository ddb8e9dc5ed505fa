"""What a run costs on this machine: one fresh process for each batch size and kind of activations."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

from liftveil.config import Config, config_table
from liftveil.errors import HardwareError, lacks_memory
from liftveil.profiling.budget import MemoryModel, fit_memory
from liftveil.profiling.measuring import Activations, Measurement, measurement_from

Told = Callable[[str], None]

_COMMAND: Final = (sys.executable, "-P", "-c", "from liftveil.profiling.measuring import main; main()")
_KILLED: Final = -9
"""Exit code of a process that the system ended, as it does when memory runs out."""


@dataclass(frozen=True)
class Profile:
    """The costs of a run.

    Attributes:
        measurements: By batch size, stored before recomputed; sizes that this machine had no memory for are missing.
        budget_bytes: Memory that the largest batch is looked for in.
    """

    measurements: tuple[Measurement, ...]
    budget_bytes: int

    def memory_model(self, activations: Activations) -> MemoryModel | None:
        """The line through the peaks, with what was in use before; None if fewer than two sizes were measured."""
        rows = [row for row in self.measurements if row.activations == activations]
        return fit_memory({row.batch: row.before_bytes + row.peak_bytes for row in rows})

    def largest_batch(self, activations: Activations) -> int | None:
        """The largest batch within the budget, an estimate.

        Args:
            activations: Stored or recomputed.

        Returns:
            A batch size, 0 if not even one pair fits; None if too little was measured to say.
        """
        model = self.memory_model(activations)
        return model and model.largest_batch(self.budget_bytes)

    def record(self) -> dict[str, Any]:
        """Everything as plain tables."""
        models = {kind: self.memory_model(kind) for kind in get_args(Activations)}
        return {
            "measurements": [row.record() for row in self.measurements],
            "budget_bytes": self.budget_bytes,
            "memory_model": {kind: model and model._asdict() for kind, model in models.items()},
            "largest_batch": {kind: self.largest_batch(kind) for kind in models},
        }


def profile(config: Config, batches: Sequence[int], budget_bytes: int, told: Told = lambda _: None) -> Profile:
    """Measure a run's costs.

    Args:
        config: The run; its batch size does not matter.
        batches: Batch sizes to measure.
        budget_bytes: Memory to find the largest batch for.
        told: Called with what is measured next.

    Returns:
        The costs.

    Raises:
        HardwareError: If a measurement fails, or there is no memory for any.
    """
    rows: list[Measurement] = []
    for activations in get_args(Activations):
        for batch in sorted(set(batches)):
            told(f"batch {batch}, {activations} activations")
            row = measure_apart(replace(config, data=replace(config.data, batch=batch)), activations)
            if row is None:
                break  # larger ones will not fit either
            rows.append(row)
    if not rows:
        raise HardwareError("data.batch", f"{min(batches)} is more than this machine has memory for; try smaller crops")
    return Profile(tuple(sorted(rows, key=lambda row: row.batch)), budget_bytes)


def measure_apart(config: Config, activations: Activations) -> Measurement | None:
    """Measure steps in a process of their own, whose memory nothing else has touched.

    Args:
        config: The run.
        activations: Stored or recomputed.

    Returns:
        What a step costs; None if there was not enough memory.

    Raises:
        HardwareError: If the process failed for another reason.
    """
    order = json.dumps({"config": config_table(config), "activations": activations})
    finished = subprocess.run(_COMMAND, input=order, capture_output=True, text=True, check=False)
    if finished.returncode == 0:
        return measurement_from(json.loads(finished.stdout.splitlines()[-1]))
    problem = (finished.stderr.splitlines() or [f"exit code {finished.returncode}"])[-1]
    if finished.returncode == _KILLED or lacks_memory(problem):
        return None
    raise HardwareError("data.batch", f"{config.data.batch} could not be measured: {problem}")
