"""What is hidden: a message, its description, and both as bytes.

All numbers are little-endian:

====== ============== ====================================================================
offset bytes          meaning
====== ============== ====================================================================
     0 1              kind: 0 for a file, 1 for a picture as a bare JPEG XL codestream
     1 1              length of the name
     2 1              length of the media type
     3 1              channels of a picture, 3 or 1; 0 for a file
     4 4              width of a picture in pixels; 0 for a file
     8 4              height of a picture in pixels; 0 for a file
    12 8              length of the content
    20 as said above  name, UTF-8; media type, ASCII; content; then zeros to the end
====== ============== ====================================================================

A name is a suggestion: a base name of at most 255 bytes without separators and control characters, perhaps empty.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Literal

from liftveil.errors import PayloadError
from liftveil.imaging import PIXEL_LIMIT

Kind = Literal["file", "picture"]
_KINDS: tuple[Kind, ...] = ("file", "picture")
_FIELDS = struct.Struct("<BBBBIIQ")
_NAME_BYTES = 255

# Told by numbers, since what Unicode takes for a control character depends on its version: C0, C1, the separators of
# lines and paragraphs, and what turns the direction of writing.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_SEPARATORS = re.compile(r"[/\\]")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}")


@dataclass(frozen=True, repr=False)
class Message:
    """What is hidden.

    Attributes:
        content: A file's bytes, or a picture's JPEG XL codestream.
        kind: Which of the two.
        name: A suggestion for the file's name; see :func:`suggested_name`.
        media_type: Such as ``"application/pdf"``; empty if unknown.
        shape: Of a picture: (height, width, 3) or (height, width); empty for a file.
    """

    content: bytes
    kind: Kind = "file"
    name: str = ""
    media_type: str = ""
    shape: tuple[int, ...] = ()


def suggested_name(name: str) -> str:
    """Make a name that may travel: the base name, without control characters, cut to 255 bytes.

    Args:
        name: Any, also a path of another system.

    Returns:
        The part behind the last separator; empty if that says nothing or means a folder.
    """
    base = _CONTROL.sub("", _SEPARATORS.split(name)[-1])
    # Half a character at the end is left out, as is what stands for undecodable bytes.
    short = base.encode("utf-8", "ignore")[:_NAME_BYTES].decode("utf-8", "ignore")
    return "" if short.strip(" .") == "" else short


def packed_bytes(message: Message) -> int:
    """Length of a message with its description."""
    return _FIELDS.size + len(message.name.encode()) + len(message.media_type) + len(message.content)


def packed(message: Message, length: int) -> bytes:
    """Write a message and fill it up with zeros.

    Args:
        message: With a suggested name and a valid media type.
        length: At least :func:`packed_bytes`.

    Returns:
        So many bytes.

    Raises:
        PayloadError: If name, media type or shape could not be read again.
    """
    if not _serves(message):
        raise PayloadError("payload", "has a name, a media type or a size that cannot be hidden")
    name, media_type = message.name.encode(), message.media_type.encode("ascii")
    height, width, channels = (*message.shape, 1)[:3] if message.shape else (0, 0, 0)
    kind = _KINDS.index(message.kind)
    fields = _FIELDS.pack(kind, len(name), len(media_type), channels, width, height, len(message.content))
    return b"".join((fields, name, media_type, message.content)).ljust(length, b"\0")


def unpacked(body: bytes) -> Message:
    """Read a message; the inverse of :func:`packed`.

    Args:
        body: From wherever it came.

    Returns:
        The message.

    Raises:
        PayloadError: If no writer makes such a body.
    """
    if len(body) < _FIELDS.size:
        raise PayloadError("body", "too short")
    kind, name_bytes, type_bytes, channels, width, height, content_bytes = _FIELDS.unpack_from(body)
    ends = _FIELDS.size, _FIELDS.size + name_bytes, _FIELDS.size + name_bytes + type_bytes
    end = ends[-1] + content_bytes
    if kind >= len(_KINDS) or end > len(body) or body[end:].strip(b"\0"):
        raise PayloadError("body", "without sense")
    try:
        name, media_type = body[ends[0] : ends[1]].decode("utf-8"), body[ends[1] : ends[2]].decode("ascii")
    except UnicodeDecodeError as error:
        raise PayloadError("body", "its name is no text") from error
    shape = _shape(kind, channels, width, height)
    message = Message(body[ends[2] : end], _KINDS[kind], name, media_type, shape)
    if not _serves(message):
        raise PayloadError("body", "without sense")
    return message


def _shape(kind: int, channels: int, width: int, height: int) -> tuple[int, ...]:
    if kind == 0 and (channels, width, height) == (0, 0, 0):
        return ()
    if kind == 1 and channels in {1, 3}:
        return (height, width, 3) if channels == 3 else (height, width)
    raise PayloadError("body", "without sense")


def _serves(message: Message) -> bool:
    """Whether name, media type and size are such as may be hidden."""
    named = message.name == suggested_name(message.name)
    typed = not message.media_type or _MEDIA_TYPE.fullmatch(message.media_type) is not None
    return named and typed and (_is_picture(message.shape) if message.kind == "picture" else message.shape == ())


def _is_picture(shape: tuple[int, ...]) -> bool:
    return shape[2:] in {(), (3,)} and len(shape) >= 2 and 0 < shape[0] * shape[1] <= PIXEL_LIMIT
