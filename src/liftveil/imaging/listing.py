"""Finding picture files by their names."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from PIL import Image

from liftveil.errors import DataError

_KINDS = frozenset({"AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TGA", "TIFF", "WEBP"})


def picture_files(folder: Path) -> list[Path]:
    """Picture files below a folder, sorted by path, so that indices mean the same everywhere.

    Args:
        folder: Any tree.

    Returns:
        Files whose suffix is one of a picture format; none has been opened.

    Raises:
        DataError: If a folder cannot be searched.
    """
    suffixes = _suffixes()
    paths = (Path(where, name) for where, _, names in os.walk(folder, onerror=_refuse) for name in names)
    return sorted(path for path in paths if path.suffix.lower() in suffixes and path.is_file())


def _refuse(error: OSError) -> None:
    raise DataError(error.filename, f"cannot be searched ({error.strerror}); make it readable") from error


@cache
def _suffixes() -> frozenset[str]:
    """Asked for late, because Pillow imports all its formats to answer."""
    return frozenset(suffix for suffix, kind in Image.registered_extensions().items() if kind in _KINDS)
