from math import inf, log10

import numpy as np
import pytest

from liftveil.errors import ShapeError
from liftveil.metrics import IDENTICAL_DB, max_error, mean_psnr, mse, psnr, ssim


def flat(level, shape=(12, 13, 3)):
    return np.full(shape, level, np.uint8)


def noise(seed, shape=(24, 31, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_mse_is_the_mean_of_squares_without_wrapping_around():
    assert mse(flat(3), flat(250)) == 247**2
    assert mse(np.array([0, 0, 0, 4], np.uint8), np.array([1, 0, 0, 0], np.uint8)) == 17 / 4


def test_max_error_does_not_wrap_around():
    assert max_error(flat(3), flat(250)) == max_error(flat(250), flat(3)) == 247
    x, y = noise(0), noise(1)
    assert max_error(x, y) == np.abs(x.astype(int) - y).max()
    assert max_error(x, x) == 0
    assert isinstance(max_error(x, y), int)


def test_psnr_of_a_constant_error():
    assert psnr(flat(100), flat(105)) == pytest.approx(20 * log10(255 / 5), abs=1e-12)
    assert psnr(flat(0), flat(255)) == 0


def test_psnr_takes_float_levels():
    assert psnr(flat(100), flat(100) + 0.5) == pytest.approx(20 * log10(510), abs=1e-12)


def test_identical_pictures():
    picture = noise(0)
    assert mse(picture, picture.copy()) == 0
    assert psnr(picture, picture.copy()) == inf
    assert ssim(picture, picture.copy()) == 1


def test_mean_psnr_counts_identical_pairs_as_60():
    assert IDENTICAL_DB == 60
    assert mean_psnr([40.0, inf]) == 50
    assert mean_psnr([inf]) == 60
    assert mean_psnr([30.0, 41.0, 37.0]) == 36


def test_ssim_of_flat_pictures_is_its_luminance_term():
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 140 + c1) / (100**2 + 140**2 + c1)
    assert ssim(flat(100), flat(140)) == pytest.approx(expected, abs=1e-12)


def test_all_are_symmetric_and_order_worse_below_better():
    picture = noise(0)
    near = np.clip(picture + np.random.default_rng(1).normal(0, 5, picture.shape), 0, 255).astype(np.uint8)
    far = noise(2)
    for measure in (psnr, ssim):
        assert measure(picture, near) == pytest.approx(measure(near, picture), abs=1e-12)
        assert measure(picture, near) > measure(picture, far)


def test_ssim_is_the_mean_over_channels():
    picture, other = noise(0), noise(1)
    channels = [ssim(picture[..., k], other[..., k]) for k in range(3)]
    assert ssim(picture, other) == pytest.approx(np.mean(channels), abs=1e-12)


@pytest.mark.parametrize("measure", [max_error, mse, psnr, ssim])
def test_pictures_of_different_shapes_are_refused(measure):
    # the first two shapes could be broadcast
    for shape in ((24, 31, 1), (1, 31, 3), (31, 24, 3), (24, 31)):
        with pytest.raises(ShapeError) as refusal:
            measure(noise(0), noise(1, shape))
        assert refusal.value.actual_shape == shape


@pytest.mark.parametrize("shape", [(10, 31, 3), (31, 10, 3), (10, 10)])
def test_ssim_needs_room_for_its_window(shape):
    with pytest.raises(ShapeError) as refusal:
        ssim(noise(0, shape), noise(1, shape))
    assert refusal.value.actual_shape == shape


def test_ssim_of_the_smallest_picture():
    assert -1 <= ssim(noise(0, (11, 11, 3)), noise(1, (11, 11, 3))) < 0.5
