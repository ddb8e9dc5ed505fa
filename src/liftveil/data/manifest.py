"""The manifest of splits: a CSV file with one line per picture and a header, and nothing else."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from liftveil.errors import DataError

SPLITS = ("train", "val", "test")
_HEADER = ["path", "split", "sha256", "width", "height"]
# File names need not be valid UTF-8; this writes their bytes as they are.
_ENCODING, _ODD_BYTES = "utf-8", "surrogateescape"


class Entry(NamedTuple):
    """A line of the manifest.

    Attributes:
        path: Where the file lies, relative to the manifest's folder, with forward slashes.
        split: ``"train"``, ``"val"`` or ``"test"``.
        sha256: Digest of the file, in hexadecimal.
        width: Width in pixels, as the picture is seen.
        height: Height in pixels.
    """

    path: str
    split: str
    sha256: str
    width: int
    height: int


def manifest_bytes(entries: Iterable[Entry]) -> bytes:
    """The manifest's file; the inverse of :func:`read_manifest`.

    Args:
        entries: Lines in any order; no path holds a line break.

    Returns:
        CSV, sorted by path.
    """
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(sorted(entries))
    return text.getvalue().encode(_ENCODING, _ODD_BYTES)


def read_manifest(manifest: Path) -> list[Entry]:
    """Read and check a manifest, without looking for the files that it lists.

    Args:
        manifest: A file that ``liftveil data split`` has written.

    Returns:
        Its lines, in their order.

    Raises:
        DataError: If it cannot be read, is no manifest, or lists a file twice or a picture in two splits.
    """
    entries = [_entry(manifest, number, row) for number, row in _rows(manifest)]
    split_of: dict[str, str] = {}
    for entry in entries:
        if split_of.setdefault(entry.sha256, entry.split) != entry.split:
            raise DataError(manifest, f"lists the picture {entry.path} in two splits; make it anew")
    if len({entry.path for entry in entries}) < len(entries):
        raise DataError(manifest, "lists a file twice; make it anew")
    return entries


def _rows(manifest: Path) -> list[tuple[int, list[str]]]:
    """The lines below the header, with their numbers."""
    try:
        text = manifest.read_bytes().decode(_ENCODING, _ODD_BYTES)
        rows = list(enumerate(csv.reader(StringIO(text, newline=""), strict=True), start=1))
    except OSError as error:
        raise DataError(manifest, f"cannot be read ({error.strerror})") from error
    except csv.Error as error:
        raise DataError(manifest, f"is no manifest of splits ({error})") from error
    if not rows or rows[0][1] != _HEADER:
        raise DataError(manifest, f"is no manifest of splits; its first line must be {','.join(_HEADER)}")
    return rows[1:]


def _entry(manifest: Path, number: int, row: list[str]) -> Entry:
    if len(row) != len(_HEADER):
        raise DataError(manifest, f"line {number} has {len(row)} fields, but must have {len(_HEADER)}")
    path, split, sha256, width, height = row
    inside = path and not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts
    if not inside:
        raise DataError(manifest, f"line {number}: {path!r} is no path below the manifest's folder")
    if split not in SPLITS:
        raise DataError(manifest, f"line {number}: {split!r} is no split; use one of {', '.join(SPLITS)}")
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise DataError(manifest, f"line {number}: {sha256!r} is no SHA-256")
    if not all(re.fullmatch("[1-9][0-9]{0,8}", side) for side in (width, height)):
        raise DataError(manifest, f"line {number}: {width!r} x {height!r} is no size in pixels")
    return Entry(path, split, sha256, int(width), int(height))
