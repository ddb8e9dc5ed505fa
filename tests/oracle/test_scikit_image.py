"""PSNR, SSIM and mean squared error against scikit-image."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2ycbcr
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

from liftveil.comparison import compare
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


def as_jpeg(picture, quality):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def resampled(picture):
    height, width = picture.shape[:2]
    return np.asarray(Image.fromarray(picture).resize((width // 3, height // 3)).resize((width, height)))


DISTORTIONS = {
    "jpeg 10": lambda picture: as_jpeg(picture, 10),
    "jpeg 90": lambda picture: as_jpeg(picture, 90),
    "resampled": resampled,
    "shifted": lambda picture: np.roll(picture, 2, axis=0),
    "lowest bits replaced": lambda picture: picture & 0xF0 | np.rot90(picture, 2) >> 4,
    "darker": lambda picture: picture // 2,
    "negative": lambda picture: 255 - picture,
}


@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_distorted_photographs(photograph, distortion):
    other = DISTORTIONS[distortion](photograph)
    found = compare(photograph, other)
    assert found["psnr_db"] == pytest.approx(peak_signal_noise_ratio(photograph, other, data_range=255), abs=1e-9)
    assert found["ssim"] == pytest.approx(theirs_ssim(photograph, other, 2), abs=1e-9)
    assert found["mse"] == pytest.approx(mean_squared_error(photograph, other), abs=1e-9)
    assert found["ber"] == pytest.approx((np.unpackbits(photograph) != np.unpackbits(other)).mean(), abs=1e-12)
    # rgb2ycbcr's luma is that of studio range: 219 levels above 16.
    lumas = [(rgb2ycbcr(picture)[..., 0] - 16) * 255 / 219 for picture in (photograph, other)]
    expected_db = peak_signal_noise_ratio(*lumas, data_range=255)
    assert found["y_psnr_db"] == pytest.approx(expected_db, abs=1e-3)  # its weights have three digits more
