"""What measures refuse, and how they take pictures apart."""

import numpy as np
import pytest

from liftveil.errors import ShapeError
from liftveil.metrics.shapes import plane_pairs, require_least_side, require_same_shape


def test_shapes_that_numpy_would_broadcast_are_refused():
    require_same_shape(np.zeros((4, 5, 3)), np.ones((4, 5, 3)))
    for shape in ((1, 5, 3), (4, 5, 1), (4, 5), (5, 4, 3)):
        with pytest.raises(ShapeError, match="the shape of the reference") as refusal:
            require_same_shape(np.zeros((4, 5, 3)), np.zeros(shape))
        assert refusal.value.actual_shape == shape


@pytest.mark.parametrize("shape", [(11, 30, 3), (30, 11)])
def test_the_shorter_side_counts_and_channels_are_no_side(shape):
    require_least_side(np.zeros(shape), 11)
    with pytest.raises(ShapeError, match="at least 12") as refusal:
        require_least_side(np.zeros(shape), 12)
    assert refusal.value.actual_shape == shape


def test_colour_pictures_come_channel_by_channel():
    x, y = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3), dtype=np.uint8)
    pairs = list(plane_pairs(x, y))
    assert len(pairs) == 3
    for channel, (first, second) in enumerate(pairs):
        assert (first.dtype, second.dtype) == (np.float64, np.float64)
        np.testing.assert_array_equal(first, x[:, :, channel])
        np.testing.assert_array_equal(second, y[:, :, channel])


def test_a_grey_picture_is_one_channel():
    grey = np.arange(20, dtype=np.uint8).reshape(4, 5)
    [(first, second)] = plane_pairs(grey, grey + 1)
    np.testing.assert_array_equal(first, grey)
    np.testing.assert_array_equal(second, first + 1)
