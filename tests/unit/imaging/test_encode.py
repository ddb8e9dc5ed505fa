import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from liftveil.errors import (
    OutputExists,
    OutputNotWritten,
    PictureError,
    ShapeError,
    UnsupportedOutput,
)
from liftveil.imaging.encode import check_output, is_jpeg, write_picture

RANDOM = np.random.default_rng(3)
RGB = RANDOM.integers(0, 256, (21, 34, 3), dtype=np.uint8)
ALPHA = np.repeat(np.array([0, 0, 255, 7, 0, 128, 1], np.uint8), 3)[:, np.newaxis].repeat(34, axis=1)
LOSSLESS = [".png", ".webp", ".tif", ".tiff", ".PNG", ".WebP"]


def decoded(path):
    with Image.open(path) as image:
        return np.array(image)


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_every_pixel_comes_back(tmp_path, suffix):
    write_picture(tmp_path / f"x{suffix}", RGB)
    np.testing.assert_array_equal(decoded(tmp_path / f"x{suffix}"), RGB)


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_colours_below_transparent_pixels_come_back_too(tmp_path, suffix):
    write_picture(tmp_path / f"x{suffix}", RGB, ALPHA)
    np.testing.assert_array_equal(decoded(tmp_path / f"x{suffix}"), np.dstack([RGB, ALPHA]))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF"])
def test_grey_levels_are_written_in_grey(tmp_path, suffix):
    write_picture(tmp_path / f"x{suffix}", RGB[..., 0])
    with Image.open(tmp_path / f"x{suffix}") as image:
        assert image.mode == "L"
        np.testing.assert_array_equal(np.array(image), RGB[..., 0])


def test_grey_levels_are_written_as_three_equal_channels_where_there_is_no_grey(tmp_path):
    write_picture(tmp_path / "x.webp", RGB[..., 0])
    np.testing.assert_array_equal(decoded(tmp_path / "x.webp"), np.dstack([RGB[..., 0]] * 3))


def test_grey_levels_may_have_alpha(tmp_path):
    write_picture(tmp_path / "x.png", RGB[..., 0], ALPHA)
    np.testing.assert_array_equal(decoded(tmp_path / "x.png"), np.dstack([RGB[..., 0], ALPHA]))


def test_views_that_are_not_contiguous_are_written_right(tmp_path):
    write_picture(tmp_path / "x.png", RGB[::-1, ::2])
    np.testing.assert_array_equal(decoded(tmp_path / "x.png"), RGB[::-1, ::2])


def test_png_has_no_chunk_but_the_pixels(tmp_path):
    write_picture(tmp_path / "x.png", RGB, ALPHA)
    data, at, kinds = (tmp_path / "x.png").read_bytes(), 8, []
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        kinds.append(kind)
        at += 12 + size
    assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}


def test_webp_has_no_chunk_but_the_pixels(tmp_path):
    write_picture(tmp_path / "x.webp", RGB)
    data = (tmp_path / "x.webp").read_bytes()
    assert data[12:16] == b"VP8L"
    size = int.from_bytes(data[16:20], "little")
    assert 20 + size + size % 2 == len(data)


def test_tiff_says_only_what_decoding_needs(tmp_path):
    write_picture(tmp_path / "x.tif", RGB)
    with Image.open(tmp_path / "x.tif") as image:
        tags, compression = set(image.tag_v2), image.info["compression"]
    assert tags <= {256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 339}
    assert compression == "tiff_adobe_deflate"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x.jpg", "JPEG changes pixels, which destroys any hidden picture; save as .png"),
        ("x.JPEG", "JPEG changes pixels"),
        ("x.jfif", "JPEG changes pixels"),
        ("x.jp2", "JPEG 2000 is mostly lossy"),
        ("x.jxl", "JPEG XL is mostly lossy"),
        ("x.avif", "AVIF changes pixels"),
        ("x.heic", "HEIF changes pixels"),
        ("x.gif", "GIF keeps only 256 colours"),
        ("x.bmp", "the suffix '.bmp' names no lossless format; use one of .png, .webp, .tif, .tiff"),
        ("x", "the name has no suffix; use one of .png, .webp, .tif, .tiff"),
        (".png", "the name has no suffix"),
    ],
)
@pytest.mark.parametrize("write", [check_output, lambda path: write_picture(path, RGB)])
def test_other_formats_are_refused_with_reason_and_advice(tmp_path, name, reason, write):
    with pytest.raises(UnsupportedOutput) as refusal:
        write(tmp_path / name)
    assert reason in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [check_output, lambda path, force: write_picture(path, RGB, force=force)])
def test_existing_file_is_refused_without_force_only(tmp_path, write):
    (tmp_path / "x.png").write_bytes(b"old")
    with pytest.raises(OutputExists):
        write(tmp_path / "x.png", force=False)
    assert (tmp_path / "x.png").read_bytes() == b"old"
    write(tmp_path / "x.png", force=True)


def test_force_replaces_the_file(tmp_path):
    (tmp_path / "x.png").write_bytes(b"old")
    write_picture(tmp_path / "x.png", RGB, force=True)
    np.testing.assert_array_equal(decoded(tmp_path / "x.png"), RGB)


@pytest.mark.parametrize("write", [check_output, lambda path: write_picture(path, RGB)])
def test_missing_folder_is_refused(tmp_path, write):
    with pytest.raises(OutputNotWritten, match="folder does not exist"):
        write(tmp_path / "none" / "x.png")


def test_good_output_passes_the_check_and_is_not_created(tmp_path):
    check_output(tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", [(1, 16384, 3), (16384, 1, 3)])
def test_webp_is_refused_above_its_largest_side(tmp_path, shape):
    with pytest.raises(UnsupportedOutput, match=r"at most 16383 pixels a side.*save as \.png"):
        write_picture(tmp_path / "x.webp", np.zeros(shape, np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_webp_is_written_at_its_largest_side(tmp_path):
    write_picture(tmp_path / "x.webp", np.zeros((1, 16383, 3), np.uint8))
    assert decoded(tmp_path / "x.webp").shape == (1, 16383, 3)


@pytest.mark.parametrize("shape", [(), (5,), (4, 5, 4), (4, 5, 1), (0, 5), (0, 5, 3), (2, 4, 5, 3)])
def test_pixels_of_another_shape_are_refused(tmp_path, shape):
    with pytest.raises(ShapeError, match=r"expected \(height, width\) or \(height, width, 3\)") as refusal:
        write_picture(tmp_path / "x.png", np.zeros(shape, np.uint8))
    assert refusal.value.actual_shape == shape


def test_alpha_of_another_shape_is_refused(tmp_path):
    with pytest.raises(ShapeError, match=r"expected \(21, 34\) for the alpha channel"):
        write_picture(tmp_path / "x.png", RGB, ALPHA.T)


@pytest.mark.parametrize("arrays", [(RGB / 255,), (RGB, ALPHA.astype(bool).astype(int)), (RGB.astype(np.uint16),)])
def test_pixels_of_another_type_are_refused(tmp_path, arrays):
    with pytest.raises(PictureError, match=r"x\.png: the pixels are .*; give uint8 values 0\.\.255"):
        write_picture(tmp_path / "x.png", *arrays)


def test_encoder_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(_, buffer: BytesIO, *__, **___):
        buffer.write(b"half")
        raise OSError("encoder error -2")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OutputNotWritten, match=r"encoding as PNG failed \(encoder error -2\)"):
        write_picture(tmp_path / "x.png", RGB)
    assert list(tmp_path.iterdir()) == []


class TestJpeg:
    @pytest.mark.parametrize("name", ["x.jpg", "x.JPEG"])
    @pytest.mark.parametrize("pixels", [RGB, RGB[..., 0]], ids=["colour", "grey"])
    def test_is_written_when_asked_for_with_its_quality_and_all_of_its_chroma(self, tmp_path, name, pixels):
        for quality in (75, 98):
            write_picture(tmp_path / name, pixels, jpeg_quality=quality, force=True)
            again = BytesIO()
            Image.fromarray(pixels).save(again, "JPEG", quality=quality, subsampling="4:4:4")
            assert (tmp_path / name).read_bytes() == again.getvalue()

    def test_has_no_opacity(self, tmp_path):
        write_picture(tmp_path / "x.jpg", RGB, RGB[..., 1], jpeg_quality=90)
        with Image.open(tmp_path / "x.jpg") as image:
            assert image.mode == "RGB"

    def test_quality_says_nothing_of_other_formats(self, tmp_path):
        write_picture(tmp_path / "x.png", RGB, RGB[..., 1], jpeg_quality=10)
        np.testing.assert_array_equal(np.array(Image.open(tmp_path / "x.png")), np.dstack([RGB, RGB[..., 1]]))
        with pytest.raises(UnsupportedOutput, match=r"x\.gif: GIF keeps only 256 colours"):
            check_output(tmp_path / "x.gif", jpeg_quality=10)

    @pytest.mark.parametrize("quality", [0, -1, 101])
    def test_of_no_such_quality_is_refused(self, tmp_path, quality):
        with pytest.raises(UnsupportedOutput, match=rf"x\.jpg: there is no JPEG quality {quality}; use 1 to 100"):
            write_picture(tmp_path / "x.jpg", RGB, jpeg_quality=quality)
        assert list(tmp_path.iterdir()) == []

    def test_too_large_leaves_nothing_behind(self, tmp_path):
        with pytest.raises(OutputNotWritten, match="encoding as JPEG failed"):
            write_picture(tmp_path / "x.jpg", np.zeros((1, 70_000, 3), np.uint8), jpeg_quality=90)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("name", "expected"), [("x.jpg", True), ("a/x.JPE", True), ("jpg", False), ("x.png", False)]
    )
    def test_is_told_by_the_suffix(self, name, expected):
        assert is_jpeg(name) is expected
