"""Several results that appear together or not at all."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from liftveil.errors import OutputExists, OutputNotWritten


@contextmanager
def all_or_none(files: Sequence[Path]) -> Iterator[None]:
    """Remove files that are new if the ``with`` block fails, so that the next try finds nothing in its way.

    Args:
        files: What the block writes; those that exist already are not touched.
    """
    new = [path for path in files if not path.exists()]
    try:
        yield
    except BaseException:
        for path in new:
            path.unlink(missing_ok=True)
        raise


def check_folder(folder: Path, *, force: bool) -> None:
    """Refuse early what :func:`whole_folder` would refuse.

    Args:
        folder: The folder to be filled.
        force: Whether it may have content.

    Raises:
        OutputExists: If it has content and ``force`` is false.
        OutputNotWritten: If it is a file or cannot be looked into.
    """
    with _refusals(folder):
        if folder.exists() and any(folder.iterdir()) and not force:
            raise OutputExists(folder, "is not empty", "choose another folder, or ask to replace it (force)")


@contextmanager
def whole_folder(folder: Path, *, force: bool, replaces: re.Pattern[str]) -> Iterator[Path]:
    """Fill a folder out of sight, and show it when the ``with`` block has ended well.

    Files of the same names are replaced in a folder that exists, and older results that no new one replaces
    are removed, so that what is there belongs together; all other files stay.

    Args:
        folder: The folder; it and those above it are made if need be.
        force: Whether it may have content.
        replaces: Full names of files that are results.

    Yields:
        Another folder, to write files into.

    Raises:
        OutputExists: If the folder has content and ``force`` is false.
        OutputNotWritten: If it cannot be written; nothing is left behind.
    """
    check_folder(folder, force=force)
    with _refusals(folder):
        hidden = _lowest(folder) / f".liftveil-{secrets.token_hex(8)}.tmp"
        hidden.mkdir()
    try:
        yield hidden
        with _refusals(folder):
            _show(hidden, folder, replaces)
    finally:
        if hidden.exists():
            shutil.rmtree(hidden)


def _lowest(folder: Path) -> Path:
    """The folder, or the lowest above it that exists: on the same disk, so that moving is a change of names."""
    return next(path for path in (folder, *folder.absolute().parents) if path.is_dir())


def _show(hidden: Path, folder: Path, replaces: re.Pattern[str]) -> None:
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        hidden.replace(folder)
        return
    for old in [path for path in folder.iterdir() if replaces.fullmatch(path.name)]:
        if not (hidden / old.name).exists():
            old.unlink()
    for new in sorted(hidden.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        new.replace(folder / new.name)


@contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputNotWritten(folder, f"cannot be written ({error.strerror})", "choose another folder") from error
