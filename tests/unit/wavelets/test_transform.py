"""Pictures over several levels: exactness, packing, refusals."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from liftveil.errors import ShapeError
from liftveil.invertible import TORCH_FLOAT, TORCH_INTEGER
from liftveil.wavelets import (
    NUMPY_FLOAT,
    NUMPY_INTEGER,
    SCHEMES,
    Pyramid,
    Subbands,
    decompose,
    decompose_once,
    pack,
    packed_band_gains,
    reconstruct,
    reconstruct_once,
    unpack,
)

schemes = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
law = settings(deadline=None, max_examples=40)


def most_levels(height, width):
    """Levels until a side has one sample left; halves are rounded up."""
    return (min(height, width) - 1).bit_length()


def bands_of(pyramid):
    return [pyramid.ll, *(band for bands in pyramid.details for band in bands)]


@st.composite
def decomposable(draw, most, dtype=np.float64, levels=4):
    """A picture of integers up to `most` in size, and a number of levels that it allows."""
    height, width = draw(st.integers(2, 19)), draw(st.integers(2, 19))
    levels = draw(st.integers(1, min(levels, most_levels(height, width))))
    elements = st.integers(-most, most).map(float)
    return draw(arrays(dtype, (2, height, width), elements=elements, fill=elements)), levels


@schemes
@law
@given(case=decomposable(10**9))
def test_integers_up_to_a_billion_come_back_in_float64(scheme, case):
    image, levels = case
    pyramid = decompose(image, scheme, levels, NUMPY_INTEGER)
    assert all(np.array_equal(band, np.rint(band)) for band in bands_of(pyramid))
    assert np.array_equal(reconstruct(pyramid, scheme, NUMPY_INTEGER), image)


@schemes
@law
@given(case=decomposable(2**20, np.float32, levels=1))
def test_integers_up_to_twenty_bits_come_back_in_float32(scheme, case):
    image, levels = case
    returned = reconstruct(decompose(image, scheme, levels, NUMPY_INTEGER), scheme, NUMPY_INTEGER)
    assert returned.dtype == np.float32
    assert np.array_equal(returned, image)


@schemes
@law
@given(case=decomposable(2**16, np.float32))
def test_integers_up_to_sixteen_bits_come_back_from_every_level_in_float32(scheme, case):
    image, levels = case
    returned = reconstruct(decompose(image, scheme, levels, NUMPY_INTEGER), scheme, NUMPY_INTEGER)
    assert np.array_equal(returned, image)


@schemes
@law
@given(case=decomposable(10**6))
def test_float_transform_is_undone_up_to_rounding(scheme, case):
    image, levels = case
    returned = reconstruct(decompose(image, scheme, levels, NUMPY_FLOAT), scheme, NUMPY_FLOAT)
    np.testing.assert_allclose(returned, image, rtol=0, atol=1e-12 * max(1.0, np.abs(image).max()))


@schemes
@law
@given(case=decomposable(10**6))
def test_torch_gives_the_same_numbers_as_numpy(scheme, case):
    image, levels = case
    tensor = torch.from_numpy(image)
    mine = bands_of(decompose(image, scheme, levels, NUMPY_INTEGER))
    theirs = decompose(tensor, scheme, levels, TORCH_INTEGER)
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(mine, bands_of(theirs), strict=True))
    assert torch.equal(reconstruct(theirs, scheme, TORCH_INTEGER), tensor)
    mine = bands_of(decompose(image, scheme, levels, NUMPY_FLOAT))
    theirs = bands_of(decompose(tensor, scheme, levels, TORCH_FLOAT))
    most = max(1.0, *(np.abs(band).max(initial=0) for band in mine))
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(b.numpy(), a, rtol=0, atol=1e-12 * most)


@schemes
def test_ten_thousand_random_pictures_come_back_exactly(scheme):
    rng = np.random.default_rng(20240611)
    tried, shapes = 0, set()
    for _ in range(1000):
        height, width = map(int, rng.integers(2, 41, 2))
        levels = int(rng.integers(1, min(4, most_levels(height, width)) + 1))
        pictures = rng.integers(-100_000, 100_001, (10, height, width)).astype(np.float64)
        pyramid = decompose(pictures, scheme, levels, NUMPY_INTEGER)
        assert len(pyramid.details) == levels
        assert all(np.array_equal(band, np.rint(band)) for band in bands_of(pyramid)), (height, width, levels)
        returned = reconstruct(pyramid, scheme, NUMPY_INTEGER)
        assert np.array_equal(returned, pictures), (height, width, levels)
        tried += len(pictures)
        shapes.add((height % 2, width % 2, levels))
    assert tried == 10_000
    assert len(shapes) == 16  # both parities of each side at every number of levels


@schemes
def test_letters_of_the_bands_name_the_filter_along_the_width_first(scheme):
    stripes = np.tile(np.resize([0.0, 100.0], 16), (16, 1))  # change along the width only
    across = decompose_once(stripes, scheme, NUMPY_FLOAT)
    assert np.abs(across.hl).min() > 50
    assert max(np.abs(across.lh).max(), np.abs(across.hh).max()) < 1e-6
    along = decompose_once(stripes.T, scheme, NUMPY_FLOAT)
    assert np.abs(along.lh).min() > 50
    assert max(np.abs(along.hl).max(), np.abs(along.hh).max()) < 1e-6


@schemes
def test_bands_have_ceil_and_floor_of_half_the_sides(scheme):
    bands = decompose_once(np.zeros((2, 3, 7, 10)), scheme, NUMPY_INTEGER)
    assert [band.shape[-2:] for band in bands] == [(4, 5), (3, 5), (4, 5), (3, 5)]


def test_no_level_leaves_the_picture_as_it_is():
    image = np.random.default_rng(0).normal(size=(1, 3, 5, 6))
    pyramid = decompose(image, SCHEMES["haar"], 0, NUMPY_FLOAT)
    assert pyramid.details == ()
    assert np.array_equal(reconstruct(pyramid, SCHEMES["haar"], NUMPY_FLOAT), image)
    assert np.array_equal(pack(pyramid, NUMPY_FLOAT), image)
    assert packed_band_gains(SCHEMES["haar"], 0) == (1.0,)


def some_pyramid(levels, colours, grid):
    rng = np.random.default_rng(levels)
    height, width = grid

    def band(factor):
        return rng.normal(size=(2, colours, height * factor, width * factor))

    details = [tuple(band(2 ** (levels - 1 - level)) for _ in range(3)) for level in range(levels)]
    return Pyramid(band(1), tuple(details))


@pytest.mark.parametrize("grid", [(1, 1), (3, 2), (2, 5)])
@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_unpack_undoes_pack_in_both_libraries(levels, colours, grid):
    pyramid = some_pyramid(levels, colours, grid)
    packed = pack(pyramid, NUMPY_FLOAT)
    assert packed.shape == (2, colours * 4**levels, *grid)
    returned = unpack(packed, levels, NUMPY_FLOAT)
    assert len(returned.details) == levels
    for before, after in zip(bands_of(pyramid), bands_of(returned), strict=True):
        assert np.array_equal(before, after)
    theirs = unpack(torch.from_numpy(packed), levels, TORCH_FLOAT)
    assert np.array_equal(pack(theirs, TORCH_FLOAT).numpy(), packed)
    for before, after in zip(bands_of(pyramid), bands_of(theirs), strict=True):
        assert np.array_equal(before, after.numpy())


def test_packed_channels_are_coarse_first_then_one_for_each_place_in_a_cell():
    pyramid = some_pyramid(2, 3, (4, 5))
    packed = pack(pyramid, NUMPY_FLOAT)
    fine, coarse = pyramid.details
    expected = [pyramid.ll, *coarse]
    expected += [band[..., row::2, column::2] for band in fine for row in (0, 1) for column in (0, 1)]
    assert np.array_equal(packed, np.concatenate(expected, axis=1))


@schemes
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_gains_turn_packed_integers_into_the_float_transform(scheme, levels):
    image = np.random.default_rng(0).integers(-100_000, 100_000, (2, 3, 16, 24)).astype(np.float64)
    whole = pack(decompose(image, scheme, levels, NUMPY_INTEGER), NUMPY_INTEGER)
    exact = pack(decompose(image, scheme, levels, NUMPY_FLOAT), NUMPY_FLOAT)
    gains = np.repeat(packed_band_gains(scheme, levels), 3)[:, None, None]
    assert np.abs(whole * gains - exact).max() < 4 * 2**levels  # a few roundings at the largest gain
    assert np.abs(whole - exact).max() > 10_000


@schemes
@pytest.mark.parametrize(
    ("shape", "levels", "met"),
    [
        ((1, 5), 1, (1, 5)),
        ((5, 1), 1, (5, 1)),
        ((2, 3, 8, 4), 3, (2, 3, 2, 1)),
    ],
)
def test_a_side_of_one_sample_cannot_be_split(scheme, shape, levels, met):
    with pytest.raises(ShapeError) as refusal:
        decompose(np.zeros(shape), scheme, levels, NUMPY_INTEGER)
    assert refusal.value.actual_shape == met


@schemes
@pytest.mark.parametrize("wrong", ["lh", "hl", "hh"])
def test_bands_of_different_pictures_are_refused(scheme, wrong):
    bands = decompose_once(np.zeros((8, 8)), scheme, NUMPY_FLOAT)
    with pytest.raises(ShapeError):
        reconstruct_once(Subbands(**{**bands._asdict(), wrong: np.zeros((7, 7))}), scheme, NUMPY_FLOAT)


@pytest.mark.parametrize(
    ("shape", "levels", "met"),
    [
        ((1, 3, 6, 7), 1, (1, 3, 3, 3)),
        ((1, 3, 7, 6), 1, (1, 3, 3, 3)),
        ((1, 3, 8, 6), 2, (1, 3, 2, 1)),
    ],
)
def test_sides_that_are_no_multiples_cannot_be_packed(shape, levels, met):
    pyramid = decompose(np.zeros(shape), SCHEMES["haar"], levels, NUMPY_FLOAT)
    with pytest.raises(ShapeError) as refusal:
        pack(pyramid, NUMPY_FLOAT)
    assert refusal.value.actual_shape == met


def test_channels_that_are_no_multiple_cannot_be_unpacked():
    with pytest.raises(ShapeError) as refusal:
        unpack(np.zeros((1, 12, 4, 4)), 2, NUMPY_FLOAT)
    assert refusal.value.actual_shape == (1, 12, 4, 4)
