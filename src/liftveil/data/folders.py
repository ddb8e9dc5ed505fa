"""Folders of pictures, decoded once and kept."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import DataError
from liftveil.imaging import read_picture

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".ppm"})


def find_pictures(folder: Path) -> list[Path]:
    """Picture files below a folder, sorted by path, so that indices mean the same everywhere.

    Args:
        folder: Any tree.

    Returns:
        At least two paths.

    Raises:
        DataError: If the folder is missing or holds fewer than two pictures.
    """
    if not folder.is_dir():
        raise DataError(folder, "is no folder; give a folder of pictures")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
    if len(found) < 2:
        raise DataError(folder, "holds fewer than two pictures; a cover needs another picture as its secret")
    return found


@lru_cache(maxsize=1024)
def load_rgb(path: Path) -> NDArray[np.uint8]:
    """Decode a picture once; later calls return the same array, which must not be changed.

    Args:
        path: A picture file.

    Returns:
        RGB (height, width, 3), read-only.
    """
    rgb = read_picture(path).rgb_u8
    rgb.flags.writeable = False
    return rgb
