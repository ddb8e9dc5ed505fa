"""Reflection padding against NumPy's, and its refusals."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liftveil.errors import ShapeError
from liftveil.invertible import TORCH_FLOAT
from liftveil.wavelets import NUMPY_FLOAT, pad_by_reflection


def picture(height, width):
    return np.arange(2.0 * height * width).reshape(1, 2, height, width)


@settings(deadline=None)
@given(st.sampled_from([1, 2, 4, 8, 16]), st.integers(9, 40), st.integers(9, 40))
def test_padding_is_numpy_s_reflection_to_the_next_multiple_and_cropping_undoes_it(multiple, height, width):
    image = picture(height, width)
    padded = pad_by_reflection(image, multiple, NUMPY_FLOAT)
    missing = [(0, 0), (0, 0), (0, -height % multiple), (0, -width % multiple)]
    assert np.array_equal(padded, np.pad(image, missing, mode="reflect"))
    assert np.array_equal(padded[..., :height, :width], image)
    theirs = pad_by_reflection(torch.from_numpy(image), multiple, TORCH_FLOAT)
    assert np.array_equal(theirs.numpy(), padded)


def test_a_picture_that_fits_is_not_copied():
    image = picture(8, 12)
    padded = pad_by_reflection(image, 4, NUMPY_FLOAT)
    assert padded.shape == image.shape
    assert np.shares_memory(padded, image)


def test_the_shortest_side_that_can_be_mirrored():
    image = picture(5, 5)
    assert pad_by_reflection(image, 8, NUMPY_FLOAT).shape == (1, 2, 8, 8)


@pytest.mark.parametrize("shape", [(1, 2, 4, 9), (1, 2, 9, 4), (1, 2, 1, 1)])
def test_a_side_too_short_to_be_mirrored_is_refused(shape):
    with pytest.raises(ShapeError) as refusal:
        pad_by_reflection(np.zeros(shape), 8, NUMPY_FLOAT)
    assert refusal.value.actual_shape == shape
