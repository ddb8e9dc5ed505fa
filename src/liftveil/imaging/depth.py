"""Bringing samples of any depth to 8 bits by rounding, where Pillow alone would cut or saturate them."""

from __future__ import annotations

import sys
from functools import cache
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from liftveil.errors import UnreadablePicture
from liftveil.imaging.headers import coded_bits, has_separate_planes
from liftveil.imaging.quantize import to_u8

_OTHER_BYTE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
# Pillow keeps the colour key of grey PNGs of 2 or 4 bits in the file's units, but the pixels in 0..255.
_KEY_UNIT = {"L;2": 85, "L;4": 17}
# RGBa, colours multiplied by their opacity, is missing: Pillow divides within a byte, so the other is lost.
_TWO_BYTES = {"LA;16", "RGB;16", "RGBA;16", "RGBX;16", "CMYK;16"}
_ADVICE = "save it as a PNG of 8 or 16 bits"


def to_8_bits(
    image: Image.Image, name: str, *, file: IO[bytes] | None = None, head: bytes = b""
) -> tuple[Image.Image, str | None]:
    """Load a picture with 8 bits per channel.

    Args:
        image: The picture as opened; if it shall be rounded exactly, not loaded yet.
        name: What the user calls it, for the error.
        file: The file it was opened from, if that may be read a second time.
        head: The beginning of that file.

    Returns:
        The picture in a mode of 8 bits per channel, with a colour key already turned into alpha, and a
        remark on what was done, if anything was.

    Raises:
        UnreadablePicture: If the values are on no scale that could be told.
    """
    codec, rawmode, maximum = _coding(image)
    if image.mode == "F":
        return _from_float(image, name)
    if image.mode.startswith("I"):
        return _from_integer(image, name, top=4095 if rawmode == "I;12" else 65535)
    # Of separate planes libtiff gives the high bytes only, whatever the layout asked for.
    separable = codec in {"zip", "raw", "libtiff"} and not has_separate_planes(image)
    if file is not None and separable and rawmode[:-1] in _TWO_BYTES:
        return _from_two_bytes(image, rawmode, file), _rounded_from(16)
    remark = _remark_on_decoder(codec, rawmode, maximum, coded_bits(image, head))
    image.load()
    return _keyed(image, _KEY_UNIT.get(rawmode, 1)), remark


def _coding(image: Image.Image) -> tuple[str, str, int]:
    """Name codec, layout and largest value of the samples in the file; empty once they are loaded."""
    tiles: list[ImageFile._Tile] = getattr(image, "tile", [])
    if not tiles:
        return "", "", 255
    arguments = tiles[0].args
    items: tuple[Any, ...] = arguments if isinstance(arguments, tuple) else (arguments,)
    layout = next((item for item in items if isinstance(item, str)), "")
    maximum = int(items[1]) if tiles[0].codec_name == "ppm" else 255
    return tiles[0].codec_name, layout, maximum


def _rounded_from(bits: int) -> str:
    return f"{bits}-bit values rounded to 8 bits"


def _remark_on_decoder(codec: str, rawmode: str, maximum: int, bits: int) -> str | None:
    if maximum > 255:
        return _rounded_from(maximum.bit_length())
    bits = 16 if ";16" in rawmode or codec == "SGI16" else bits
    return f"reduced from {bits} to 8 bits by the decoder" if bits > 8 else None


def _from_two_bytes(image: Image.Image, rawmode: str, file: IO[bytes]) -> Image.Image:
    """Decode 16-bit colour, of which Pillow keeps one byte of two, once for each byte.

    A layout of the opposite byte order makes Pillow keep the low byte; the four bytes of grey and alpha
    pass as one pixel of RGBA.
    """
    if rawmode == "LA;16B":
        quads = _decoded_as("RGBA", image)
        return _image_of(_table(65535)[quads[..., 0::2] * 256 + quads[..., 1::2]])
    high = np.asarray(image).astype(np.uint16)
    low = _decoded_as(rawmode[:-1] + _OTHER_BYTE[rawmode[-1]], Image.open(file))
    values = high * 256 + low
    if image.mode == "CMYK":
        return Image.fromarray(_table(65535)[values], "CMYK")
    return _image_of(_table(65535)[values], _alpha_of_key(values, image.info.get("transparency")))


def _decoded_as(rawmode: str, image: Image.Image) -> NDArray[np.uint16]:
    if isinstance(image, ImageFile.ImageFile):
        image.tile = [_relabelled(tile, rawmode) for tile in image.tile]
    return np.asarray(image).astype(np.uint16)


def _relabelled(tile: ImageFile._Tile, rawmode: str) -> ImageFile._Tile:
    return tile._replace(args=(rawmode, *tile.args[1:]) if isinstance(tile.args, tuple) else rawmode)


def _from_integer(image: Image.Image, name: str, *, top: int) -> tuple[Image.Image, str]:
    values = np.asarray(image)
    lowest, highest = int(values.min()), int(values.max())
    if lowest < 0 or highest > top:
        raise UnreadablePicture(name, f"has grey values from {lowest} to {highest}", _ADVICE)
    alpha = _alpha_of_key(values[..., np.newaxis], image.info.get("transparency"))
    return _image_of(_table(top)[values], alpha), _rounded_from(top.bit_length())


def _from_float(image: Image.Image, name: str) -> tuple[Image.Image, str]:
    values = np.asarray(image).astype(np.float64)
    lowest, highest = float(values.min()), float(values.max())
    if not (lowest >= 0 and highest <= 255):  # also if one of them is NaN
        raise UnreadablePicture(name, f"has floating-point values from {lowest:g} to {highest:g}", _ADVICE)
    if highest <= 1:
        return _image_of(to_u8(values * 255)), "floating-point values in 0..1 scaled to 8 bits"
    return _image_of(to_u8(values)), "floating-point values rounded to 8 bits"


@cache
def _table(top: int) -> NDArray[np.uint8]:
    """Tabulate v * 255 / top rounded; as all tops are odd, nothing lies halfway."""
    return ((np.arange(top + 1) * 510 + top) // (2 * top)).astype(np.uint8)


def _keyed(image: Image.Image, key_unit: int) -> Image.Image:
    key = image.info.get("transparency")
    if key is None or image.mode not in {"1", "L", "RGB"}:
        return image
    pixels = np.asarray(image.convert("L") if image.mode == "1" else image)
    key = key * key_unit if isinstance(key, int) else key
    return _image_of(pixels, _alpha_of_key(pixels.reshape(*pixels.shape[:2], -1), key))


def _alpha_of_key(values: NDArray[Any], key: int | tuple[int, ...] | None) -> NDArray[np.uint8] | None:
    if key is None:
        return None
    return np.where((values == key).all(axis=-1), 0, 255).astype(np.uint8)


def _image_of(pixels: NDArray[np.uint8], alpha: NDArray[np.uint8] | None = None) -> Image.Image:
    return Image.fromarray(pixels if alpha is None else np.dstack([pixels, alpha]))
