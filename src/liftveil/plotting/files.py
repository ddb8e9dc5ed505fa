"""Figures on the disk: each as SVG and as PNG."""

from __future__ import annotations

from pathlib import Path

from liftveil.errors import UnsupportedOutput
from liftveil.imaging import atomic_write_bytes, check_target
from liftveil.plotting.style import Images


def image_paths(target: Path, *, force: bool) -> list[Path]:
    """The files of a figure; refused early if they could not be written.

    Args:
        target: As in :func:`save_images`.
        force: Whether files that exist may be replaced.

    Returns:
        Paths of SVG and PNG.

    Raises:
        PictureError: If a file exists or could not be written.
    """
    suffixes = [f".{name}" for name in Images._fields]
    if target.suffix and target.suffix.lower() not in suffixes:
        raise UnsupportedOutput(target, "figures are written as .svg and .png", "give a name without a suffix")
    paths = [target.with_suffix(suffix) for suffix in suffixes]
    for path in paths:
        check_target(path, force=force)
    return paths


def save_images(images: Images, target: Path, *, force: bool) -> list[Path]:
    """Write a figure as SVG and as PNG.

    Args:
        images: The figure.
        target: Name of the files; what it ends in, ``.svg``, ``.png`` or neither, does not matter.
        force: Whether files that exist are replaced.

    Returns:
        Both files.

    Raises:
        PictureError: If a file exists or cannot be written.
    """
    paths = image_paths(target, force=force)
    for path, content in zip(paths, images, strict=True):
        atomic_write_bytes(path, content, force=force)
    return paths
