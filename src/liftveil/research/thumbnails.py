"""Pictures for a report, small and inside the page."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liftveil.imaging import amplified_difference, read_picture
from liftveil.plotting import Images

GAIN = 20
_QUALITY = 90


class Thumbnail(NamedTuple):
    """A picture on a page.

    Attributes:
        caption: What it is.
        source: Its content as a data URI.
        width: In pixels.
        height: In pixels.
    """

    caption: str
    source: str
    width: int
    height: int


def thumbnails(paths: dict[str, Path], *, width_px: int) -> list[Thumbnail]:
    """A row of a picture grid.

    Args:
        paths: Files of cover, secret, stego and recovered, by role.
        width_px: Width of each picture, unless it is smaller.

    Returns:
        Cover, stego, difference of both times 20, secret, recovered, difference of both times 20.

    Raises:
        UnreadablePicture: If a file cannot be read.
    """
    pixels = {role: read_picture(path).rgb_u8 for role, path in paths.items()}
    panels = {
        "cover": pixels["cover"],
        "stego": pixels["stego"],
        f"difference x {GAIN}": amplified_difference(pixels["cover"], pixels["stego"], gain=GAIN),
        "secret": pixels["secret"],
        "recovered": pixels["recovered"],
        f"its difference x {GAIN}": amplified_difference(pixels["secret"], pixels["recovered"], gain=GAIN),
    }
    return [_thumbnail(caption, picture, width_px) for caption, picture in panels.items()]


def inline_svg(images: Images) -> str:
    """A figure as a data URI.

    Args:
        images: The figure.

    Returns:
        For the ``src`` of a picture.
    """
    return _uri(images.svg, "image/svg+xml")


def _thumbnail(caption: str, picture: NDArray[np.uint8], width_px: int) -> Thumbnail:
    image = Image.fromarray(picture)
    image.thumbnail((width_px, width_px), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY, subsampling="4:4:4")
    return Thumbnail(caption, _uri(buffer.getvalue(), "image/jpeg"), *image.size)


def _uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{b64encode(content).decode('ascii')}"
