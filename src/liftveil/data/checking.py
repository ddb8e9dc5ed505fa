"""Which files can serve: told by decoding them, since a truncated file passes every check of its header."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from liftveil.data.folders import load_rgb
from liftveil.errors import DataError, LiftveilError, PictureSizeError

LEAST_PX = 16
"""Shortest side of a picture that can carry another or be carried."""

_MOST_THREADS = 8  # each may hold a large picture at a time

Seen = TypeVar("Seen")
Skipped = list[tuple[Path, str]]
"""Files that cannot serve, with the reason."""


def readable(paths: Sequence[Path]) -> tuple[list[Path], Skipped]:
    """Decode every file once and sort out those that cannot serve.

    What was decoded is kept for :func:`liftveil.data.load_rgb` as far as there is room.

    Args:
        paths: Picture files.

    Returns:
        The files that can serve, in their order, at least two; and the others, with the reason.

    Raises:
        DataError: If fewer than two can serve.
    """
    good, skipped = examine(paths, _decodable)
    if len(good) < 2:
        folder = Path(os.path.commonpath([str(path.parent) for path in paths] or ["."]))
        example = "".join(f", such as {path.name}: {reason}" for path, reason in skipped[:1])
        raise DataError(folder, f"holds fewer than two readable pictures; {len(skipped)} cannot be used{example}")
    return good, skipped


def examine(paths: Sequence[Path], look: Callable[[Path], Seen]) -> tuple[list[Seen], Skipped]:
    """Look at every file, several at a time, and go on when one is refused.

    Args:
        paths: Files.
        look: What to do with each; called from several threads.

    Returns:
        What was seen, in the order of the files; and the files that were refused, with the reason.
    """
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        outcomes = list(pool.map(partial(_outcome, look), paths))
    seen = [outcome for outcome in outcomes if not isinstance(outcome, LiftveilError)]
    pairs = zip(paths, outcomes, strict=True)
    return seen, [(path, _reason(path, outcome)) for path, outcome in pairs if isinstance(outcome, LiftveilError)]


def require_least_size(path: Path, rgb: NDArray[np.uint8]) -> None:
    """Refuse a picture that is too small for every model.

    Args:
        path: Its file.
        rgb: Its pixels (height, width, 3).

    Raises:
        PictureSizeError: If a side is shorter than 16 pixels.
    """
    height, width = rgb.shape[:2]
    if min(height, width) < LEAST_PX:
        raise PictureSizeError(path, width=width, height=height, least=LEAST_PX)


def _decodable(path: Path) -> Path:
    require_least_size(path, load_rgb(path))
    return path


def _outcome(look: Callable[[Path], Seen], path: Path) -> Seen | LiftveilError:
    try:
        return look(path)
    except LiftveilError as refusal:
        return refusal


def _reason(path: Path, refusal: LiftveilError) -> str:
    return str(refusal).removeprefix(f"{path}: ")
