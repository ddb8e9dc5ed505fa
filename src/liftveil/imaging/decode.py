"""Reading pictures: anything Pillow opens, to be looked at, or as the stego that it may be."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liftveil.errors import PictureError, ShapeError
from liftveil.imaging.colorspace import to_srgb
from liftveil.imaging.loading import Loaded, loaded_content, loaded_file, loaded_image
from liftveil.imaging.metadata import left_behind, orientation_of, turn_back, turn_upright
from liftveil.imaging.picture import Picture

PictureLike = str | os.PathLike[str] | bytes | Image.Image | NDArray[np.uint8]


def read_picture(path: str | os.PathLike[str]) -> Picture:
    """Read a picture file as people see it.

    The EXIF orientation is applied, colours are converted to sRGB, deeper samples are rounded to 8 bits,
    and of several frames the first is taken. Opacity is kept apart, and the colours below it stay as
    stored. What was changed or left behind stands in the picture's notices.

    Args:
        path: Any file that Pillow opens.

    Returns:
        The picture, named as ``path`` was given.

    Raises:
        UnreadablePicture: If the file is missing, damaged, too large or no picture.
    """
    with loaded_file(os.fsdecode(path)) as loaded:
        return _as_seen(loaded)


def picture_from(value: PictureLike, *, role: str) -> Picture:
    """Take a picture, as people see it, in whatever form the caller has it.

    Args:
        value: A path; the content of a file; a PIL image, of which the current frame is taken and nothing changed; or
            an array of uint8 of shape ``(height, width)``, ``(height, width, 3)`` or ``(height, width, 4)``.
        role: What the picture is called when it has no path, such as ``"cover"``.

    Returns:
        The picture; its pixels are a copy.

    Raises:
        UnreadablePicture: If a file or a PIL image cannot be decoded.
        ShapeError: If an array has another shape.
        PictureError: If an array does not hold uint8, or ``value`` is something else.
    """
    return _taken(value, role, _as_seen)


def read_stego(path: str | os.PathLike[str]) -> Picture:
    """Read a picture file for what may be hidden in it: the pixels as they are stored.

    A colour profile or an orientation that some other program has added does not move a single level, or
    the hidden picture would be lost.

    Args:
        path: Any file that Pillow opens.

    Returns:
        The picture; its :attr:`~liftveil.imaging.Picture.lossy_format` tells whether pixels may have changed.

    Raises:
        UnreadablePicture: If the file is missing, damaged, too large or no picture.
    """
    with loaded_file(os.fsdecode(path)) as loaded:
        return _as_stored(loaded)


def stego_from(value: PictureLike, *, role: str) -> Picture:
    """Take a stego in whatever form the caller has it; see :func:`read_stego`.

    Args:
        value: As for :func:`picture_from`.
        role: What the picture is called when it has no path.

    Returns:
        The picture; its pixels are a copy.

    Raises:
        UnreadablePicture: If a file or a PIL image cannot be decoded.
        ShapeError: If an array has another shape.
        PictureError: If an array does not hold uint8, or ``value`` is something else.
    """
    return _taken(value, role, _as_stored)


def _taken(value: PictureLike, role: str, finish: Callable[[Loaded], Picture]) -> Picture:
    match value:
        case str() | os.PathLike():
            with loaded_file(os.fsdecode(value)) as loaded:
                return finish(loaded)
        case bytes():
            with loaded_content(value, role) as loaded:
                return finish(loaded)
        case Image.Image():
            with loaded_image(value, role) as loaded:
                return finish(loaded)
        case np.ndarray():
            return _picture_of_array(value, role)
    problem = f"a {type(value).__name__} is no picture"
    raise PictureError(role, problem, "give a path, bytes, a PIL image or an array of uint8")


def _as_seen(loaded: Loaded) -> Picture:
    rgb, remark_on_colour = to_srgb(loaded.colours, _profile_of(loaded.image))
    orientation = orientation_of(loaded.image)
    turned = max(orientation, loaded.turned) > 1
    remark_on_turning = "turned upright as its EXIF orientation asks" if turned else None
    remarks = (remark_on_colour, remark_on_turning, left_behind(loaded.image))
    return _finished(loaded, np.array(rgb), remarks, lambda pixels: turn_upright(pixels, orientation))


def _as_stored(loaded: Loaded) -> Picture:
    rgb, remark_on_colour = to_srgb(loaded.colours, None)
    return _finished(loaded, np.array(rgb), (remark_on_colour,), lambda pixels: turn_back(pixels, loaded.turned))


def _finished(
    loaded: Loaded,
    rgb_u8: NDArray[np.uint8],
    remarks: tuple[str | None, ...],
    turn: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
) -> Picture:
    return Picture(
        rgb_u8=turn(rgb_u8),
        alpha_u8=None if loaded.alpha_u8 is None else turn(loaded.alpha_u8),
        name=loaded.name,
        notices=tuple(f"{loaded.name}: {remark}" for remark in (*loaded.remarks, *remarks) if remark),
        lossy_format=loaded.lossy_format,
    )


def _profile_of(image: Image.Image) -> bytes | None:
    """Take the ICC profile; Pillow marks one that it could not unpack by ``None``."""
    return (image.info["icc_profile"] or b"") if "icc_profile" in image.info else None


def _picture_of_array(array: NDArray[Any], role: str) -> Picture:
    if array.ndim not in {2, 3} or array.shape[2:] not in {(), (3,), (4,)} or array.size == 0:
        raise ShapeError(array.shape, f"(height, width), (..., 3) or (..., 4) for the {role}")
    if array.dtype != np.uint8:
        problem = f"an array of {array.dtype} is on no known scale"
        raise PictureError(role, problem, "give uint8 values 0..255")
    if array.ndim == 2:
        return Picture(np.repeat(array[..., np.newaxis], 3, axis=2), name=role)
    alpha_u8 = array[..., 3].copy() if array.shape[2] == 4 else None
    return Picture(array[..., :3].copy(), alpha_u8, name=role)
