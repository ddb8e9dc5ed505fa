"""The integer 5/3 transform against a reversible JPEG 2000 codec: OpenJPEG, as it comes with Pillow.

Decoded at a resolution reduced by ``2 ** k``, a picture without colour transform is the codec's low band of
level k: of samples shifted by 128, shifted back and clipped to 8 bits. The codec decides what "exactly" is,
the order of columns and rows included.
"""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from liftveil.wavelets import NUMPY_INTEGER, SCHEMES, decompose

RESOLUTIONS = 6  # five levels and the picture itself

# Pillow rounds the reduced sides half up where the standard rounds them up, and cannot open what then
# differs: these are sides on which both agree, with odd low bands on the way.
ODD_SIZES = {1: (257, 511), 2: (255, 311), 3: (261, 189), 4: (251, 299), 5: (245, 405)}
SIZES = [(level, (512, 512)) for level in ODD_SIZES] + list(ODD_SIZES.items())

cases = pytest.mark.parametrize(
    ("level", "size"), SIZES, ids=[f"level {k}, {height}x{width}" for k, (height, width) in SIZES]
)


@pytest.fixture(params=["cover", "secret"])
def samples(request, photographs):
    """The green channel of a photograph."""
    with Image.open(getattr(photographs, request.param)) as picture:
        return np.asarray(picture.convert("RGB"))[..., 1]


def encoded(gray_u8):
    file = BytesIO()
    Image.fromarray(gray_u8).save(file, "JPEG2000", irreversible=False, mct=0, num_resolutions=RESOLUTIONS)
    return file


def decoded(file, level):
    file.seek(0)
    with Image.open(file) as picture:
        picture.reduce = level
        return np.array(picture)


def low_band(gray_u8, level):
    """Our low band with the codec's shift, not clipped."""
    shifted = gray_u8.astype(np.float64) - 128
    return decompose(shifted, SCHEMES["legall5/3"], level, NUMPY_INTEGER).ll + 128


def test_the_codec_is_reversible(samples):
    assert np.array_equal(decoded(encoded(samples), 0), samples)


@cases
def test_low_band_of_a_photograph_is_the_codec_s(samples, level, size):
    gray_u8 = np.ascontiguousarray(samples[: size[0], : size[1]])
    ours = low_band(gray_u8, level)
    clipped = np.clip(ours, 0, 255)
    assert np.mean(ours != clipped) < 0.05
    assert np.array_equal(decoded(encoded(gray_u8), level), clipped)


@cases
def test_low_band_of_a_squeezed_photograph_needs_no_clipping(samples, level, size):
    gray_u8 = np.rint(64 + samples[-size[0] :, -size[1] :] * 0.5).astype(np.uint8)
    ours = low_band(gray_u8, level)
    assert 0 <= ours.min() <= ours.max() <= 255
    assert np.array_equal(decoded(encoded(gray_u8), level), ours)


def test_the_codec_tells_columns_before_rows_from_rows_before_columns(samples):
    rows_first = low_band(samples.T, 1).T
    assert np.mean(rows_first != decoded(encoded(samples), 1)) > 0.01
