"""What the first bytes of a file tell about its coding and Pillow does not."""

from __future__ import annotations

from PIL import Image

HEAD_BYTES = 1 << 20
"""How much of a file's beginning suffices here: large colour profiles come before the coded data."""

_PLANAR_CONFIGURATION, _SEPARATE = 284, 2


def lossy_format(image: Image.Image, head: bytes) -> str | None:
    """Tell in which lossy format a picture came.

    Reversible JPEG 2000 may still have been cut short, which its header does not tell; AVIF may have been
    written losslessly, which is rare and not told either.

    Args:
        image: The picture as opened by Pillow.
        head: The beginning of its file; empty if the picture did not come straight from a file.

    Returns:
        A name such as ``"JPEG"``, or ``None`` if the format is lossless or that cannot be told.
    """
    match image.format:
        case "JPEG" | "MPO":
            return "JPEG"
        case "AVIF":
            return "AVIF"
        case "WEBP" if _webp_is_lossy(head):
            return "WebP"
        case "JPEG2000" if _jpeg2000_is_irreversible(head):
            return "JPEG 2000"
        case "TIFF" if image.info.get("compression") in {"jpeg", "tiff_jpeg"}:
            return "JPEG"
    return None


def coded_bits(image: Image.Image, head: bytes) -> int:
    """Tell the bits per channel of formats whose decoder silently reduces them to 8.

    Args:
        image: The picture as opened by Pillow.
        head: The beginning of its file.

    Returns:
        The bits per channel in the file, 8 if not known better.
    """
    if image.format == "AVIF" and (box := head.find(b"pixi")) >= 0:
        return _byte(head, box + 9)  # after the name: version and flags (4), number of channels (1)
    if image.format == "JPEG2000" and (start := _codestream(head)) >= 0:
        return (_byte(head, start + 42) & 0x7F) + 1  # Ssiz of the first component, ISO/IEC 15444-1 A.5.1
    return 8


def has_separate_planes(image: Image.Image) -> bool:
    """Tell whether a TIFF stores its channels one after the other.

    Args:
        image: The picture as opened by Pillow.

    Returns:
        False for any other format.
    """
    return bool(getattr(image, "tag_v2", {}).get(_PLANAR_CONFIGURATION) == _SEPARATE)


def _webp_is_lossy(head: bytes) -> bool:
    """Find the first coded picture among the RIFF chunks; of an animation, that of the first frame."""
    at = 12
    while at + 8 <= len(head):
        kind, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if kind in (b"VP8 ", b"VP8L"):
            return kind == b"VP8 "
        at += 24 if kind == b"ANMF" else 8 + size + size % 2  # a frame has a header of 16 bytes, then chunks
    return False


def _jpeg2000_is_irreversible(head: bytes) -> bool:
    """Look at the wavelet in the main header's COD segment: 0 is the 9/7, 1 the reversible 5/3."""
    at = _codestream(head) + 2
    while at >= 2 and at + 14 <= len(head):
        if head[at : at + 2] == b"\xff\x52":
            return head[at + 13] == 0
        at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return False


def _codestream(head: bytes) -> int:
    return head.find(b"\xff\x4f\xff\x51")


def _byte(head: bytes, at: int) -> int:
    return head[at] if at < len(head) else 8
