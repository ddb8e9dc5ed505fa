"""PSNR and SSIM against scikit-image."""

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

from liftveil.metrics import mse, psnr, ssim


@pytest.fixture(params=["cover", "secret"])
def photograph(request, photographs):
    with Image.open(getattr(photographs, request.param)) as picture:
        return np.asarray(picture.convert("RGB"))[100:301, 150:411]  # odd sides


def noisy(picture, deviation):
    noise = np.random.default_rng(0).normal(0, deviation, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def theirs_ssim(reference, picture, channel_axis):
    return structural_similarity(
        reference,
        picture,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=channel_axis,
        data_range=255,
    )


@pytest.mark.parametrize("deviation", [0.5, 3, 25, 200])
def test_noise_on_a_photograph(photograph, deviation):
    other = noisy(photograph, deviation)
    assert mse(photograph, other) == pytest.approx(mean_squared_error(photograph, other), abs=1e-9)
    expected_db = peak_signal_noise_ratio(photograph, other, data_range=255)
    assert psnr(photograph, other) == pytest.approx(expected_db, abs=1e-9)
    assert ssim(photograph, other) == pytest.approx(theirs_ssim(photograph, other, 2), abs=1e-9)


def test_two_different_photographs(photographs):
    pictures = []
    for path in photographs:
        with Image.open(path) as picture:
            pictures.append(np.asarray(picture.convert("RGB"))[:128, :96])
    expected_db = peak_signal_noise_ratio(*pictures, data_range=255)
    assert psnr(*pictures) == pytest.approx(expected_db, abs=1e-9)
    assert ssim(*pictures) == pytest.approx(theirs_ssim(*pictures, 2), abs=1e-9)


def test_a_gray_photograph(photograph):
    gray, other = photograph[..., 1], noisy(photograph, 10)[..., 1]
    assert psnr(gray, other) == pytest.approx(peak_signal_noise_ratio(gray, other, data_range=255), abs=1e-9)
    assert ssim(gray, other) == pytest.approx(theirs_ssim(gray, other, None), abs=1e-9)


def test_the_smallest_picture(photograph):
    small = photograph[:11, :11]
    assert ssim(small, noisy(small, 10)) == pytest.approx(theirs_ssim(small, noisy(small, 10), 2), abs=1e-9)
