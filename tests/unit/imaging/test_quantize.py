import numpy as np
import pytest

from liftveil.errors import LiftveilError
from liftveil.imaging.quantize import to_u8


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_halves_go_to_the_even_neighbour(dtype):
    halves = np.arange(255).astype(dtype) + dtype(0.5)
    assert to_u8(halves).tolist() == [round(float(half)) for half in halves]


def test_levels_outside_are_clipped():
    levels = np.array([-np.inf, -300.0, -0.5, 254.5, 255.4, 255.5, 1e9, np.inf])
    assert to_u8(levels).tolist() == [0, 0, 0, 254, 255, 255, 255, 255]


def test_shape_is_kept_and_type_is_uint8():
    pixels = to_u8(np.zeros((2, 3, 4), np.float32))
    assert (pixels.shape, pixels.dtype) == ((2, 3, 4), np.uint8)


def test_nan_is_refused_and_counted():
    with pytest.raises(LiftveilError, match=r"^2 of 3 levels are NaN and cannot become pixels$"):
        to_u8(np.array([1.0, np.nan, np.nan]))
