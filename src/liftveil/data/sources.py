"""Where a run's pictures come from: all of a folder, or a manifest's share for it."""

from __future__ import annotations

from pathlib import Path

from liftveil.data.folders import find_pictures
from liftveil.data.manifest import SPLITS, read_manifest
from liftveil.errors import DataError


def training_pictures(source: Path) -> list[Path]:
    """The pictures to train on.

    Args:
        source: A folder, of which all pictures are taken, or a manifest, of which those of ``train`` are.

    Returns:
        At least two paths, sorted.

    Raises:
        DataError: If the source cannot serve.
    """
    return pictures_of(source, "train")


def validation_pictures(source: Path) -> list[Path]:
    """The pictures to judge a run by.

    Args:
        source: A folder, of which all pictures are taken, or a manifest, of which those of ``val`` are.

    Returns:
        At least two paths, sorted.

    Raises:
        DataError: If the source cannot serve.
    """
    return pictures_of(source, "val")


def pictures_of(source: Path, split: str) -> list[Path]:
    """All pictures of a folder, or those of one split of a manifest.

    Args:
        source: A folder or a manifest.
        split: ``"train"``, ``"val"`` or ``"test"``; a folder has no splits.

    Returns:
        At least two paths, sorted, so that indices mean the same everywhere.

    Raises:
        DataError: If the split is unknown, the folder or the manifest cannot be used, a listed file is
            missing, or there are fewer than two pictures.
    """
    if split not in SPLITS:
        raise DataError(source, f"{split!r} is no split; use one of {', '.join(SPLITS)}")
    return _listed(source, split) if source.is_file() else find_pictures(source)


def _listed(manifest: Path, split: str) -> list[Path]:
    paths = sorted(manifest.parent / entry.path for entry in read_manifest(manifest) if entry.split == split)
    if len(paths) < 2:
        raise DataError(manifest, f"lists fewer than two pictures of the split {split!r}")
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise DataError(manifest, f"lists {missing[0]}, which is missing ({len(missing)} of {len(paths)} are)")
    return paths
