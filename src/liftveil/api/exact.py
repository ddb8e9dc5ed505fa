"""The exact carrier: pictures and files that come back bit for bit, with a password or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import PayloadError, PictureError
from liftveil.exact import (
    CLOSED,
    LEAST_SAMPLES,
    Message,
    Stretch,
    argon2id,
    content_at,
    embed_message,
    extract_message,
    fitted_message,
    picture_of,
    require_room,
    suggested_name,
)
from liftveil.imaging import Picture, flatten_on_white

DEFAULT_LEAST_DB: Final = 46.3
"""PSNR of the stego unless something else is wanted: nothing is seen, and most of the secret's detail comes back."""

_KNOWN_TYPES = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"%PDF-": "application/pdf",
    b"PK\x03\x04": "application/zip",
}


@dataclass(frozen=True, eq=False)
class ExactEmbedding:
    """What embedding made.

    Attributes:
        stego: The picture to save, with the cover's alpha.
        cover: The cover's pixels as used, RGB (height, width, 3).
        message: What was hidden.
        secret: The secret's pixels before compression, RGB or grey; None for a file.
        notices: What was changed or dropped on the way.
    """

    stego: Picture
    cover: NDArray[np.uint8]
    message: Message
    secret: NDArray[np.uint8] | None
    notices: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ExactExtraction:
    """What extraction found, verified to the last sample.

    Attributes:
        message: As it was hidden.
        recovered: A hidden picture's pixels, RGB or grey; None for a file.
        notices: What the user should know about the stego.
    """

    message: Message
    recovered: NDArray[np.uint8] | None
    notices: tuple[str, ...]


def embed_exact_picture(
    cover: Picture,
    secret: Picture,
    *,
    password: str | None = None,
    lossless: bool = False,
    least_db: float = DEFAULT_LEAST_DB,
    stretch: Stretch = argon2id,
) -> ExactEmbedding:
    """Hide a picture of any size.

    Args:
        cover: The picture to be seen.
        secret: The picture to hide; transparent parts are laid on white.
        password: Not empty; None hides without one.
        lossless: Whether every sample of the secret has to come back, whatever that costs the cover.
        least_db: PSNR in dB that the stego keeps otherwise; the secret is as good as then fits.
        stretch: See :func:`liftveil.exact.embed_message`.

    Returns:
        Stego and what was hidden.

    Raises:
        CapacityError: If the secret does not fit.
        PictureError: If the cover is too small.
    """
    _require_cover(cover)
    opaque = flatten_on_white(secret)
    grey = bool((opaque.rgb_u8 == opaque.rgb_u8[..., :1]).all())
    pixels = np.ascontiguousarray(opaque.rgb_u8[..., 0]) if grey else opaque.rgb_u8
    wanted_db = None if lossless else least_db
    message = fitted_message(cover.rgb_u8, pixels, wanted_db, name=suggested_name(secret.name))
    stego = embed_message(cover.rgb_u8, message, password, stretch=stretch)
    notices = (*cover.notices, *opaque.notices)
    return ExactEmbedding(Picture(stego, cover.alpha_u8, "stego"), cover.rgb_u8, message, pixels, notices)


def embed_exact_file(
    cover: Picture,
    content: bytes,
    *,
    name: str = "",
    media_type: str = "",
    password: str | None = None,
    least_db: float | None = None,
    stretch: Stretch = argon2id,
) -> ExactEmbedding:
    """Hide a file of any kind.

    Args:
        cover: The picture to be seen.
        content: The file's bytes.
        name: From which a name is suggested to whoever extracts.
        media_type: Such as ``"application/pdf"``; empty recognises a few kinds by their first bytes.
        password: Not empty; None hides without one.
        least_db: PSNR in dB that the stego must keep; None takes as much as the file needs.
        stretch: See :func:`liftveil.exact.embed_message`.

    Returns:
        Stego and what was hidden.

    Raises:
        CapacityError: If the file does not fit.
        PayloadError: If the media type is none.
        PictureError: If the cover is too small.
    """
    _require_cover(cover)
    message = Message(content, "file", suggested_name(name), media_type or _recognised(content))
    require_room(cover.rgb_u8, message, least_db)
    stego = embed_message(cover.rgb_u8, message, password, stretch=stretch)
    return ExactEmbedding(Picture(stego, cover.alpha_u8, "stego"), cover.rgb_u8, message, None, cover.notices)


def extract_exact(stego: Picture, *, password: str | None = None, stretch: Stretch = argon2id) -> ExactExtraction:
    """Get back what the exact carrier hid, or refuse.

    Args:
        stego: The picture that hides something.
        password: As at embedding.
        stretch: As at embedding.

    Returns:
        What was hidden.

    Raises:
        PayloadError: If nothing is there, the password is another, or a single sample was changed.
    """
    found = find_exact(stego, password=password, stretch=stretch)
    if found is None:
        changed = "" if stego.lossy_format is None else f", as {stego.lossy_format} does to every pixel"
        raise PayloadError(stego.name, CLOSED + changed)
    return found


def find_exact(stego: Picture, *, password: str | None = None, stretch: Stretch = argon2id) -> ExactExtraction | None:
    """Like :func:`extract_exact`, but None where the head does not open, so that another carrier may be tried.

    Args:
        stego: The picture that may hide something.
        password: As at embedding.
        stretch: As at embedding.

    Returns:
        What was hidden, or None.

    Raises:
        PayloadError: If the head opens and the rest does not: the picture was changed.
    """
    if stego.rgb_u8.size < LEAST_SAMPLES:
        return None
    message = extract_message(stego.rgb_u8, password, name=stego.name, stretch=stretch)
    if message is None:
        return None
    try:
        recovered = picture_of(message) if message.kind == "picture" else None
    except PayloadError as error:  # sealed by a stranger who had no password to know
        raise PayloadError(stego.name, CLOSED) from error
    return ExactExtraction(message, recovered, stego.notices)


def room_for(cover: Picture, least_db: float, *, name: str = "") -> int:
    """How many bytes of a file a cover holds.

    Args:
        cover: The picture to be seen.
        least_db: PSNR in dB that the stego shall keep; minus infinity for all there is.
        name: Of the file; it takes room, too.

    Returns:
        Bytes of content.

    Raises:
        PictureError: If the cover is too small.
    """
    _require_cover(cover)
    return content_at(cover.rgb_u8, least_db, Message(b"", name=suggested_name(name)))


def _recognised(content: bytes) -> str:
    return next((kind for start, kind in _KNOWN_TYPES.items() if content.startswith(start)), "")


def _require_cover(cover: Picture) -> None:
    if cover.rgb_u8.size < LEAST_SAMPLES:
        problem = f"{cover.width}x{cover.height} pixels is too small for the exact carrier"
        raise PictureError(cover.name, problem, f"use a picture of at least {-(-LEAST_SAMPLES // 3)} pixels")
