"""What a file holds besides pixels: which way is up, and what liftveil leaves behind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

_TIFF_XMP, _TIFF_IPTC, _TIFF_PHOTOSHOP = 700, 33723, 34377
# All that a TIFF says about its pixels is in the same table as EXIF; these entries say more than that.
_TIFF_WORDS = {
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.HostComputer,
    ExifTags.Base.Copyright,
    ExifTags.IFD.Exif,
    ExifTags.IFD.GPSInfo,
}


def left_behind(image: Image.Image) -> str | None:
    """Name the metadata of a picture that do not go with its pixels.

    Args:
        image: The picture, loaded, because a PNG may have words after the pixels.

    Returns:
        A remark such as ``"EXIF with GPS position, XMP not carried over"``, or ``None``.
    """
    info, tags, text = image.info, getattr(image, "tag_v2", {}), getattr(image, "text", {})
    has_gps, has_exif = ExifTags.IFD.GPSInfo in _exif(image), _has_exif(image)
    found = {
        "EXIF with GPS position": has_gps,
        "EXIF": has_exif and not has_gps,
        "XMP": "xmp" in info or "XML:com.adobe.xmp" in info or _TIFF_XMP in tags,
        "IPTC": "photoshop" in info or _TIFF_IPTC in tags or _TIFF_PHOTOSHOP in tags,
        "ICC profile": bool(info.get("icc_profile")),
        "PNG text": bool(text.keys() - {"XML:com.adobe.xmp"}),
        "comment": bool(info.get("comment")),
    }
    names = [name for name, present in found.items() if present]
    return f"{', '.join(names)} not carried over" if names else None


def orientation_of(image: Image.Image) -> int:
    """Read how the camera was held.

    Args:
        image: The picture, loaded.

    Returns:
        The orientation of EXIF or XMP, 1 to 8; 1, which is upright, if none or nonsense is given.
    """
    value = _exif(image).get(ExifTags.Base.Orientation, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn and mirror an array as an EXIF orientation asks.

    Args:
        pixels: Array of shape ``(height, width, ...)``.
        orientation: 1 to 8.

    Returns:
        The upright array, contiguous.

    References:
        CIPA DC-008 (EXIF 2.32), tag 274.
    """
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def turn_back(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo :func:`turn_upright`.

    Args:
        pixels: Upright array of shape ``(height, width, ...)``.
        orientation: 1 to 8, as it was given there.

    Returns:
        The array as it lay before, contiguous.
    """
    quarter_turns = {6: 8, 8: 6}
    return turn_upright(pixels, quarter_turns.get(orientation, orientation))


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except Exception:
        # Pillow parses EXIF in Python and damaged EXIF fails in many ways; the pixels are good all the same.
        return Image.Exif()


def _has_exif(image: Image.Image) -> bool:
    tags = set(_exif(image)) - {ExifTags.Base.Orientation}
    return bool(tags & _TIFF_WORDS if image.format == "TIFF" else tags)
