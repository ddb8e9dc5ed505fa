"""The journal of a run: one JSON object a line, flushed at once."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from math import inf
from pathlib import Path

from liftveil.errors import CheckpointError


class Journal:
    """Appends records to a file.

    Args:
        path: The file; it is made if it does not exist.
        after_step: Records of later steps, written by a run that was cut off behind its last checkpoint, are
            removed first, and so is the rest of a line that was never finished; None keeps everything.

    Raises:
        CheckpointError: If the file cannot be cut back.
    """

    def __init__(self, path: Path, after_step: int | None = None) -> None:
        self.path = path
        if after_step is not None and path.exists():
            try:
                lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
                kept = [line for line in lines if _step(line) <= after_step]
                path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
            except OSError as error:
                raise CheckpointError(path, f"cannot be cut back to step {after_step} ({error.strerror})") from error

    def write(self, step: int, record: Mapping[str, object]) -> None:
        """Append a record.

        Args:
            step: Steps taken so far.
            record: What to note; numbers and texts.

        Raises:
            CheckpointError: If the file cannot be written.
        """
        line = json.dumps({"step": step, "time": round(time.time(), 3), **record})
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise CheckpointError(self.path, f"cannot be written ({error.strerror})") from error


def _step(line: str) -> float:
    """The step of a record; infinity if the line is no record."""
    try:
        return float(json.loads(line)["step"])
    except (LookupError, TypeError, ValueError):
        return inf
