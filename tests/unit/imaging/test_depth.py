import struct
import zlib
from fractions import Fraction
from functools import cache
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from liftveil.errors import UnreadablePicture
from liftveil.imaging.depth import to_8_bits

from .crafted import PNG_SIGNATURE, png_chunk, png_header, png_of, tiff_of

RANDOM = np.random.default_rng(13)
ROUNDED = "16-bit values rounded to 8 bits"


def reduced(data):
    """Reduce an encoded picture as it is read from a file."""
    file = BytesIO(data)
    image, remark = to_8_bits(Image.open(file), "x", file=file, head=data)
    return np.asarray(image), remark


@cache
def table_of(top):
    return np.array([round(Fraction(value * 255, top)) for value in range(top + 1)])


def rounded(values, top=65535):
    return table_of(top)[values]


def deep(channels, height=13, width=17):
    return RANDOM.integers(0, 65536, (height, width, channels), dtype=np.uint16)


def test_every_16_bit_grey_is_rounded_right():
    greys = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    pixels, remark = reduced(png_of(greys))
    np.testing.assert_array_equal(pixels, rounded(greys))
    assert remark == ROUNDED


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_16_bit_png_of_several_channels_is_rounded_not_cut(channels):
    samples = deep(channels)
    pixels, remark = reduced(png_of(samples))
    np.testing.assert_array_equal(pixels, rounded(samples))
    assert remark == ROUNDED


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("rows", [None, 4])
def test_16_bit_tiff_colours_are_rounded_not_cut(channels, order, deflate, rows):
    samples = deep(channels)
    pixels, remark = reduced(tiff_of(samples, order=order, deflate=deflate, rows=rows))
    np.testing.assert_array_equal(pixels, rounded(samples))
    assert remark == ROUNDED


def test_16_bit_tiff_colours_in_separate_planes_are_cut_and_said_to_be():
    samples = deep(3)
    pixels, remark = reduced(tiff_of(samples, deflate=True, separate=True))
    np.testing.assert_array_equal(pixels, samples >> 8)
    assert remark == "reduced from 16 to 8 bits by the decoder"


@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bit_tiff_grey_is_rounded(order):
    samples = deep(1)
    pixels, remark = reduced(tiff_of(samples, order=order))
    np.testing.assert_array_equal(pixels, rounded(samples[..., 0]))
    assert remark == ROUNDED


def test_16_bit_cmyk_stays_cmyk():
    samples = deep(4)
    data = tiff_of(samples, inks=True)
    file = BytesIO(data)
    image, remark = to_8_bits(Image.open(file), "x", file=file)
    assert image.mode == "CMYK"
    np.testing.assert_array_equal(np.asarray(image), rounded(samples))
    assert remark == ROUNDED


def test_12_bit_grey_uses_the_scale_of_12_bits():
    samples = np.arange(4096, dtype=np.uint16).reshape(64, 64, 1)
    pixels, remark = reduced(tiff_of(samples, bits=12))
    np.testing.assert_array_equal(pixels, rounded(samples[..., 0], 4095))
    assert remark == "12-bit values rounded to 8 bits"


def test_interlaced_16_bit_png_is_rounded_too():
    # With one pixel, Adam7 has only its first pass.
    header = png_header(1, 1, 16, 2, interlace=1)
    body = png_chunk(b"IDAT", zlib.compress(b"\0" + struct.pack(">3H", 383, 386, 65535)))
    pixels, _ = reduced(PNG_SIGNATURE + header + body + png_chunk(b"IEND", b""))
    assert pixels.tolist() == [[[1, 2, 255]]]


def test_colour_key_is_compared_in_16_bits():
    samples = np.array([[[256, 512, 768], [256, 512, 769], [65535, 0, 0]]], np.uint16)
    pixels, _ = reduced(png_of(samples, png_chunk(b"tRNS", struct.pack(">3H", 256, 512, 768))))
    assert pixels.tolist() == [[[1, 2, 3, 0], [1, 2, 3, 255], [255, 0, 0, 255]]]


def test_grey_key_is_compared_in_16_bits():
    samples = np.array([[256, 257, 65535]], np.uint16)
    pixels, _ = reduced(png_of(samples, png_chunk(b"tRNS", struct.pack(">H", 257))))
    assert pixels.tolist() == [[[1, 255], [1, 0], [255, 255]]]


def test_8_bit_colour_key_becomes_alpha_and_leaves_colours():
    samples = np.array([[[1, 2, 3], [1, 2, 4]]], np.uint8)
    pixels, remark = reduced(png_of(samples, png_chunk(b"tRNS", struct.pack(">3H", 1, 2, 3))))
    assert pixels.tolist() == [[[1, 2, 3, 0], [1, 2, 4, 255]]]
    assert remark is None


@pytest.mark.parametrize(("bits", "row"), [(1, 0b0100_0000), (2, 0b0011_0000), (4, 0b0000_1111)])
def test_key_of_shallow_grey_is_on_the_scale_of_the_pixels(bits, row):
    body = zlib.compress(bytes((0, row)))
    key = png_chunk(b"tRNS", struct.pack(">H", 2**bits - 1))
    chunks = (png_header(2, 1, bits, 0), key, png_chunk(b"IDAT", body), png_chunk(b"IEND", b""))
    pixels, _ = reduced(PNG_SIGNATURE + b"".join(chunks))
    assert pixels.tolist() == [[[0, 255], [255, 0]]]


def test_ordinary_picture_passes_unchanged():
    samples = RANDOM.integers(0, 256, (5, 6, 3), dtype=np.uint8)
    pixels, remark = reduced(png_of(samples))
    np.testing.assert_array_equal(pixels, samples)
    assert remark is None


def test_ppm_of_16_bits_is_rounded_by_pillow_and_said_to_be():
    pixels, remark = reduced(b"P6 2 1 65535\n" + struct.pack(">6H", 0, 383, 386, 128, 129, 65535))
    assert pixels.tolist() == [[[0, 1, 2], [0, 1, 255]]]
    assert remark == ROUNDED


def test_pgm_of_10_bits_is_on_its_own_scale():
    pixels, _ = reduced(b"P5 3 1 1023\n" + struct.pack(">3H", 0, 512, 1023))
    assert pixels.tolist() == [[0, 128, 255]]


@pytest.mark.parametrize("file", ["kept", "not kept"])
def test_depth_that_pillow_cuts_is_told_truthfully(file):
    """An SGI file has its own codec; of a PIL image there is no file to decode a second time."""
    if file == "kept":
        sgi = struct.pack(">HBBHHHH", 474, 0, 2, 3, 2, 1, 3).ljust(512, b"\0") + struct.pack(">6H", *[767] * 6)
        pixels, remark = reduced(sgi)
    else:
        image, remark = to_8_bits(Image.open(BytesIO(png_of(np.full((1, 2, 3), 767, np.uint16)))), "cover")
        pixels = np.asarray(image)
    assert pixels.tolist() == [[[2] * 3] * 2]
    assert remark == "reduced from 16 to 8 bits by the decoder"


@pytest.mark.parametrize("mode", ["I", "I;16", "I;16L", "I;16B"])
def test_integer_images_are_on_the_scale_of_16_bits(mode):
    image = Image.new(mode, (3, 1))
    for column, value in enumerate((0, 386, 65535)):
        image.putpixel((column, 0), value)
    pixels, remark = to_8_bits(image, "cover")
    assert np.asarray(pixels).tolist() == [[0, 2, 255]]
    assert remark == ROUNDED


@pytest.mark.parametrize("values", [(-1, 5), (0, 65536)])
def test_integers_on_no_known_scale_are_refused(values):
    image = Image.fromarray(np.array([values], np.int32))
    with pytest.raises(UnreadablePicture, match=rf"^cover: has grey values from {values[0]} to {values[1]}; save"):
        to_8_bits(image, "cover")


@pytest.mark.parametrize(
    ("values", "pixels", "remark"),
    [
        ((0.0, 0.5, 1.0), [0, 128, 255], "floating-point values in 0..1 scaled to 8 bits"),
        ((0.0, 0.25, 0.0), [0, 64, 0], "floating-point values in 0..1 scaled to 8 bits"),
        ((0.0, 1.5, 1.25), [0, 2, 1], "floating-point values rounded to 8 bits"),
        ((0.0, 2.5, 255.0), [0, 2, 255], "floating-point values rounded to 8 bits"),
    ],
)
def test_floats_are_scaled_or_rounded(values, pixels, remark):
    buffer = BytesIO()
    Image.fromarray(np.array([values], np.float32)).save(buffer, "TIFF")
    result, remarked = reduced(buffer.getvalue())
    assert result.tolist() == [pixels]
    assert remarked == remark


@pytest.mark.parametrize("values", [(-0.1, 1.0), (0.0, 255.5), (0.0, np.inf), (np.nan, 1.0), (1.0, np.nan)])
def test_floats_on_no_known_scale_are_refused(values):
    image = Image.fromarray(np.array([values], np.float32))
    with pytest.raises(UnreadablePicture, match=r"has floating-point values from .*; save it as a PNG"):
        to_8_bits(image, "cover")
