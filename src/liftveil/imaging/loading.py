"""Loading a picture into 8-bit channels, before anybody decides what its colours and its metadata mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liftveil.errors import UnreadablePicture
from liftveil.imaging.colorspace import split_alpha
from liftveil.imaging.depth import to_8_bits
from liftveil.imaging.headers import HEAD_BYTES, lossy_format
from liftveil.imaging.metadata import orientation_of
from liftveil.imaging.opening import decoding, require_decodable, require_regular_file

_JPEG_XL = (b"\xff\x0a", b"\0\0\0\x0cJXL ")


@dataclass(frozen=True, eq=False)
class Loaded:
    """A picture with 8 bits per channel, in its own colours and as it lies in the file.

    Attributes:
        name: The file or the role.
        image: What Pillow opened; here for its metadata.
        colours: The pixels without alpha, in the mode of the file.
        alpha_u8: Opacity of shape ``(height, width)``, if any.
        remarks: What had to be changed or left out so far; ``None`` entries mean nothing.
        lossy_format: See :class:`liftveil.imaging.Picture`.
        turned: The EXIF orientation that Pillow has applied already, which it does to TIFFs; else 1.
    """

    name: str
    image: Image.Image
    colours: Image.Image
    alpha_u8: NDArray[np.uint8] | None
    remarks: tuple[str | None, ...]
    lossy_format: str | None
    turned: int


@contextmanager
def loaded_file(name: str) -> Iterator[Loaded]:
    """Load the first frame of a file, which stays open within the ``with`` block for its metadata.

    Args:
        name: Path of the file.

    Yields:
        The picture.

    Raises:
        UnreadablePicture: If it cannot be decoded.
    """
    with decoding(name):
        require_regular_file(name)
        with Path(name).open("rb") as file:
            yield _opened(file, name)


@contextmanager
def loaded_content(content: bytes, name: str) -> Iterator[Loaded]:
    """Load the first frame of what is, or will be, the content of a file.

    Args:
        content: All of it.
        name: What to call the picture.

    Yields:
        The picture.

    Raises:
        UnreadablePicture: If it cannot be decoded.
    """
    with decoding(name):
        yield _opened(BytesIO(content), name)


@contextmanager
def loaded_image(image: Image.Image, role: str) -> Iterator[Loaded]:
    """Load the current frame of a caller's image without changing it.

    Args:
        image: Any PIL image. Of a TIFF with an orientation, nothing tells any more, once it is loaded, how its pixels
            are stored.
        role: What to call it.

    Yields:
        The picture.

    Raises:
        UnreadablePicture: If it cannot be decoded.
    """
    with decoding(role):
        require_decodable(image, role)
        yield _loaded(_afresh(image), role, None)


def _opened(file: IO[bytes], name: str) -> Loaded:
    head = file.read(HEAD_BYTES)
    if head.startswith(_JPEG_XL):  # which Pillow knows only once the exact carrier has been used
        raise UnreadablePicture(name, "is JPEG XL, which is not read here", "save it as PNG")
    image = Image.open(file)
    require_decodable(image, name)
    return _loaded(image, name, _remark_on_frames(image), file=file, head=head)


def _afresh(image: Image.Image) -> Image.Image:
    """The same picture, opened once more where loading it would turn the caller's, as Pillow does with TIFFs."""
    file = getattr(image, "fp", None)
    if image.format != "TIFF" or file is None or orientation_of(image) == 1:
        return image
    again = Image.open(file)
    again.seek(image.tell())
    return again


def _loaded(
    image: Image.Image, name: str, remark: str | None, *, file: IO[bytes] | None = None, head: bytes = b""
) -> Loaded:
    lossy = lossy_format(image, head)
    # Once a TIFF is loaded, nothing tells any more that Pillow has turned it.
    turned = orientation_of(image) if image.format == "TIFF" else 1
    shallow, remark_on_depth = to_8_bits(image, name, file=file, head=head)
    colours, alpha_u8 = split_alpha(shallow)
    return Loaded(name, image, colours, alpha_u8, (remark, remark_on_depth), lossy, turned)


def _remark_on_frames(image: Image.Image) -> str | None:
    """Count the frames before the first is loaded, because counting may move on to the last."""
    if image.format == "PSD":  # its frames are layers, and what was opened is the whole
        return None
    count = getattr(image, "n_frames", 1)
    return f"only the first of {count} frames used" if count > 1 else None
