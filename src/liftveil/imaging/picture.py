"""A picture as liftveil knows it: 8-bit RGB, perhaps an alpha channel, and what happened on the way in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liftveil.imaging.color import luma
from liftveil.imaging.quantize import to_u8


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture in sRGB.

    Attributes:
        rgb_u8: Pixels of shape ``(height, width, 3)``.
        alpha_u8: Opacity of shape ``(height, width)``, or ``None`` if there is no alpha channel.
        name: The file as the caller gave it, or a role such as ``"cover"``.
        notices: One line each on what was changed or left behind.
        lossy_format: The lossy format the pixels came in, such as ``"JPEG"``; ``None`` when the format
            is lossless or when that cannot be told.
    """

    rgb_u8: NDArray[np.uint8]
    alpha_u8: NDArray[np.uint8] | None = None
    name: str = "picture"
    notices: tuple[str, ...] = ()
    lossy_format: str | None = None

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.rgb_u8.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.rgb_u8.shape[0])


def flatten_on_white(picture: Picture) -> Picture:
    """Lay a picture over white paper, so that it has no alpha channel any more.

    Args:
        picture: Any picture.

    Returns:
        The opaque picture; a notice says so if a pixel was not opaque before.
    """
    if picture.alpha_u8 is None:
        return picture
    if (picture.alpha_u8 == 255).all():
        return replace(picture, alpha_u8=None)
    alpha = picture.alpha_u8[..., np.newaxis].astype(np.uint16)
    # At most 255 * 255, so 16 bits are enough. 255 is odd, so no quotient lies halfway between two levels.
    weighted = picture.rgb_u8 * alpha + np.uint16(255) * (255 - alpha)
    rgb_u8 = ((weighted + 127) // 255).astype(np.uint8)
    return _changed(picture, rgb_u8, None, "transparent parts laid on white")


def turn_grey(picture: Picture) -> Picture:
    """Replace colours by their BT.601 luma, rounded, so that all three channels are alike.

    Args:
        picture: Any picture.

    Returns:
        The picture itself if it is grey already; else a grey one, with a notice.
    """
    if (picture.rgb_u8 == picture.rgb_u8[..., :1]).all():
        return picture
    grey_u8 = to_u8(luma(picture.rgb_u8))
    rgb_u8 = np.repeat(grey_u8[..., np.newaxis], 3, axis=2)
    return _changed(picture, rgb_u8, picture.alpha_u8, "turned grey, its colours are not carried over")


def fit_to(picture: Picture, width: int, height: int) -> Picture:
    """Bring a picture to a size without cropping or stretching it.

    Args:
        picture: Any picture.
        width: Wanted width in pixels.
        height: Wanted height in pixels.

    Returns:
        The picture itself if it has that size; else resized by Lanczos, and if its aspect is another,
        centred between black bars. A notice says which.
    """
    before = f"{picture.width}x{picture.height}"
    if (picture.width, picture.height) == (width, height):
        return picture
    if _same_aspect(picture, width, height):
        pixels = _resized(picture, width, height)
        return _changed(picture, *pixels, f"resized from {before} to {width}x{height}")
    inner_width, inner_height = _inner_size(picture, width, height)
    pixels = _between_bars(_resized(picture, inner_width, inner_height), width, height)
    notice = (
        f"fitted whole from {before} into {width}x{height}: "
        f"resized to {inner_width}x{inner_height}, with black bars around it"
    )
    return _changed(picture, *pixels, notice)


def _changed(picture: Picture, rgb_u8: NDArray[np.uint8], alpha_u8: NDArray[np.uint8] | None, notice: str) -> Picture:
    notices = (*picture.notices, f"{picture.name}: {notice}")
    return replace(picture, rgb_u8=rgb_u8, alpha_u8=alpha_u8, notices=notices)


def _inner_size(picture: Picture, width: int, height: int) -> tuple[int, int]:
    scale = min(Fraction(width, picture.width), Fraction(height, picture.height))
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _same_aspect(picture: Picture, width: int, height: int) -> bool:
    """Tell whether only the rounding of a side to whole pixels sets the two aspects apart."""
    inner_width, inner_height = _inner_size(picture, width, height)
    off_by = abs(picture.width * height - width * picture.height)
    smaller_was_rounded = 2 * off_by <= max(picture.width, picture.height, width, height)
    return smaller_was_rounded or (width - inner_width <= 1 and height - inner_height <= 1)


def _resized(picture: Picture, width: int, height: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    size, lanczos = (width, height), Image.Resampling.LANCZOS
    if picture.alpha_u8 is None:
        return np.array(Image.fromarray(picture.rgb_u8).resize(size, lanczos)), None
    # Pillow weights colours by their opacity here, so hidden colours don't bleed over the edges.
    rgba_u8 = np.dstack([picture.rgb_u8, picture.alpha_u8])
    resized = np.array(Image.fromarray(rgba_u8).resize(size, lanczos))
    return resized[..., :3].copy(), resized[..., 3].copy()


def _between_bars(
    pixels: tuple[NDArray[np.uint8], NDArray[np.uint8] | None], width: int, height: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    rgb_u8, alpha_u8 = pixels
    inner_height, inner_width = rgb_u8.shape[:2]
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    margins = ((top, height - inner_height - top), (left, width - inner_width - left))
    framed = np.pad(rgb_u8, (*margins, (0, 0)))
    return framed, None if alpha_u8 is None else np.pad(alpha_u8, margins, constant_values=255)
