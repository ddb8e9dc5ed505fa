"""Writing pictures: in formats that give back every pixel, or expressly as JPEG, and never half a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liftveil.errors import OutputNotWritten, PictureError, ShapeError, UnsupportedOutput
from liftveil.imaging.atomic import atomic_write_bytes, check_target

_TIFF: tuple[str, dict[str, Any]] = ("TIFF", {"compression": "tiff_adobe_deflate"})
_LOSSLESS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {}),
    # exact keeps the colours of fully transparent pixels.
    ".webp": ("WEBP", {"lossless": True, "exact": True}),
    ".tif": _TIFF,
    ".tiff": _TIFF,
}
_JPEG_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif")
_REFUSED = {
    **dict.fromkeys(_JPEG_SUFFIXES, "JPEG changes pixels"),
    **dict.fromkeys((".jp2", ".j2k", ".jpx", ".j2c"), "JPEG 2000 is mostly lossy and changes pixels"),
    **dict.fromkeys((".avif", ".avifs"), "AVIF changes pixels"),
    **dict.fromkeys((".heic", ".heif"), "HEIF changes pixels"),
    ".jxl": "JPEG XL is mostly lossy and changes pixels",
    ".gif": "GIF keeps only 256 colours",
}
WEBP_MAX_SIDE = 16383
_BEST_QUALITY = 100


def check_output(path: str | os.PathLike[str], *, force: bool = False, jpeg_quality: int | None = None) -> None:
    """Refuse an output that could not be written, before the work that would be lost.

    Args:
        path: The picture to be written.
        force: Whether an existing file may be replaced.
        jpeg_quality: As for :func:`write_picture`.

    Raises:
        UnsupportedOutput: If the suffix stands for a lossy format or for none that can be written, or there is no such
            quality.
        OutputExists: If the file exists and ``force`` is false.
        OutputNotWritten: If its folder is missing or read-only, or the path is a folder or a device.
    """
    suffix = Path(path).suffix.lower()
    if jpeg_quality is not None and is_jpeg(path):
        if not 1 <= jpeg_quality <= _BEST_QUALITY:
            raise UnsupportedOutput(os.fspath(path), f"there is no JPEG quality {jpeg_quality}", "use 1 to 100")
    elif suffix in _REFUSED:
        problem = f"{_REFUSED[suffix]}, which destroys any hidden picture"
        raise UnsupportedOutput(os.fspath(path), problem, "save as .png")
    elif suffix not in _LOSSLESS:
        problem = f"the suffix {suffix!r} names no lossless format" if suffix else "the name has no suffix"
        raise UnsupportedOutput(os.fspath(path), problem, f"use one of {', '.join(_LOSSLESS)}")
    check_target(path, force=force)


def write_picture(
    path: str | os.PathLike[str],
    pixels_u8: NDArray[np.uint8],
    alpha_u8: NDArray[np.uint8] | None = None,
    *,
    force: bool = False,
    jpeg_quality: int | None = None,
    before_it_appears: Callable[[bytes], object] | None = None,
) -> None:
    """Write pixels to a file, whole or not at all, with nothing in it but the pixels.

    Args:
        path: A name ending in ``.png``, ``.webp``, ``.tif`` or ``.tiff``; given a JPEG quality, also in ``.jpg``.
        pixels_u8: RGB of shape ``(height, width, 3)``, or grey levels of shape ``(height, width)``, which WebP,
            having no grey, holds as three equal channels.
        alpha_u8: Opacity of shape ``(height, width)``.
        force: Whether an existing file may be replaced.
        jpeg_quality: From 1 to 100, for what survives JPEG: such files have no subsampled chroma, and no opacity.
        before_it_appears: Called with the file's content; what it raises is raised here, and nothing is written.

    Raises:
        ShapeError: If an array has another shape.
        PictureError: If an array does not hold 8-bit values.
        UnsupportedOutput: If the suffix is not one of these, or the picture too large for the format.
        OutputExists: If the file exists and ``force`` is false.
        OutputNotWritten: If the disk, a folder or a permission is in the way.
    """
    check_output(path, force=force, jpeg_quality=jpeg_quality)
    name = os.fspath(path)
    if is_jpeg(path):
        options = {"quality": jpeg_quality, "subsampling": "4:4:4"}
        content = _saved(name, _stacked(name, pixels_u8, None), "JPEG", options)
    else:
        content = _encoded(name, _stacked(name, pixels_u8, alpha_u8))
    if before_it_appears is not None:
        before_it_appears(content)
    atomic_write_bytes(path, content, force=force)


def is_jpeg(path: str | os.PathLike[str]) -> bool:
    """Whether a name's suffix stands for JPEG."""
    return Path(path).suffix.lower() in _JPEG_SUFFIXES


def _stacked(path: str, pixels: NDArray[np.uint8], alpha_u8: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    if pixels.ndim not in {2, 3} or pixels.shape[2:] not in {(), (3,)} or pixels.size == 0:
        raise ShapeError(pixels.shape, "(height, width) or (height, width, 3)")
    if alpha_u8 is not None:
        if alpha_u8.shape != pixels.shape[:2]:
            raise ShapeError(alpha_u8.shape, f"{pixels.shape[:2]} for the alpha channel")
        pixels = np.dstack([pixels, alpha_u8])
    if pixels.dtype != np.uint8:
        raise PictureError(path, f"the pixels are {pixels.dtype}", "give uint8 values 0..255")
    return np.ascontiguousarray(pixels)


def _encoded(path: str, pixels: NDArray[np.uint8]) -> bytes:
    format_name, options = _LOSSLESS[Path(path).suffix.lower()]
    height, width = pixels.shape[:2]
    if format_name == "WEBP" and max(width, height) > WEBP_MAX_SIDE:
        problem = f"WebP holds at most {WEBP_MAX_SIDE} pixels a side, this picture is {width}x{height}"
        raise UnsupportedOutput(path, problem, "save as .png")
    return _saved(path, pixels, format_name, options)


def _saved(path: str, pixels: NDArray[np.uint8], format_name: str, options: dict[str, Any]) -> bytes:
    buffer = BytesIO()
    try:
        Image.fromarray(pixels).save(buffer, format_name, **options)
    except (OSError, ValueError, MemoryError) as trouble:
        problem = f"encoding as {format_name} failed ({trouble})"
        raise OutputNotWritten(path, problem, "save as .png or use a smaller picture") from trouble
    return buffer.getvalue()
