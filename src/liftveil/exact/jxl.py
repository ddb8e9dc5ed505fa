"""Pictures as JPEG XL of a limited size, through pillow-jxl-plugin (libjxl).

Importing the plugin, which happens at the first use here, also teaches Pillow to open JPEG XL in this process.

All encoding is at effort 7, libjxl's own default, in one thread; so the bytes depend on nothing but the picture and the
version of libjxl. On one core of an AMD EPYC a Kodak picture (768x512) takes about 0.3 s lossy and 1 s lossless. At
1, 1.6 and 2 bits a sample, on two of them, efforts 8 and 9 took 3 to 8 times as long for less than 0.1 dB; 5 and 6 lost
0.2 to 1.1 dB; 3 and 4 were 5 times as fast or faster, 0.5 dB worse to 0.5 dB better, but reach the sizes near lossless
only in coarse steps. Lossless, on kodim05, effort 9 took 5 times as long and saved 1.4 %. The finest lossy
quality (distance 0.1) gives 46.6 dB there; between its size and that of lossless, room stays empty.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from io import BytesIO
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liftveil.errors import CapacityError, PayloadError, ShapeError
from liftveil.exact.codestream import picture_size
from liftveil.exact.fitting import highest_that_fits

_EFFORT = 7


@dataclass(frozen=True)
class Compressed:
    """A picture as JPEG XL.

    Attributes:
        data: A bare codestream: no container, metadata or colour profile.
        lossless: Whether it gives back every sample.
        quality: On libjxl's scale, 0..100; 100 if lossless.
    """

    data: bytes
    lossless: bool
    quality: float


def compress(pixels_u8: NDArray[np.uint8], *, most_bytes: int) -> Compressed:
    """Compress a picture as well as so many bytes allow.

    Args:
        pixels_u8: Picture (height, width, 3) or (height, width), 0..255.
        most_bytes: What the result may take.

    Returns:
        Lossless if that fits; else of the highest quality found by at most six lossy encodes, see
        :func:`liftveil.exact.fitting.highest_that_fits`. The same picture and limit give the same bytes.

    Raises:
        CapacityError: If even the lowest quality does not fit.
        ShapeError: If it is no such picture.
    """
    exact = compress_lossless(pixels_u8)
    if len(exact.data) <= most_bytes:
        return exact
    tried = highest_that_fits(lambda quality: encode(pixels_u8, quality=quality), most_bytes=most_bytes)
    if len(tried.data) > most_bytes:
        raise CapacityError(len(tried.data), most_bytes)
    return Compressed(tried.data, lossless=False, quality=tried.quality)


def compress_lossless(pixels_u8: NDArray[np.uint8]) -> Compressed:
    """Compress a picture so that every sample comes back.

    Args:
        pixels_u8: Picture (height, width, 3) or (height, width), 0..255.

    Raises:
        ShapeError: If it is no such picture.
    """
    return Compressed(encode(pixels_u8, lossless=True), lossless=True, quality=100.0)


def decompress(data: bytes, *, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Decode a picture of a known shape; the inverse of :func:`compress`.

    Args:
        data: A bare JPEG XL codestream, from wherever it came.
        shape: What the picture must be: (height, width, 3) or (height, width). Another size is refused before any
            pixel is decoded.

    Returns:
        Picture of that shape, 0..255.

    Raises:
        PayloadError: If the data are damaged, or a picture of another shape.
    """
    plugin = _plugin()
    height, width = picture_size(data)
    if (height, width) != shape[:2]:
        raise PayloadError("JPEG XL", f"{width}x{height} pixels, expected {shape[1]}x{shape[0]}")
    try:
        # Pillow's way would decode in as many threads as there are cores.
        _, head, pixels, *_ = plugin.Decoder(num_threads=1)(data)
    except Exception as trouble:  # the plugin has no type of its own for damaged data
        raise PayloadError("JPEG XL", "damaged or truncated") from trouble
    if head.mode != ("RGB" if len(shape) == 3 else "L"):
        raise PayloadError("JPEG XL", f"a picture of the kind {head.mode}, expected shape {shape}")
    return np.frombuffer(pixels, np.uint8).reshape(shape).copy()


def encode(pixels_u8: NDArray[np.uint8], **options: float) -> bytes:
    """Encode a picture once.

    Args:
        pixels_u8: Picture (height, width, 3) or (height, width), 0..255.
        options: Of the plugin: ``quality``, below 100, or ``lossless``.

    Returns:
        A bare codestream.

    Raises:
        ShapeError: If it is no such picture.
    """
    if pixels_u8.ndim not in (2, 3) or pixels_u8.shape[2:] not in ((), (3,)) or 0 in pixels_u8.shape:
        raise ShapeError(pixels_u8.shape, "(height, width, 3) or (height, width)")
    _plugin()
    file = BytesIO()
    Image.fromarray(pixels_u8).save(file, "JXL", effort=_EFFORT, num_threads=1, use_container=False, **options)
    return file.getvalue()


def _plugin() -> ModuleType:
    """The plugin, loaded where it is needed first: most users never see JPEG XL."""
    return importlib.import_module("pillow_jxl")
