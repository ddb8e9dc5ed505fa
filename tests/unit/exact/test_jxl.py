"""Pictures as JPEG XL: within the limit, back again, and never a wrong shape."""

from contextlib import suppress
from io import BytesIO

import numpy as np
import pillow_jxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from liftveil.errors import CapacityError, PayloadError, ShapeError
from liftveil.exact import compress, compress_lossless, decompress, jxl
from liftveil.metrics import psnr

LIMITS = [700, 1200, 2000, 3000, 4500]


@pytest.fixture
def photograph(cropped):
    return cropped(96, 80)[0]


@pytest.fixture
def encodes(monkeypatch):
    """Options of each encode, as they happen."""
    asked, encode = [], jxl.encode

    def remember(pixels_u8, **options):
        asked.append(options)
        return encode(pixels_u8, **options)

    monkeypatch.setattr(jxl, "encode", remember)
    return asked


@pytest.mark.parametrize("grey", [False, True])
def test_with_room_every_sample_comes_back(photograph, grey):
    pixels = photograph[..., 1] if grey else photograph
    compressed = compress(pixels, most_bytes=pixels.size)
    assert compressed.lossless
    assert compressed.quality == 100
    assert compressed == compress_lossless(pixels)
    assert np.array_equal(decompress(compressed.data, shape=pixels.shape), pixels)


@settings(deadline=None, max_examples=20)
@given(height=st.integers(1, 40), width=st.integers(1, 40), grey=st.booleans(), seed=st.integers(0, 99))
def test_any_shape_comes_back(height, width, grey, seed):
    shape = (height, width) if grey else (height, width, 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    recovered = decompress(compress_lossless(pixels).data, shape=shape)
    assert np.array_equal(recovered, pixels)
    recovered[0, 0] = 0  # it is the caller's own


@pytest.mark.parametrize("grey", [False, True])
def test_more_bytes_give_a_better_picture(photograph, grey, encodes):
    pixels = photograph[..., 1] if grey else photograph
    reached = []
    for most in LIMITS[: 3 if grey else 5]:
        encodes.clear()
        compressed = compress(pixels, most_bytes=most)
        assert not compressed.lossless
        assert 0.97 * most <= len(compressed.data) <= most
        assert [options.get("lossless", False) for options in encodes] == [True] + [False] * (len(encodes) - 1)
        assert len(encodes) <= 1 + 6
        assert {"quality": compressed.quality} in encodes
        reached.append(psnr(pixels, decompress(compressed.data, shape=pixels.shape)))
    assert reached == sorted(reached)
    assert reached[-1] > reached[0] + 8


def test_one_byte_decides_whether_it_is_lossless(photograph):
    exact = compress_lossless(photograph)
    assert compress(photograph, most_bytes=len(exact.data)) == exact
    less = compress(photograph, most_bytes=len(exact.data) - 1)
    assert not less.lossless
    assert len(less.data) < len(exact.data)


def test_the_same_bytes_every_time(photograph):
    assert compress(photograph, most_bytes=3000) == compress(photograph.copy(), most_bytes=3000)
    sliced = np.asfortranarray(photograph)
    assert compress(sliced, most_bytes=3000) == compress(photograph, most_bytes=3000)


def test_without_room_for_the_lowest_quality_it_is_refused(photograph):
    with pytest.raises(CapacityError) as refusal:
        compress(photograph, most_bytes=100)
    assert refusal.value.capacity_bytes == 100
    needed = refusal.value.needed_bytes
    assert needed == len(jxl.encode(photograph, quality=0.0))
    assert compress(photograph, most_bytes=needed).quality == 0


def test_nothing_but_the_picture_is_stored(photograph):
    jpeg, _, _, _, boxes = pillow_jxl.Decoder(num_threads=1)(compress(photograph, most_bytes=3000).data)
    assert not jpeg
    assert boxes == []


def test_pillow_reads_the_same_pixels(photograph):
    data = compress(photograph, most_bytes=3000).data
    pillows = np.asarray(Image.open(BytesIO(data)))
    assert np.array_equal(decompress(data, shape=photograph.shape), pillows)


@pytest.mark.parametrize("shape", [(80, 95, 3), (96, 80, 3), (79, 96), (80, 97)])
def test_another_size_is_refused_before_decoding(photograph, shape, monkeypatch):
    data = compress_lossless(photograph).data
    monkeypatch.setattr(pillow_jxl, "Decoder", None)
    with pytest.raises(PayloadError, match=rf"^JPEG XL: 96x80 pixels, expected {shape[1]}x{shape[0]}$"):
        decompress(data, shape=shape)


def test_grey_and_colour_are_not_confused(photograph):
    for pixels, shape in ((photograph, (80, 96)), (photograph[..., 0], (80, 96, 3))):
        with pytest.raises(PayloadError, match="expected shape"):
            decompress(compress_lossless(pixels).data, shape=shape)


@pytest.mark.parametrize("most", [3000, 20_000])
def test_truncated_data_are_refused(photograph, most):
    data = compress(photograph, most_bytes=most).data
    for length in (*range(16), len(data) // 2, len(data) - 1):
        with pytest.raises(PayloadError, match=r"^JPEG XL: [^\n]+$"):
            decompress(data[:length], shape=photograph.shape)


@settings(deadline=None, max_examples=100)
@given(changes=st.lists(st.tuples(st.integers(2, 2000), st.integers(1, 255)), min_size=1, max_size=4))
def test_damaged_data_are_refused_or_another_picture_of_that_shape(changes):
    rows, columns = np.mgrid[:24, :40]
    pixels = (rows * columns % 251).astype(np.uint8)
    data = bytearray(compress_lossless(pixels).data)
    for place, change in changes:
        data[2 + place % (len(data) - 2)] ^= change
    with suppress(PayloadError):
        assert decompress(bytes(data), shape=pixels.shape).shape == pixels.shape


@pytest.mark.parametrize("shape", [(4,), (4, 5, 1), (4, 5, 4), (2, 4, 5, 3), (0, 5, 3), (4, 0)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ShapeError) as refusal:
        compress(np.zeros(shape, np.uint8), most_bytes=1000)
    assert refusal.value.actual_shape == shape


def test_the_room_is_imported_without_the_plugin(run_python):
    code = "import sys, liftveil.exact; print(*sorted({'pillow_jxl', 'torch'} & set(sys.modules)))"
    finished = run_python("-c", code)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.split() == []
