import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from liftveil.exact.costs import COSTS, hill

NOISE = np.random.default_rng(1).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def picture(height=40, width=60):
    """Smooth on the left, restless on the right."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(60, 190, width)[np.newaxis, :, np.newaxis] * np.ones((height, 1, 3))
    noise = rng.normal(0, 20, ramp.shape) * (np.arange(width) >= width // 2)[np.newaxis, :, np.newaxis]
    return np.clip(ramp + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", COSTS)
class TestEvery:
    def test_changes_are_cheaper_where_it_is_restless(self, name):
        costs = COSTS[name](picture())
        assert costs.shape == (40, 60, 3)
        assert costs.dtype == np.float32
        assert costs[:, :20].min() > 3 * costs[:, 40:].max()

    def test_costs_are_positive_finite_and_scaled(self, name):
        for pixels in (picture(), np.full((30, 30, 3), 255, np.uint8), picture(1, 683), picture(683, 1)):
            costs = COSTS[name](pixels)
            assert np.isfinite(costs).all()
            assert costs.min() > 0
            assert costs.mean() == pytest.approx(1, rel=1e-3)

    def test_channels_are_judged_apart(self, name):
        pixels, changed = NOISE, NOISE.copy()
        changed[..., 2] //= 4
        ratio = COSTS[name](changed)[..., :2] / COSTS[name](pixels)[..., :2]
        assert np.ptp(ratio) < 1e-3 * ratio.mean()  # the scale changes, nothing else does


def test_hill_is_that_of_the_paper_inside_the_picture():
    pixels = NOISE[..., 0]
    kernel = np.array([[-1, 2, -1], [2, -4, 2], [-1, 2, -1]])
    residual = np.abs((sliding_window_view(pixels.astype(float), (3, 3)) * kernel).sum(axis=(2, 3)))
    blurred = sliding_window_view(residual, (3, 3)).mean(axis=(2, 3))
    expected = sliding_window_view(1 / blurred, (15, 15)).mean(axis=(2, 3))
    found = hill(NOISE)[9:-9, 9:-9, 0]
    assert found.shape == expected.shape
    ratio = found / expected
    assert np.ptp(ratio) < 1e-3 * ratio.mean()
