import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from liftveil.errors import LiftveilError, ShapeError
from liftveil.imaging.color import luma, rct_forward, rct_inverse

RANDOM = np.random.default_rng(7)
WIDE = st.integers(-(2**60), 2**60)
ANY_INTEGERS = st.one_of(
    hnp.arrays(dtype, (2, 3)) for dtype in (np.uint8, np.int8, np.uint16, np.int16, np.int32, np.uint32)
) | hnp.arrays(np.int64, (2, 3), elements=WIDE)


def test_luma_is_pillows_grey_before_rounding():
    rgb_u8 = RANDOM.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    pillows = np.asarray(Image.fromarray(rgb_u8).convert("L"))
    assert np.abs(luma(rgb_u8) - pillows).max() < 0.501


def test_luma_of_grey_is_the_grey_level_in_full_range():
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
    np.testing.assert_allclose(luma(greys), np.arange(256), atol=1e-12)


def test_luma_is_float64_without_the_channel_axis():
    values = luma(np.zeros((4, 5, 3), np.uint8))
    assert (values.shape, values.dtype) == ((4, 5), np.float64)


@pytest.mark.parametrize("weight", [(0, 0.299), (1, 0.587), (2, 0.114)])
def test_luma_weighs_by_bt601(weight):
    channel, factor = weight
    pixel = np.zeros((1, 3), np.uint8)
    pixel[0, channel] = 200
    assert luma(pixel)[0] == pytest.approx(200 * factor)


@settings(deadline=None)
@given(ANY_INTEGERS)
def test_forward_is_the_formula_of_the_standard(rgb):
    expected = [[(r + 2 * g + b) // 4, b - g, r - g] for r, g, b in rgb.tolist()]
    assert rct_forward(rgb).tolist() == expected


@settings(deadline=None)
@given(ANY_INTEGERS)
def test_inverse_undoes_forward(rgb):
    assert rct_inverse(rct_forward(rgb)).tolist() == rgb.tolist()


@settings(deadline=None)
@given(ANY_INTEGERS)
def test_forward_undoes_inverse(yuv):
    assert rct_forward(rct_inverse(yuv)).tolist() == yuv.tolist()


@pytest.mark.parametrize(("narrow", "wide"), [(np.uint8, np.int32), (np.uint16, np.int32), (np.int32, np.int64)])
def test_result_has_room_for_differences(narrow, wide):
    assert rct_forward(np.zeros((1, 3), narrow)).dtype == wide


@pytest.mark.parametrize("transform", [luma, rct_forward, rct_inverse])
@pytest.mark.parametrize("shape", [(), (4,), (3, 4), (3, 4, 4)])
def test_other_than_three_channels_are_refused(transform, shape):
    with pytest.raises(ShapeError, match="three colour channels") as refusal:
        transform(np.zeros(shape, np.uint8))
    assert refusal.value.actual_shape == shape


@pytest.mark.parametrize("transform", [rct_forward, rct_inverse])
def test_floats_have_no_reversible_transform(transform):
    with pytest.raises(LiftveilError, match="takes integers, not float32"):
        transform(np.zeros((2, 3), np.float32))
