"""The size in a JPEG XL head, against what libjxl writes."""

from io import BytesIO

import pillow_jxl  # noqa: F401 - teaches Pillow the format
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from liftveil.errors import PayloadError
from liftveil.exact.codestream import picture_size


def encoded(width, height, **options):
    file = BytesIO()
    Image.new("L", (width, height)).save(file, "JXL", lossless=True, effort=1, num_threads=1, **options)
    return file.getvalue()


@settings(deadline=None, max_examples=60)
@given(width=st.integers(1, 700), height=st.integers(1, 700))
def test_any_size_is_read(width, height):
    assert picture_size(encoded(width, height)) == (height, width)


# Small and large forms, every ratio that has a name, every length of number up to 18 bits.
@pytest.mark.parametrize("height", [8, 40, 60, 256, 264, 400, 513])
@pytest.mark.parametrize("ratio", [(1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1), (1, 2)])
def test_named_ratios_are_read(height, ratio):
    width = height * ratio[0] // ratio[1]
    assert picture_size(encoded(width, height)) == (height, width)


@pytest.mark.parametrize("long_side", [512, 513, 8192, 8704, 8705, 20_000])
def test_long_sides_are_read(long_side):
    assert picture_size(encoded(long_side, 3)) == (3, long_side)
    assert picture_size(encoded(3, long_side)) == (long_side, 3)


def test_the_longest_header_fits_into_twelve_bytes():
    # not small, two sides as 30-bit numbers without a ratio: too large to encode in a test
    height, width = 2**30, 2**30 - 5
    fields = [(0, 1), (3, 2), (height - 1, 30), (0, 3), (3, 2), (width - 1, 30)]
    number = place = 0
    for value, bits in fields:
        number |= value << place
        place += bits
    head = b"\xff\x0a" + number.to_bytes(10, "little")
    assert place == 68
    assert picture_size(head + b"\xff" * 9) == (height, width)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x89PNG\r\n\x1a\n", encoded(9, 9, use_container=True)])
def test_what_is_no_codestream_is_refused(data):
    with pytest.raises(PayloadError, match="JPEG XL"):
        picture_size(data)


@settings(deadline=None)
@given(data=st.binary(max_size=20))
def test_any_bytes_give_a_possible_size(data):
    height, width = picture_size(b"\xff\x0a" + data)
    assert 1 <= height <= 2**30
    assert 0 <= width <= 2**31
