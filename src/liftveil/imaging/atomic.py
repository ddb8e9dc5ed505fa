"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from liftveil.errors import OutputExists, OutputNotWritten

_CAUSES = {
    errno.ENOSPC: ("the disk is full", "free some space or choose another disk"),
    errno.EFBIG: ("the file would be larger than the system allows", "raise the limit or choose another disk"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or choose another disk"),
    errno.EROFS: ("the disk is read-only", "choose another folder"),
    errno.EACCES: ("permission denied", "choose a folder you may write to"),
    errno.EPERM: ("not permitted", "choose a folder you may write to"),
    errno.ENOENT: ("its folder does not exist", "create the folder first"),
    errno.ENOTDIR: ("its folder is not a folder", "choose another folder"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name"),
}


def check_target(path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Refuse early what :func:`atomic_write_bytes` would refuse late.

    Args:
        path: The file to be written.
        force: Whether an existing file may be replaced.

    Raises:
        OutputExists: If the file exists and ``force`` is false.
        OutputNotWritten: If its folder is missing or read-only, or the path is a folder or a device.
    """
    if not _can_be_a_name(os.fspath(path)):
        raise OutputNotWritten(ascii(os.fspath(path)), "is no valid file name", "choose another name")
    target, folder = Path(path), Path(path).parent
    with _refusals(path):
        if not folder.is_dir():
            raise OSError(errno.ENOTDIR if folder.exists() else errno.ENOENT, "")
        if target.exists() and not target.is_file():
            kind = "a folder" if target.is_dir() else "not a regular file"
            raise OutputNotWritten(os.fspath(path), f"is {kind}", "give the name of a file to write")
        if os.path.lexists(target) and not force:
            raise FileExistsError
        if not os.access(folder, os.W_OK):
            raise OSError(errno.EACCES, "")


def atomic_write_bytes(path: str | os.PathLike[str], data: bytes, *, force: bool = False) -> None:
    """Write a file so that its name never stands for half of it, whatever fails.

    The bytes go to a file without a name, where the system knows such files, so that even a killed process
    leaves nothing behind; else to a hidden file in the same folder, readable by nobody else. Then they go onto
    the disk, and only then to their name, with the permissions that the umask grants, or those of the file that
    they replace; of a symbolic link, the file behind it is replaced. Without ``force``, a file that somebody else
    creates in the meantime is not overwritten either.

    Args:
        path: The file to write.
        data: Its content.
        force: Whether an existing file may be replaced.

    Raises:
        OutputExists: If the file exists and ``force`` is false.
        OutputNotWritten: If the disk, a folder or a permission is in the way; nothing is left behind.
    """
    check_target(path, force=force)
    target = Path(os.path.realpath(path)) if force else Path(path)
    temporary = target.with_name(f".liftveil-{secrets.token_hex(8)}.tmp")
    with _refusals(path):
        if _write_unnamed(target, temporary, data, force=force):
            return
        try:
            _write_through(temporary, data)
            _keep_mode(temporary, target)
            _publish(temporary, target, force=force)
        finally:
            temporary.unlink(missing_ok=True)


def _can_be_a_name(path: str | bytes) -> bool:
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:  # half of a character
        return False


@contextmanager
def _refusals(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except FileExistsError as trouble:
        advice = "choose another name, or ask to replace it (force)"
        raise OutputExists(os.fspath(path), "exists already", advice) from trouble
    except OSError as trouble:
        otherwise = (trouble.strerror or "could not be written", "choose another place")
        raise OutputNotWritten(os.fspath(path), *_CAUSES.get(trouble.errno or 0, otherwise)) from trouble


def _write_unnamed(target: Path, temporary: Path, data: bytes, *, force: bool) -> bool:
    """Write to a file that has no name yet, and give it one; false where the system has no such files."""
    try:
        number = os.open(target.parent, os.O_TMPFILE | os.O_WRONLY, 0o666)
    except (AttributeError, OSError):  # other systems, some disks
        return False
    with os.fdopen(number, "wb") as file:
        unnamed = Path(f"/proc/self/fd/{number}")
        if not unnamed.exists():
            return False
        file.write(data)
        file.flush()
        _keep_mode(unnamed, target)
        os.fsync(number)
        # A new name can be given to what has none, but not another file's: replacing takes two steps.
        try:
            _name(unnamed, temporary if force else target)
        except FileExistsError:
            raise
        except OSError:  # no links here
            return False
    if force:
        try:
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    return True


def _name(unnamed: Path, name: Path) -> None:
    folder = os.open(name.parent, os.O_RDONLY)
    try:
        os.link(unnamed, name.name, dst_dir_fd=folder)  # without dst_dir_fd, the link would be one to /proc
    finally:
        os.close(folder)


def _write_through(temporary: Path, data: bytes) -> None:
    with temporary.open("xb") as file:
        # The umask has just been applied to the new file. Asking the process for it would mean to change
        # it for all threads.
        granted = temporary.stat().st_mode & 0o777
        _set_mode(temporary, 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    _set_mode(temporary, granted)


def _keep_mode(file: Path, target: Path) -> None:
    """Give a file the permissions of the one that it is to replace, if there is one."""
    with suppress(FileNotFoundError):
        _set_mode(file, target.stat().st_mode & 0o777)


def _set_mode(file: Path, mode: int) -> None:
    with suppress(PermissionError):  # FAT knows no permissions
        file.chmod(mode)


def _publish(temporary: Path, target: Path, *, force: bool) -> None:
    if force:
        temporary.replace(target)
        return
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # FAT, some network disks
        _publish_without_links(temporary, target)


def _publish_without_links(temporary: Path, target: Path) -> None:
    """Reserve the name, which fails if it is taken, then put the file in the reserved place."""
    target.touch(exist_ok=False)
    try:
        temporary.replace(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
