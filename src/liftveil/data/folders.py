"""Folders of pictures, decoded once and kept while there is room."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liftveil.data.cache import PictureCache
from liftveil.errors import DataError
from liftveil.imaging import picture_files, read_picture

_KEPT_BYTES = 1 << 30


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
    found = picture_files(folder)
    if len(found) < 2:
        raise DataError(folder, "holds fewer than two pictures; a cover needs another picture as its secret")
    return found


def load_rgb(path: Path) -> NDArray[np.uint8]:
    """Decode a picture and keep it; as long as it is kept, later calls return the same array.

    Each process keeps up to 1 GiB of pixels and drops the least recently used pictures beyond that.

    Args:
        path: A picture file.

    Returns:
        RGB (height, width, 3), read-only.

    Raises:
        UnreadablePicture: If the file is missing, damaged, too large or no picture.
    """
    return _kept(path)


def _decoded(path: Path) -> NDArray[np.uint8]:
    rgb = read_picture(path).rgb_u8
    rgb.flags.writeable = False
    return rgb


_kept = PictureCache(_decoded, _KEPT_BYTES)
