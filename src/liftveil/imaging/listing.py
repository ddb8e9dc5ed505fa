"""Finding picture files by their names."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import Image

_KINDS = frozenset({"AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TGA", "TIFF", "WEBP"})


def picture_files(folder: Path) -> list[Path]:
    """Picture files below a folder, sorted by path, so that indices mean the same everywhere.

    Args:
        folder: Any tree.

    Returns:
        Files whose suffix is one of a picture format; none has been opened.
    """
    suffixes = _suffixes()
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes and path.is_file())


@cache
def _suffixes() -> frozenset[str]:
    """Asked for late, because Pillow imports all its formats to answer."""
    return frozenset(suffix for suffix, kind in Image.registered_extensions().items() if kind in _KINDS)
