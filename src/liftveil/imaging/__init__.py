"""Pictures and their files: finding, reading anything, writing losslessly, rounding, colour, montages."""

from __future__ import annotations

from liftveil.imaging.atomic import atomic_write_bytes, check_target
from liftveil.imaging.color import luma, rct_forward, rct_inverse
from liftveil.imaging.decode import picture_from, read_picture, read_stego, stego_from
from liftveil.imaging.encode import check_output, is_jpeg, write_picture
from liftveil.imaging.listing import picture_files
from liftveil.imaging.montage import amplified_difference, side_by_side
from liftveil.imaging.opening import PIXEL_LIMIT
from liftveil.imaging.picture import Picture, fit_to, flatten_on_white, turn_grey
from liftveil.imaging.quantize import to_u8
from liftveil.imaging.tiling import spans
from liftveil.imaging.together import all_or_none, check_folder, whole_folder

__all__ = [
    "PIXEL_LIMIT",
    "Picture",
    "all_or_none",
    "amplified_difference",
    "atomic_write_bytes",
    "check_folder",
    "check_output",
    "check_target",
    "fit_to",
    "flatten_on_white",
    "is_jpeg",
    "luma",
    "picture_files",
    "picture_from",
    "rct_forward",
    "rct_inverse",
    "read_picture",
    "read_stego",
    "side_by_side",
    "spans",
    "stego_from",
    "to_u8",
    "turn_grey",
    "whole_folder",
    "write_picture",
]
