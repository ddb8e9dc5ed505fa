"""MS-SSIM where its value is known without an implementation; tests/oracle compares it with torchmetrics."""

import numpy as np
import pytest

from liftveil.errors import ShapeError
from liftveil.metrics import MS_SSIM_LEAST_PX, ms_ssim

SHAPE = (180, 203, 3)


def noise(seed, shape=SHAPE):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_identical_pictures_give_exactly_one():
    assert ms_ssim(noise(0), noise(0)) == 1


def test_flat_pictures_differ_by_the_luminance_of_the_coarsest_scale():
    c1 = (0.01 * 255) ** 2
    luminance = (2 * 100 * 140 + c1) / (100**2 + 140**2 + c1)
    flat = np.full(SHAPE, 100, np.uint8)
    assert ms_ssim(flat, flat + np.uint8(40)) == pytest.approx(luminance**0.1333, abs=1e-9)


def test_fine_noise_counts_less_than_coarse_noise_of_the_same_strength():
    x = np.full((256, 256), 128, np.uint8)
    signs = np.random.default_rng(0).choice([-20, 20], (256, 256))
    fine, coarse = (np.kron(signs[: 256 // k, : 256 // k], np.ones((k, k), int)) for k in (1, 8))
    assert np.mean(fine**2) == np.mean(coarse**2)
    assert ms_ssim(x, (x + fine).astype(np.uint8)) > ms_ssim(x, (x + coarse).astype(np.uint8))


def test_a_negative_mean_counts_as_zero():
    assert ms_ssim(noise(0), 255 - noise(0)) == 0


def test_it_is_symmetric_and_decreases_with_noise():
    x = noise(0)
    values = []
    for deviation in (2, 10, 40):
        y = np.clip(x + np.random.default_rng(1).normal(0, deviation, x.shape), 0, 255).astype(np.uint8)
        values.append(ms_ssim(x, y))
        assert ms_ssim(y, x) == pytest.approx(values[-1], abs=1e-12)
    assert 1 > values[0] > values[1] > values[2] > 0


def test_the_smallest_pictures():
    assert MS_SSIM_LEAST_PX == 176
    assert 0 < ms_ssim(noise(0, (176, 176)), noise(0, (176, 176)) ^ 1) < 1
    for shape in ((175, 300, 3), (300, 175), (40, 40, 3)):
        with pytest.raises(ShapeError, match="at least 176") as refusal:
            ms_ssim(noise(0, shape), noise(1, shape))
        assert refusal.value.actual_shape == shape


def test_pictures_of_different_shapes_are_refused():
    with pytest.raises(ShapeError) as refusal:
        ms_ssim(noise(0), noise(0)[..., :1])
    assert refusal.value.actual_shape == (180, 203, 1)
