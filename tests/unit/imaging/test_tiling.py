from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftveil.imaging.tiling import spans

SIDES = st.integers(1, 300)


@given(SIDES, st.integers(1, 80), st.integers(0, 40))
def test_spans_cover_a_side_once_and_see_their_surroundings(length, tile_px, context_px):
    cut = list(spans(length, tile_px=tile_px, context_px=context_px))
    assert [pixel for span in cut for pixel in range(span.first, span.end)] == list(range(length))
    for span in cut:
        assert span.read_first == max(0, span.first - context_px)
        assert span.read_end == min(length, span.end + context_px)


@given(SIDES, SIDES, st.integers(8, 80), st.integers(0, 40))
def test_what_is_kept_of_what_was_read_is_the_tile_itself(height, width, tile_px, context_px):
    picture = np.arange(height * width).reshape(height, width)
    rebuilt = np.zeros_like(picture)
    cut = [list(spans(side, tile_px=tile_px, context_px=context_px)) for side in (height, width)]
    for rows, columns in product(*cut):
        rebuilt[rows.own, columns.own] = picture[rows.read, columns.read][rows.kept, columns.kept]
    np.testing.assert_array_equal(rebuilt, picture)


@pytest.mark.parametrize(("length", "count"), [(64, 1), (65, 2), (128, 2)])
def test_number_of_spans(length, count):
    assert len(list(spans(length, tile_px=64, context_px=8))) == count
