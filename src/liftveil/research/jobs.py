"""Work that is never done twice: results by name, each with a key of everything that it depends on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple, final

from filelock import FileLock, Timeout

from liftveil.errors import OutputNotWritten
from liftveil.imaging import atomic_write_bytes

JOBS, WORK = "jobs", ".liftveil-work"

LOCK = ".lock"
"""File that a run holds while it works."""

_LEFTOVERS = ".liftveil-*.tmp"


def key_of(*facts: object) -> str:
    """A key that differs whenever one of the facts does.

    Args:
        facts: Numbers, texts, lists of these; bytes stand for their hash.

    Returns:
        A hash in hexadecimal digits.
    """
    plain = [sha256(fact).hexdigest() if isinstance(fact, bytes) else fact for fact in facts]
    return sha256(json.dumps(plain).encode()).hexdigest()


class Outcome(NamedTuple):
    """What a job gave.

    Attributes:
        result: For JSON.
        fresh: Whether it was done now; False if it had been kept.
    """

    result: dict[str, Any]
    fresh: bool


@final
class Store:
    """Results of jobs in a folder; each appears whole or not at all, so that a killed run can go on.

    Args:
        folder: Made if need be, with ``jobs`` for the results and a hidden folder for processes; what a killed run has
            left there, and half-written files, are removed.

    Attributes:
        work: Folder for processes; gone after :meth:`close`.

    Raises:
        OutputNotWritten: If the folder cannot be used, or another run uses it.
    """

    def __init__(self, folder: Path) -> None:
        self._results, self.work = folder / JOBS, folder / WORK
        self._stopped = Event()
        self._lock = FileLock(folder / LOCK, timeout=0)
        try:
            self._results.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            if self.work.exists():
                shutil.rmtree(self.work)
            self.work.mkdir()
            for leftover in (*folder.glob(_LEFTOVERS), *folder.glob(f"*/{_LEFTOVERS}")):
                leftover.unlink()
        except Timeout as error:
            raise OutputNotWritten(folder, "is in use by another run", "let it end or choose another folder") from error
        except OSError as error:
            raise OutputNotWritten(folder, f"cannot be written ({error.strerror})", "choose another folder") from error

    def once(self, name: str, key: str, work: Callable[[], dict[str, Any]], files: Sequence[Path] = ()) -> Outcome:
        """Do a job, unless it was done already and nothing that it depends on has changed.

        Args:
            name: Of the job; another result that was kept by this name is replaced.
            key: Of what it depends on.
            work: Does it, and gives something for JSON.
            files: What it writes beside its result; if one is missing, the job is done again.

        Returns:
            The result, as JSON gives it back.

        Raises:
            CancelledError: If the job is still to be done, but :meth:`stop` was called.
        """
        path = self._results / f"{name}.json"
        if all(file.is_file() for file in files) and (kept := _kept(path, key)) is not None:
            return Outcome(kept, fresh=False)
        if self._stopped.is_set():
            raise CancelledError
        path.unlink(missing_ok=True)  # before the job replaces files that belong to the old result
        content = json.dumps({"key": key, "result": work()})
        atomic_write_bytes(path, content.encode(), force=True)
        return Outcome(json.loads(content)["result"], fresh=True)

    def stop(self) -> None:
        """Begin no further job."""
        self._stopped.set()

    def close(self) -> None:
        """Remove the folder for processes, and let others use the store."""
        shutil.rmtree(self.work, ignore_errors=True)
        with suppress(OSError):  # Windows keeps a file that is open
            Path(self._lock.lock_file).unlink()
        self._lock.release()


def is_result(path: Path) -> bool:
    """Whether a file is a result that some store has kept.

    Args:
        path: Any file or folder.
    """
    try:
        return bool(json.loads(path.read_text(encoding="utf-8")).keys() == {"key", "result"})
    except (OSError, ValueError, AttributeError):
        return False


def _kept(path: Path, key: str) -> dict[str, Any] | None:
    """A result of that key; None if there is none, or it cannot be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        result: dict[str, Any] = record["result"]
        return result if record["key"] == key else None
    except (OSError, ValueError, LookupError, TypeError):
        return None
