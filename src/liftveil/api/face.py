"""What users call: files, Pillow pictures or arrays in, arrays or bytes out, notices as Python warnings."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liftveil.api.exact import (
    DEFAULT_LEAST_DB,
    ExactExtraction,
    embed_exact_file,
    embed_exact_picture,
    extract_exact,
    find_exact,
)
from liftveil.api.neural import embed_pictures, extract_picture
from liftveil.errors import ConfigError, PasswordError, PayloadError, ShapeError
from liftveil.imaging import Picture, picture_from, stego_from, write_picture
from liftveil.weights import DEFAULT_MODEL

PictureLike = str | os.PathLike[str] | bytes | Image.Image | NDArray[np.uint8]
Carrier = Literal["neural", "exact"]
CARRIERS: Final[tuple[Carrier, ...]] = get_args(Carrier)


class LiftveilNotice(UserWarning):
    """Something about a picture that was changed or dropped, told as a Python warning."""


@dataclass(frozen=True, repr=False)
class HiddenFile:
    """A file that was hidden in a picture.

    Attributes:
        content: Its bytes.
        name: What whoever hid it suggests to call it: a base name, perhaps empty. Never write there unseen.
        media_type: Such as ``"application/pdf"``; empty if unknown.
    """

    content: bytes
    name: str
    media_type: str


def embed(
    cover: PictureLike,
    secret: PictureLike,
    *,
    model: str | Path | None = None,
    carrier: Carrier = "neural",
    password: str | None = None,
    lossless: bool = False,
    min_psnr_db: float | None = None,
) -> NDArray[np.uint8]:
    """Hide a picture in another.

    The neural carrier conceals, it does not encrypt: whoever has liftveil can extract. What it hides degrades
    gracefully. The exact carrier hides the picture as JPEG XL and returns that bit for bit, or refuses; it takes a
    password. Save the result losslessly, for example with :func:`save`; JPEG destroys the hidden picture.

    Args:
        cover: The picture to be seen: a path, a file's content, a Pillow picture, or an array (height, width[, 3 or 4])
            of uint8. At least 16x16 pixels for the neural carrier, 2,048 samples for the exact one.
        secret: The picture to hide. The neural carrier fits another size to the cover's, and hides only the luma of
            colours if the model hides grey pictures.
        model: Of the neural carrier: a shipped model or the folder of an exported one; None takes ``"starinn"``.
        carrier: ``"neural"`` or ``"exact"``.
        password: Of the exact carrier: not empty, or None to hide without one.
        lossless: Of the exact carrier: whether every sample of the secret has to come back, whatever that costs.
        min_psnr_db: Of the exact carrier, unless ``lossless``: the PSNR that the stego keeps, 46.3 if None. The secret
            is compressed to what then fits.

    Returns:
        The stego, (height, width, 3), or (height, width, 4) if the cover has an alpha channel.

    Warns:
        LiftveilNotice: For everything about a picture that was changed or dropped.

    Raises:
        PictureError: If a picture cannot be read or is too small.
        ShapeError: If an array has another shape.
        ModelError: If the model is unknown or damaged.
        CapacityError: If the secret does not fit into the exact carrier.
        ConfigError: If ``min_psnr_db`` is no number, or something is wished for that the carrier does not have.
        PayloadError: If there is no such carrier.
        PasswordError: If the password is empty or no text, or given to the neural carrier.
    """
    _require_password(password, carrier)
    _require_wishes(carrier, model=model, exact=lossless or min_psnr_db is not None)
    pictures = picture_from(cover, role="cover"), picture_from(secret, role="secret")
    if carrier == "exact":
        least_db = DEFAULT_LEAST_DB if min_psnr_db is None else min_psnr_db
        exact = embed_exact_picture(*pictures, password=password, lossless=lossless, least_db=least_db)
        stego, notices = exact.stego, exact.notices
    else:
        neural = embed_pictures(*pictures, model=DEFAULT_MODEL if model is None else model)
        stego, notices = neural.stego, neural.notices
    _warn(notices)
    return _pixels(stego)


def extract(
    stego: PictureLike,
    *,
    model: str | Path | None = None,
    carrier: Carrier | None = None,
    password: str | None = None,
) -> NDArray[np.uint8]:
    """Get the hidden picture back.

    Without a password, the exact carrier is tried first, which knows its own pictures, then the neural one. With a
    password, only the exact carrier is. That a picture needs a password cannot be told.

    Args:
        stego: The saved picture: a path, a file's content, a Pillow picture, or an array of uint8.
        model: The model that hid it, which names the neural carrier; None tries every shipped one and takes the most
            plausible result.
        carrier: The only one to try.
        password: As at embedding.

    Returns:
        The recovered picture, (height, width, 3), or (height, width) if it is grey. For the neural carrier, a picture
        that hides nothing gives noise.

    Warns:
        LiftveilNotice: If the stego's file format is lossy, and not one that the model is made for.

    Raises:
        PictureError: If the picture cannot be read or is too small.
        ShapeError: If an array has another shape.
        ModelError: If the model is unknown or damaged.
        PayloadError: If the exact carrier, or the password, was asked for and does not open the picture; if it was
            changed; or if a file is hidden there, for :func:`extract_bytes`.
        ConfigError: If a model is named for the exact carrier.
        PasswordError: If the password is empty or no text, or given to the neural carrier.
    """
    _require_wishes(carrier, model=model)
    picture = stego_from(stego, role="stego")
    exact = _found_exactly(picture, model, carrier, password)
    if exact is not None:
        _warn(exact.notices)
        if exact.recovered is None:
            raise PayloadError(picture.name, "hides a file, not a picture; get it with extract_bytes")
        return exact.recovered
    result = extract_picture(picture, model=model)
    _warn(result.notices)
    return result.recovered


def embed_bytes(
    cover: PictureLike,
    content: bytes | bytearray | memoryview,
    *,
    name: str = "",
    media_type: str = "",
    password: str | None = None,
    min_psnr_db: float | None = None,
) -> NDArray[np.uint8]:
    """Hide bytes in a picture, exactly.

    Args:
        cover: The picture to be seen: a path, a file's content, a Pillow picture, or an array of uint8, with at least
            2,048 samples.
        content: What to hide.
        name: A file's name that travels with it, without its folders.
        media_type: Such as ``"application/pdf"``.
        password: Not empty; None hides without one, and then anybody can extract.
        min_psnr_db: PSNR in dB that the stego must keep; None takes as much as the content needs.

    Returns:
        The stego, (height, width, 3), or (height, width, 4) if the cover has an alpha channel.

    Warns:
        LiftveilNotice: For everything about the cover that was changed or dropped.

    Raises:
        PictureError: If the cover cannot be read or is too small.
        ShapeError: If an array has another shape.
        CapacityError: If the content does not fit.
        ConfigError: If ``min_psnr_db`` is no number.
        PasswordError: If the password is empty or no text.
        PayloadError: If the media type is none, or the content is no bytes.
    """
    _require_password(password, "exact")
    if not isinstance(content, bytes | bytearray | memoryview):
        raise PayloadError("content", f"is a {type(content).__name__}, not bytes; encode it first")
    picture = picture_from(cover, role="cover")
    result = embed_exact_file(
        picture, bytes(content), name=name, media_type=media_type, password=password, least_db=min_psnr_db
    )
    _warn(result.notices)
    return _pixels(result.stego)


def extract_bytes(stego: PictureLike, *, password: str | None = None) -> HiddenFile:
    """Get hidden bytes back.

    Args:
        stego: The saved picture: a path, a file's content, a Pillow picture, or an array of uint8.
        password: As at embedding.

    Returns:
        The bytes, with the name and media type they were hidden with. Of a hidden picture, its JPEG XL codestream.

    Raises:
        PictureError: If the picture cannot be read.
        ShapeError: If an array has another shape.
        PayloadError: If nothing is there, the password is another, or a single sample was changed.
        PasswordError: If the password is empty or no text.
    """
    picture = stego_from(stego, role="stego")
    _require_password(password, "exact")
    result = extract_exact(picture, password=password)
    _warn(result.notices)
    return HiddenFile(result.message.content, result.message.name, result.message.media_type)


def save(path: str | os.PathLike[str], pixels: NDArray[np.uint8], *, force: bool = False) -> None:
    """Write a picture losslessly, whole or not at all.

    Args:
        path: A name ending in .png, .webp, .tif or .tiff.
        pixels: (height, width) in grey, (height, width, 3) or (height, width, 4), uint8.
        force: Whether an existing file is replaced.

    Raises:
        ShapeError: If the pixels have another shape.
        PictureError: If they are not of uint8.
        UnsupportedOutput: If the file's format would change pixels.
        OutputExists: If the file exists and ``force`` is not given.
        OutputNotWritten: If it cannot be written.
    """
    pixels = np.asarray(pixels)
    if pixels.ndim not in {2, 3} or pixels.shape[2:] not in {(), (3,), (4,)}:
        raise ShapeError(pixels.shape, "(height, width), (height, width, 3) or (height, width, 4)")
    colours, alpha = (pixels[..., :3], pixels[..., 3]) if pixels.shape[2:] == (4,) else (pixels, None)
    write_picture(path, colours, alpha, force=force)


def _found_exactly(
    stego: Picture, model: str | Path | None, carrier: Carrier | None, password: str | None
) -> ExactExtraction | None:
    """What the exact carrier finds, if it may look; it has to find something if no other one may."""
    _require_password(password, "neural" if model is not None else carrier or "exact")
    if carrier == "exact" or password is not None:
        return extract_exact(stego, password=password)
    return find_exact(stego) if carrier is None and model is None else None


def _require_password(password: str | None, carrier: Carrier) -> None:
    if carrier not in CARRIERS:
        raise PayloadError("carrier", f"there is none called {carrier!r}; use {' or '.join(CARRIERS)}")
    if password is not None and carrier != "exact":
        raise PasswordError("password", "the neural carrier takes none, it conceals only; use the exact carrier")
    if not isinstance(password, str | None):
        raise PasswordError("password", f"is a {type(password).__name__}, not text; decode it first")


def _require_wishes(carrier: Carrier | None, *, model: str | Path | None, exact: bool = False) -> None:
    if carrier == "exact" and model is not None:
        raise ConfigError("config", "'model' is for the neural carrier; leave it out, or give carrier='neural'")
    if carrier != "exact" and exact:
        raise ConfigError("config", "'lossless' and 'min_psnr_db' are for the exact carrier; give carrier='exact'")


def _pixels(picture: Picture) -> NDArray[np.uint8]:
    return picture.rgb_u8 if picture.alpha_u8 is None else np.dstack((picture.rgb_u8, picture.alpha_u8))


def _warn(notices: tuple[str, ...]) -> None:
    for notice in notices:
        warnings.warn(notice, LiftveilNotice, stacklevel=3)
