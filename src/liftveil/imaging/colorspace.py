"""From any colour mode with 8 bits per channel to sRGB and opacity."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_BANDS_OF_SPACE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}


def split_alpha(image: Image.Image) -> tuple[Image.Image, NDArray[np.uint8] | None]:
    """Take the opacity off a picture; the colours below it stay as they are stored.

    Args:
        image: A picture of at most 8 bits per channel.

    Returns:
        The picture in one of the modes L, RGB, CMYK, LAB, HSV and YCbCr, and its opacity, if any.
    """
    match image.mode:
        case "P":
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        case "PA" | "RGBa":
            image = image.convert("RGBA")
        case "La":
            image = image.convert("LA")
        case "1":
            image = image.convert("L")
        case "RGBX":
            image = image.convert("RGB")
    if image.mode not in {"LA", "RGBA"}:
        return image, None
    *colours, alpha = image.split()
    return Image.merge(image.mode[:-1], colours), np.array(alpha)


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str | None]:
    """Convert a picture without alpha to sRGB.

    Args:
        image: A picture as :func:`split_alpha` returns it.
        profile: The ICC profile of its colours; empty if the file had a damaged one.

    Returns:
        The picture in mode RGB, and a remark if the colours were changed or are in doubt. A profile that
        is sRGB to within one level changes no pixel.

    References:
        ICC.1:2022; relative colorimetric intent with black point compensation, as printing software does.
    """
    if profile is None:
        return _without_profile(image)
    try:
        return _through_profile(image, profile)
    except (ImageCms.PyCMSError, ImportError, OSError, ValueError) as trouble:
        detail = " ".join(str(trouble).split()) or "damaged"
        return image.convert("RGB"), f"colour profile not usable ({detail}), colours taken as sRGB"


def _without_profile(image: Image.Image) -> tuple[Image.Image, str | None]:
    remarks = {
        "CMYK": "CMYK colours converted without a profile, so only roughly right",
        "LAB": "Lab colours converted to sRGB",
    }
    return image.convert("RGB"), remarks.get(image.mode)


def _through_profile(image: Image.Image, profile: bytes) -> tuple[Image.Image, str | None]:
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    space = source.profile.xcolor_space.strip()
    if space == "RGB" and image.mode in {"L", "HSV", "YCbCr"}:
        image = image.convert("RGB")
    if _BANDS_OF_SPACE.get(space) != image.mode:
        raise ValueError(f"made for {space} colours, the picture has {image.mode}")
    transform = _transform_to_srgb(source, image.mode)
    if _changes_nothing(transform, image.mode):
        return image.convert("RGB"), None
    description = " ".join((source.profile.profile_description or "unnamed").split())
    return _apply(transform, image), f"colours converted to sRGB from the profile {description!r}"


def _transform_to_srgb(source: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    if mode == "L":
        # LittleCMS speeds grey up by a coarse table that is ten levels off in the shadows; see _apply.
        flags |= ImageCms.Flags.NOOPTIMIZE
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB", intent, flags)


def _apply(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    if image.mode != "L":
        return transform.apply(image)
    # Exact grey is slow, but there are only 256 levels of it.
    levels = Image.fromarray(np.arange(256, dtype=np.uint8)[np.newaxis])
    table = np.asarray(transform.apply(levels))[0]
    return Image.fromarray(table[np.asarray(image)])


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Try a transform on a grid of colours; profiles of sRGB come in dozens of spellings."""
    if mode not in {"RGB", "L"}:
        return False
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    probe = Image.fromarray(grid).convert(mode)
    before, after = np.asarray(probe.convert("RGB")), np.asarray(transform.apply(probe))
    return bool(np.abs(before.astype(np.int16) - after).max() <= 1)
