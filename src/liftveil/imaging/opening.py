"""What can go wrong between a path and its pixels, told in one line each."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from liftveil.errors import LiftveilError, UnreadablePicture
from liftveil.imaging.headers import has_separate_planes

PIXEL_LIMIT = 178_956_970
"""Most pixels that a picture may have; where Pillow, as it comes, refuses by itself."""

_TOO_LARGE = (f"has more than {PIXEL_LIMIT // 10**6} million pixels", "scale it down first")
_CAUSES: tuple[tuple[type[Exception], tuple[str, str]], ...] = (
    (FileNotFoundError, ("no such file", "check the path")),
    (NotADirectoryError, ("no such file", "check the path")),
    (IsADirectoryError, ("is a folder", "give the path of one picture")),
    (PermissionError, ("permission denied", "make the file readable")),
    (UnidentifiedImageError, ("is no picture, or its beginning is damaged", "use a PNG, JPEG, TIFF or WebP")),
    (Image.DecompressionBombError, _TOO_LARGE),
    (MemoryError, ("does not fit into memory", "scale it down first")),
)


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """Turn every trouble while ``name`` is decoded into one line.

    Args:
        name: What the user calls the picture.

    Raises:
        UnreadablePicture: Whatever the trouble was.
    """
    try:
        yield
    except LiftveilError:
        raise
    except Exception as trouble:
        # Decoders of damaged files fail with nearly every type there is, struct.error and KeyError included.
        raise UnreadablePicture(name, *_problem_and_advice(trouble)) from trouble


def require_regular_file(name: str) -> None:
    """Refuse what would hang or never end, such as a pipe or ``/dev/zero``, and an empty file.

    Args:
        name: Path of the file.

    Raises:
        UnreadablePicture: If it is no regular file, or empty.
        OSError: If it cannot be looked at.
    """
    status = Path(name).stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError
    if not stat.S_ISREG(status.st_mode):
        raise UnreadablePicture(name, "is not a regular file", "give the path of one picture")
    if status.st_size == 0:
        raise UnreadablePicture(name, "the file is empty", "get a complete copy of it")


def require_decodable(image: Image.Image, name: str) -> None:
    """Refuse, before any pixel is decoded, what would be dangerous or come out wrong.

    Args:
        image: The picture as opened, not yet loaded.
        name: What the user calls it.

    Raises:
        UnreadablePicture: If the picture is too large or of a kind that cannot be decoded faithfully.
    """
    if image.width * image.height > PIXEL_LIMIT:
        raise UnreadablePicture(name, *_TOO_LARGE)
    if image.format == "EPS":
        # Pillow would hand the file to Ghostscript, which runs it.
        raise UnreadablePicture(name, "PostScript is a program, not pixels", "export it as PNG")
    if has_separate_planes(image) and image.info.get("compression") == "raw" and _bits(image) > 8:
        # Pillow 13 reads the bytes of such planes as if each were a pixel.
        raise UnreadablePicture(name, "uncompressed 16-bit TIFF in separate planes", "save it as PNG")


def _bits(image: Image.Image) -> int:
    bits: tuple[int, ...] = getattr(image, "tag_v2", {}).get(258, (8,))
    return max(bits)


def _problem_and_advice(trouble: Exception) -> tuple[str, str]:
    for kind, text in _CAUSES:
        if isinstance(trouble, kind):
            return text
    if isinstance(trouble, OSError) and trouble.strerror:
        return f"cannot be read ({trouble.strerror})", "check the file and its disk"
    detail = (str(trouble).splitlines() or [type(trouble).__name__])[0]
    return f"damaged or truncated ({detail})", "get a complete copy of it"
