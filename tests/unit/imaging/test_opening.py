import os
import struct
import warnings

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from liftveil.errors import DataError, UnreadablePicture
from liftveil.imaging.opening import PIXEL_LIMIT, decoding, require_decodable, require_regular_file

from .crafted import tiff_of


def test_limit_is_where_pillow_refuses_by_itself():
    assert PIXEL_LIMIT == 2 * Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize(
    ("trouble", "line"),
    [
        (FileNotFoundError(2, "No such file"), "x.png: no such file; check the path"),
        (IsADirectoryError(21, "Is a directory"), "x.png: is a folder; give the path of one picture"),
        (PermissionError(13, "Permission denied"), "x.png: permission denied; make the file readable"),
        (
            UnidentifiedImageError("cannot identify"),
            "x.png: is no picture, or its beginning is damaged; use a PNG, JPEG, TIFF or WebP",
        ),
        (
            Image.DecompressionBombError("bomb"),
            "x.png: has more than 178 million pixels; scale it down first",
        ),
        (MemoryError(), "x.png: does not fit into memory; scale it down first"),
        (
            OSError(5, "Input/output error"),
            "x.png: cannot be read (Input/output error); check the file and its disk",
        ),
        (
            OSError("image file is truncated"),
            "x.png: damaged or truncated (image file is truncated); get a complete copy of it",
        ),
        (struct.error("short\nvery"), "x.png: damaged or truncated (short); get a complete copy of it"),
        (KeyError(), "x.png: damaged or truncated (KeyError); get a complete copy of it"),
    ],
)
def test_every_trouble_becomes_one_line(trouble, line):
    with pytest.raises(UnreadablePicture) as refusal, decoding("x.png"):
        raise trouble
    assert str(refusal.value) == line
    assert refusal.value.__cause__ is trouble


def test_errors_of_our_own_pass_unchanged():
    own = DataError("folder", "is empty")
    with pytest.raises(DataError) as refusal, decoding("x.png"):
        raise own
    assert refusal.value is own


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_interruptions_pass_unchanged(interruption):
    with pytest.raises(interruption), decoding("x.png"):
        raise interruption


def test_the_settings_of_warnings_are_left_to_the_program():
    before = list(warnings.filters)
    with decoding("x.png"):
        assert list(warnings.filters) == before


def test_ordinary_file_passes(tmp_path):
    (tmp_path / "x").write_bytes(b"1")
    require_regular_file(str(tmp_path / "x"))


def test_empty_file_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"")
    with pytest.raises(UnreadablePicture, match="the file is empty; get a complete copy"):
        require_regular_file(str(tmp_path / "x"))


def test_folder_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError):
        require_regular_file(str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadablePicture, match="is not a regular file"):
        require_regular_file(str(tmp_path / "pipe"))


def sized(width, height):
    """An image of a size alone, without the pixels."""
    image = Image.Image()
    image._size = (width, height)
    return image


def test_pixels_are_limited():
    require_decodable(sized(PIXEL_LIMIT, 1), "x")
    with pytest.raises(UnreadablePicture, match="more than 178 million pixels"):
        require_decodable(sized(PIXEL_LIMIT + 1, 1), "x")


def test_postscript_is_not_run(tmp_path):
    Image.new("RGB", (2, 2)).save(tmp_path / "x.eps")
    with Image.open(tmp_path / "x.eps") as image, pytest.raises(UnreadablePicture, match="PostScript"):
        require_decodable(image, "x.eps")


@pytest.mark.parametrize(
    ("dtype", "options", "refused"),
    [
        (np.uint16, {"separate": True}, True),
        (np.uint16, {"separate": True, "deflate": True}, False),
        (np.uint16, {}, False),
        (np.uint8, {"separate": True}, False),
    ],
)
def test_planes_that_pillow_gets_wrong_are_refused(tmp_path, dtype, options, refused):
    (tmp_path / "x.tif").write_bytes(tiff_of(np.zeros((2, 3, 3), dtype), **options))
    with Image.open(tmp_path / "x.tif") as image:
        if refused:
            with pytest.raises(UnreadablePicture, match="16-bit TIFF in separate planes; save it as PNG"):
                require_decodable(image, "x.tif")
        else:
            require_decodable(image, "x.tif")
