"""The float transform against PyWavelets.

PyWavelets extends the signal before it filters, so its bands are longer: ours begin `shift` samples later.
Its high-pass filters have the opposite sign, so bands that were filtered once by them are negated and `hh`,
filtered twice, is not. Its mode ``reflect`` is the whole-sample symmetric extension that lifting uses; only
for an odd last sample of the Haar pair it has to be ``symmetric``.
"""

from typing import NamedTuple

import numpy as np
import pytest
import pywt
import torch

from liftveil.invertible import TORCH_FLOAT
from liftveil.wavelets import NUMPY_FLOAT, SCHEMES, Subbands, decompose, decompose_once, reconstruct_once

# Analysis filters of 9/7-M as they are published (Adams and Kossentini 2000); the other two follow from them.
LOW_9_7_M = np.array([1, 0, -8, 16, 46, 16, -8, 0, 1]) / 64 * 2**0.5
HIGH_9_7_M = np.array([1, 0, -9, 16, -9, 0, 1]) / 16 / 2**0.5


def bank_9_7_m():
    """Four filters of even length, placed and signed like those of ``bior4.4``."""
    alternate = np.resize([-1, 1], 9)
    filters = (
        [0, *LOW_9_7_M],
        [0, *-HIGH_9_7_M, 0, 0],
        [0, *(HIGH_9_7_M * alternate[:7]), 0, 0],
        [0, *(LOW_9_7_M * alternate)],
    )
    return pywt.Wavelet("9/7-m", filter_bank=filters)


class Oracle(NamedTuple):
    wavelet: pywt.Wavelet
    shift: int
    mode: str


ORACLES = {
    "haar": Oracle(pywt.Wavelet("haar"), 0, "symmetric"),
    "legall5/3": Oracle(pywt.Wavelet("bior2.2"), 1, "reflect"),
    "9/7-m": Oracle(bank_9_7_m(), 2, "reflect"),
    "cdf9/7": Oracle(pywt.Wavelet("bior4.4"), 2, "reflect"),
}
SIZES = [(16, 24), (17, 23), (32, 31), (63, 40), (8, 8), (5, 6), (2, 3)]
TOLERANCE = {np.float64: 1e-9, np.float32: 1e-5}

oracles = pytest.mark.parametrize("name", SCHEMES)
sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
precisions = pytest.mark.parametrize("dtype", TOLERANCE, ids=lambda dtype: dtype.__name__)
libraries = pytest.mark.parametrize(
    ("load", "arithmetic"),
    [(np.asarray, NUMPY_FLOAT), (torch.from_numpy, TORCH_FLOAT)],
    ids=["numpy", "torch"],
)


def picture(size):
    return np.random.default_rng(size).uniform(0, 255, size)


def oracle_bands(image, name):
    """PyWavelets' bands of one level, with our lengths, signs and letters."""
    wavelet, shift, mode = ORACLES[name]
    low, (horizontal, vertical, diagonal) = pywt.dwt2(image, wavelet, mode)
    rows, columns = ((side + 1) // 2 for side in image.shape)
    few_rows, few_columns = (side // 2 for side in image.shape)

    def cut(band, height, width):
        return band[shift : shift + height, shift : shift + width]

    return Subbands(
        cut(low, rows, columns),
        -cut(horizontal, few_rows, columns),
        -cut(vertical, rows, few_columns),
        cut(diagonal, few_rows, few_columns),
    )


def assert_close(bands, expected, tolerance):
    largest = max(np.abs(band).max() for band in expected)
    for band, theirs in zip(bands, expected, strict=True):
        assert np.asarray(band).shape == theirs.shape
        np.testing.assert_allclose(np.asarray(band), theirs, rtol=0, atol=tolerance * largest)


def test_every_scheme_has_its_oracle():
    assert set(ORACLES) == set(SCHEMES)


@oracles
def test_oracle_reconstructs_by_itself(name):
    wavelet, _, mode = ORACLES[name]
    image = picture((24, 26))
    np.testing.assert_allclose(pywt.idwt2(pywt.dwt2(image, wavelet, mode), wavelet, mode), image, rtol=0, atol=1e-9)


@libraries
@precisions
@sizes
@oracles
def test_one_level_gives_pywavelets_bands(name, size, dtype, load, arithmetic):
    image = picture(size)
    bands = decompose_once(load(image.astype(dtype)), SCHEMES[name], arithmetic)
    assert all(np.asarray(band).dtype == dtype for band in bands)
    assert_close(bands, oracle_bands(image, name), TOLERANCE[dtype])


@libraries
@precisions
@pytest.mark.parametrize("size", [(64, 48), (61, 43)], ids=["even", "odd"])
@oracles
def test_four_levels_give_pywavelets_bands_level_by_level(name, size, dtype, load, arithmetic):
    image = picture(size)
    pyramid = decompose(load(image.astype(dtype)), SCHEMES[name], 4, arithmetic)
    low = image
    for bands in pyramid.details:
        low, *expected = oracle_bands(low, name)
        assert_close(bands, expected, TOLERANCE[dtype])
    assert_close([pyramid.ll], [low], TOLERANCE[dtype])


def test_haar_pyramid_is_pywavelets_wavedec2():
    image = picture((64, 48))
    low, *coarse_to_fine = pywt.wavedec2(image, "haar", level=4)
    pyramid = decompose(image, SCHEMES["haar"], 4, NUMPY_FLOAT)
    assert_close([pyramid.ll], [low], 1e-12)
    for (lh, hl, hh), (horizontal, vertical, diagonal) in zip(pyramid.details, reversed(coarse_to_fine), strict=True):
        assert_close([lh, hl, hh], [-horizontal, -vertical, diagonal], 1e-12)


@libraries
@precisions
@sizes
@oracles
def test_reconstruction_from_pywavelets_bands_gives_the_picture(name, size, dtype, load, arithmetic):
    image = picture(size)
    bands = Subbands(*(load(band.astype(dtype)) for band in oracle_bands(image, name)))
    returned = reconstruct_once(bands, SCHEMES[name], arithmetic)
    assert np.asarray(returned).dtype == dtype
    assert_close([returned], [image], TOLERANCE[dtype])
