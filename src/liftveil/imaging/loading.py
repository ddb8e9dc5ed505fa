"""Loading a picture into 8-bit channels, before anybody decides what its colours and its metadata mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liftveil.imaging.colorspace import split_alpha
from liftveil.imaging.depth import to_8_bits
from liftveil.imaging.headers import HEAD_BYTES, lossy_format
from liftveil.imaging.metadata import orientation_of
from liftveil.imaging.opening import decoding, require_decodable, require_regular_file


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
            head = file.read(HEAD_BYTES)
            image = Image.open(file)
            require_decodable(image, name)
            yield _loaded(image, name, _remark_on_frames(image), file=file, head=head)


@contextmanager
def loaded_image(image: Image.Image, role: str) -> Iterator[Loaded]:
    """Load the current frame of a caller's image without changing it.

    Args:
        image: Any PIL image.
        role: What to call it.

    Yields:
        The picture.

    Raises:
        UnreadablePicture: If it cannot be decoded.
    """
    with decoding(role):
        require_decodable(image, role)
        yield _loaded(image, role, None)


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
