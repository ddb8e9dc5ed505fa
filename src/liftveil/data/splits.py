"""Disjoint splits of a folder's pictures, which depend on a seed and on what the files hold, not on names."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path, PurePath
from typing import NamedTuple

from liftveil.data.checking import examine, require_least_size
from liftveil.data.folders import find_pictures
from liftveil.data.manifest import Entry, manifest_bytes
from liftveil.errors import DataError, PictureError
from liftveil.imaging import atomic_write_bytes, check_target, read_picture

_LEAST = 2  # a cover needs another picture as its secret


@dataclass(frozen=True)
class Shares:
    """Which parts of the different pictures are held out; a share of 0 leaves that split empty.

    Attributes:
        validation: Share of ``val``, at least 0.
        test: Share of ``test``, at least 0; together below 1.
    """

    validation: float = 0.1
    test: float = 0.1


class SplitCounts(NamedTuple):
    """How many files went where."""

    train: int
    val: int
    test: int
    skipped: int


class _Seen(NamedTuple):
    path: Path
    digest: str
    width: int
    height: int


def split_folder(
    folder: Path,
    manifest: Path,
    *,
    seed: int,
    shares: Shares,
    force: bool = False,
    on_skip: Callable[[Path, str], None],
) -> SplitCounts:
    """Write a manifest that puts every readable picture of a folder into one of three splits.

    Files with the same bytes are one picture and stay together. The splits of the others follow from the seed
    and the set of their digests alone: neither names nor places count.

    Args:
        folder: Any tree of pictures.
        manifest: The file to write, in the folder or above it, because its paths are relative to its own place.
        seed: Another seed makes other splits.
        shares: What is held out, rounded to whole pictures, at least two of a split that is wanted.
        force: Whether an existing manifest may be replaced.
        on_skip: Called with each file that cannot serve and the reason, before anything is written.

    Returns:
        How many files went where.

    Raises:
        DataError: If the folder holds too few different pictures, or shares or manifest's place cannot be.
        OutputExists: If the manifest exists and ``force`` is false.
        OutputNotWritten: If the disk, a folder or a permission is in the way.
    """
    paths = find_pictures(folder)
    prefix = _prefix(folder, manifest)
    _require_possible(folder, shares)
    check_target(manifest, force=force)
    seen, skipped = examine(paths, _look)
    for path, reason in skipped:
        on_skip(path, reason)
    splits = _assigned({picture.digest for picture in seen}, folder, shares, seed)
    entries = [
        Entry((prefix / path.relative_to(folder)).as_posix(), splits[digest], digest, width, height)
        for path, digest, width, height in seen
    ]
    atomic_write_bytes(manifest, manifest_bytes(entries), force=force)
    counts = Counter(entry.split for entry in entries)
    return SplitCounts(counts["train"], counts["val"], counts["test"], len(skipped))


def _look(path: Path) -> _Seen:
    if "\n" in str(path) or "\r" in str(path):
        raise PictureError(path, "its name holds a line break, which a manifest cannot", "rename it")
    picture = read_picture(path)
    require_least_size(path, picture.rgb_u8)
    with path.open("rb") as file:
        return _Seen(path, file_digest(file, "sha256").hexdigest(), picture.width, picture.height)


def _prefix(folder: Path, manifest: Path) -> PurePath:
    """From the manifest's folder down to the pictures', by name: links are kept as links."""
    below, above = (PurePath(os.path.normpath(path.absolute())) for path in (folder, manifest.parent))
    if not below.is_relative_to(above):
        raise DataError(manifest, f"must lie in {folder} or above it, because its paths are relative to its folder")
    return below.relative_to(above)


def _require_possible(folder: Path, shares: Shares) -> None:
    possible = shares.validation >= 0 and shares.test >= 0 and shares.validation + shares.test < 1
    if not possible:  # which NaN is not either
        held = f"{shares.validation} and {shares.test}"
        raise DataError(folder, f"cannot be split with shares of {held}; they must be at least 0, together below 1")


def _assigned(digests: Iterable[str], folder: Path, shares: Shares, seed: int) -> dict[str, str]:
    """The split of each digest: shuffled by hashing it with the seed, the first are held out."""
    shuffled = sorted(digests, key=lambda digest: sha256(f"{seed} {digest}".encode()).digest())
    test, val = (_held_out(share, len(shuffled)) for share in (shares.test, shares.validation))
    train = len(shuffled) - val - test
    if train < _LEAST:
        problem = f"has {len(shuffled)} different readable pictures: {test} to test and {val} to validate leave"
        raise DataError(folder, f"{problem} fewer than two to train on; add pictures or lower the shares")
    names = ["test"] * test + ["val"] * val + ["train"] * train
    return dict(zip(shuffled, names, strict=True))


def _held_out(share: float, total: int) -> int:
    return max(_LEAST, round(share * total)) if share else 0
