"""Pictures as messages: as good as a cover's wanted quality has room for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import CapacityError, PayloadError
from liftveil.exact.body import Message
from liftveil.exact.container import body_slots, overhead_bytes
from liftveil.exact.jxl import compress, compress_lossless, decompress
from liftveil.exact.rates import capacity_at, most_bytes

_MEDIA_TYPE = "image/jxl"


def picture_message(pixels_u8: NDArray[np.uint8], *, most_content: int | None = None, name: str = "") -> Message:
    """Make a message of a picture.

    Args:
        pixels_u8: Picture (height, width, 3) or (height, width), of any size.
        most_content: What its JPEG XL codestream may take; None keeps every sample, whatever that takes.
        name: A suggestion; see :func:`liftveil.exact.body.suggested_name`.

    Returns:
        Lossless if that fits, else as good as fits; from at most six lossy encodes.

    Raises:
        CapacityError: If even the lowest quality does not fit.
        ShapeError: If it is no such picture.
    """
    if most_content is None:
        data = compress_lossless(pixels_u8).data
    else:
        data = compress(pixels_u8, most_bytes=most_content).data
    return Message(data, "picture", name, _MEDIA_TYPE, pixels_u8.shape)


def fitted_message(
    cover_u8: NDArray[np.uint8], secret_u8: NDArray[np.uint8], least_db: float | None, *, name: str = ""
) -> Message:
    """Make a message of a picture, as good as a cover has room for.

    Args:
        cover_u8: Picture (height, width, 3).
        secret_u8: Picture (height, width, 3) or (height, width), of any size.
        least_db: PSNR in dB that the stego shall keep; None keeps every sample of the secret, whatever that takes.
        name: A suggestion; see :func:`liftveil.exact.body.suggested_name`.

    Returns:
        Lossless if that fits, else as good as fits.

    Raises:
        CapacityError: If even the lowest quality does not fit.
        ShapeError: If it is no such picture.
    """
    description = Message(b"", "picture", name, _MEDIA_TYPE, secret_u8.shape)
    room = None if least_db is None else content_at(cover_u8, least_db, description)
    return picture_message(secret_u8, most_content=room, name=name)


def picture_of(message: Message) -> NDArray[np.uint8]:
    """Decode a hidden picture; the inverse of :func:`picture_message`.

    Args:
        message: Of the kind ``"picture"``.

    Returns:
        Picture of the shape that the message states.

    Raises:
        PayloadError: If it is a file, damaged, or of another shape than stated.
    """
    if message.kind != "picture":
        raise PayloadError("payload", "is a file, not a picture")
    return decompress(message.content, shape=message.shape)


def content_at(cover_u8: NDArray[np.uint8], least_db: float, message: Message) -> int:
    """How many bytes of content a cover may be expected to hold at a quality.

    Args:
        cover_u8: Picture (height, width, 3).
        least_db: PSNR in dB that the stego shall keep.
        message: Whose description is hidden beside the content.

    Returns:
        Bytes, at least 0.
    """
    return max(0, capacity_at(cover_u8, body_slots(cover_u8), least_db) - overhead_bytes(message))


def require_room(cover_u8: NDArray[np.uint8], message: Message, least_db: float | None = None) -> None:
    """Refuse a message that is too large.

    Args:
        cover_u8: Picture (height, width, 3).
        message: What shall be hidden.
        least_db: PSNR in dB that the stego shall keep; None asks for what fits at all.

    Raises:
        CapacityError: If it does not fit; with the length of its content, and what that may take.
    """
    if least_db is None:
        room = most_bytes(body_slots(cover_u8)) - overhead_bytes(message)
    else:
        room = content_at(cover_u8, least_db, message)
    if len(message.content) > room:
        raise CapacityError(len(message.content), max(0, room))
