import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from liftveil.imaging.headers import coded_bits, lossy_format

NOISE = np.random.default_rng(5).integers(0, 256, (24, 32, 4), dtype=np.uint8)
RGB, RGBA = Image.fromarray(NOISE[..., :3].copy()), Image.fromarray(NOISE)


def encoded(image, format_name, **options):
    buffer = BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def opened(data):
    return Image.open(BytesIO(data)), data


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(encoded(RGB, "PNG"), None, id="png"),
        pytest.param(encoded(RGB, "BMP"), None, id="bmp"),
        pytest.param(encoded(RGB, "JPEG"), "JPEG", id="jpeg"),
        pytest.param(encoded(RGB, "MPO", save_all=True, append_images=[RGB]), "JPEG", id="mpo"),
        pytest.param(encoded(RGB, "AVIF"), "AVIF", id="avif"),
        pytest.param(encoded(RGB, "WEBP"), "WebP", id="webp-lossy"),
        pytest.param(encoded(RGB, "WEBP", lossless=True), None, id="webp-lossless"),
        pytest.param(encoded(RGBA, "WEBP"), "WebP", id="webp-lossy-alpha"),
        pytest.param(encoded(RGBA, "WEBP", lossless=True), None, id="webp-lossless-alpha"),
        pytest.param(encoded(RGB, "WEBP", icc_profile=b"x" * 999), "WebP", id="webp-lossy-odd-profile"),
        pytest.param(encoded(RGB, "WEBP", icc_profile=b"x" * 999, lossless=True), None, id="webp-lossless-odd-profile"),
        pytest.param(encoded(RGB, "WEBP", save_all=True, append_images=[RGBA]), "WebP", id="webp-lossy-animation"),
        pytest.param(
            encoded(RGB, "WEBP", save_all=True, append_images=[RGBA], lossless=True),
            None,
            id="webp-lossless-animation",
        ),
        pytest.param(encoded(RGB, "JPEG2000", irreversible=True), "JPEG 2000", id="jp2-irreversible"),
        pytest.param(encoded(RGB, "JPEG2000"), None, id="jp2-reversible"),
        pytest.param(encoded(RGB, "JPEG2000", irreversible=True, no_jp2=True), "JPEG 2000", id="j2k-irreversible"),
        pytest.param(encoded(RGB, "JPEG2000", no_jp2=True), None, id="j2k-reversible"),
        pytest.param(encoded(RGB, "TIFF", compression="jpeg"), "JPEG", id="tiff-jpeg"),
        pytest.param(encoded(RGB, "TIFF", compression="tiff_lzw"), None, id="tiff-lzw"),
    ],
)
def test_lossy_formats_are_told_from_lossless_ones(data, expected):
    assert lossy_format(*opened(data)) == expected


def test_image_that_came_from_no_file_is_of_no_lossy_format():
    assert lossy_format(RGB, b"") is None


@pytest.mark.parametrize("format_name", ["WEBP", "JPEG2000"])
@pytest.mark.parametrize("length", [0, 3, 16, 40])
def test_header_cut_short_tells_nothing(format_name, length):
    image, data = opened(encoded(RGB, format_name, irreversible=True))
    head = data[:length] if format_name == "JPEG2000" else data[:12] + b"JUNK" + bytes(length)
    assert lossy_format(image, head) is None


@pytest.mark.parametrize("options", [{}, {"no_jp2": True}])
def test_jpeg2000_depth_is_that_of_its_size_segment(options):
    image, data = opened(encoded(RGB, "JPEG2000", **options))
    assert coded_bits(image, data) == 8
    at = data.index(b"\xff\x4f\xff\x51") + 42
    assert data[at : at + 3] == b"\x07\x01\x01"
    for stored, bits in ((0x0B, 12), (0x0F, 16), (0x8B, 12)):  # the top bit says that values are signed
        assert coded_bits(image, data[:at] + struct.pack("B", stored) + data[at + 1 :]) == bits


def test_avif_depth_is_that_of_its_pixel_information():
    image, data = opened(encoded(RGB, "AVIF"))
    assert coded_bits(image, data) == 8
    at = data.index(b"pixi")
    assert data[at + 8 : at + 12] == b"\x03\x08\x08\x08"
    assert coded_bits(image, data[: at + 9] + b"\x0a" + data[at + 10 :]) == 10


def test_depth_is_8_where_the_header_does_not_say():
    avif, _ = opened(encoded(RGB, "AVIF"))
    assert coded_bits(avif, b"") == 8
    assert coded_bits(avif, b"pixi") == 8
    assert coded_bits(RGB, b"pixi" + bytes(20)) == 8
