"""The journal of a run: one JSON object a line, written at once."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from liftveil.errors import CheckpointError

TIMES = ("time", "step_seconds", "waiting")
"""Keys whose values differ between two runs of the same configuration; everything else is the same."""


class Journal:
    """Appends records to a file.

    Args:
        path: The file; it is made if it does not exist.
        position: Bytes to keep. What a run wrote behind its last checkpoint before it was cut off, perhaps in the
            middle of a line, is removed first.

    Raises:
        CheckpointError: If the file cannot be cut back.
    """

    def __init__(self, path: Path, position: int = 0) -> None:
        self.path = path
        try:
            with path.open("ab") as file:
                file.truncate(min(position, file.tell()))
        except OSError as error:
            raise CheckpointError(path, f"cannot be cut back to its checkpoint ({error.strerror})") from error

    @property
    def position(self) -> int:
        """Bytes written so far."""
        return self.path.stat().st_size

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


def read_journal(path: Path) -> list[dict[str, object]]:
    """All records of a journal.

    Args:
        path: The file.

    Returns:
        Its records, oldest first; a last line that was never finished is left out.

    Raises:
        CheckpointError: If the file cannot be read or a record is damaged.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        return [dict(json.loads(line)) for line in lines]
    except (OSError, TypeError, ValueError) as error:
        raise CheckpointError(path, f"cannot be read as the journal of a run ({error})") from error
