"""Rounding and clipping in torch: the NumPy twin as oracle, and the gradients."""

import numpy as np
import pytest
import torch

from liftveil.channel import blocks_of, clip_levels, round_levels, through_file
from liftveil.imaging import to_u8
from liftveil.shaping import NoiseShaper

types = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)

TIES = {
    -300.0: 0,
    -1.5: 0,
    -0.5: 0,
    0.5: 0,
    1.5: 2,
    2.5: 2,
    127.5: 128,
    128.5: 128,
    253.5: 254,
    254.5: 254,
    255.5: 255,
    256.5: 255,
    1e9: 255,
}


def many_levels(dtype):
    """Values around and beyond the grey levels, every half among them, and their neighbours."""
    rng = np.random.default_rng(0)
    halves = np.arange(-20, 275, 0.5).astype(np.float32)
    beside = [np.nextafter(halves, np.float32(towards)) for towards in (-1e9, 1e9)]
    levels = np.concatenate([rng.normal(128, 200, 5000), rng.uniform(-1, 256, 5000), halves, *beside])
    return torch.from_numpy(levels).to(dtype)


@types
def test_both_twins_give_the_same_pixels(dtype):
    levels = many_levels(dtype)
    assert np.array_equal(through_file(levels).numpy(), to_u8(levels.numpy()))


@types
def test_ties_go_to_even(dtype):
    levels = torch.tensor(list(TIES), dtype=dtype)
    assert through_file(levels).tolist() == list(TIES.values())
    assert to_u8(levels.numpy()).tolist() == list(TIES.values())


def test_rounding_alone_clips_nothing_and_clipping_alone_rounds_nothing():
    levels = many_levels(torch.float64)
    assert np.array_equal(round_levels(levels).numpy(), np.rint(levels.numpy()))
    assert np.array_equal(clip_levels(levels).numpy(), np.clip(levels.numpy(), 0, 255))


@types
def test_shape_and_type_stay_and_the_argument_is_not_changed(dtype):
    levels = many_levels(dtype)[:24].reshape(2, 3, 2, 2)
    before = levels.clone()
    assert through_file(levels).shape == levels.shape
    assert through_file(levels).dtype == dtype
    assert torch.equal(levels, before)


@pytest.mark.parametrize(
    ("change", "shares"),
    [
        (round_levels, [1, 1, 1, 1, 1, 1]),
        (clip_levels, [0, 1, 1, 1, 0, 0]),
        (through_file, [1, 1, 1, 1, 1, 0]),
    ],
)
def test_the_gradient_passes_rounding_and_is_that_of_the_clamp(change, shares):
    # -0.3 and 255.3 are rounded to grey levels before anything is cut off
    levels = torch.tensor([-0.3, 0.3, 100.5, 254.9, 255.3, 256.0], requires_grad=True)
    upstream = torch.tensor([2.0, -3.0, 5.0, 7.0, 11.0, 13.0])
    (upstream * change(levels)).sum().backward()
    assert levels.grad.tolist() == (upstream * torch.tensor(shares)).tolist()


SAMPLES, PX = NoiseShaper.BLOCK_SAMPLES, NoiseShaper.BLOCK_PX


@pytest.fixture(scope="module")
def shaper():
    """Of a random metric, whose eigenvalues lie between 1 and 100."""
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(SAMPLES, SAMPLES)))
    return NoiseShaper((turn * np.geomspace(1, 100, SAMPLES)) @ turn.T)


@pytest.fixture(scope="module")
def exact_shaper(shaper):
    """One whose sums are exact in float32 for levels that are eighths, so that no order of additions matters."""
    exact = NoiseShaper(shaper.metric)
    exact.feedback = np.round(16 * shaper.feedback) / 16
    return exact


def pictures(*size, batch=2):
    """Levels within and beyond the grey levels, all of them eighths."""
    return torch.from_numpy(np.round(8 * np.random.default_rng(0).uniform(-9, 264, (batch, 3, *size))) / 8)


def as_arrays(batch):
    return [picture.permute(1, 2, 0).numpy() for picture in batch]


class TestShapedNoise:
    @types
    @pytest.mark.parametrize("size", [(1, 6), (8, 12), (5, 7), (17, 22), (262, 3)])
    def test_both_twins_give_the_same_pixels(self, exact_shaper, size, dtype):
        levels = pictures(*size).to(dtype)
        filed = [exact_shaper.whole(picture) for picture in as_arrays(levels)]
        rounded = [exact_shaper.whole(picture, -np.inf, np.inf) for picture in as_arrays(levels)]
        np.testing.assert_array_equal(as_arrays(through_file(levels, exact_shaper)), filed)
        np.testing.assert_array_equal(as_arrays(round_levels(levels, exact_shaper)), rounded)
        assert not torch.equal(through_file(levels, exact_shaper), through_file(levels))
        assert not torch.equal(round_levels(levels, exact_shaper), round_levels(levels))

    def test_both_twins_agree_on_any_numbers_but_for_sums_that_are_nearly_halves(self, shaper):
        levels = 255 * torch.rand((1, 3, 64, 60), generator=torch.Generator().manual_seed(0))
        [ours], [levels] = as_arrays(through_file(levels, shaper)), as_arrays(levels)
        theirs = shaper.whole(levels)
        assert (ours == theirs).mean() > 0.99
        assert (ours == to_u8(levels)).mean() < 0.8

    def test_is_none_if_the_metric_is_the_identity(self):
        levels = pictures(9, 10)
        plain = NoiseShaper(np.eye(SAMPLES))
        assert torch.equal(through_file(levels, plain), through_file(levels))
        assert torch.equal(round_levels(levels, plain), round_levels(levels))

    @types
    def test_leaves_shape_and_type_and_the_argument(self, shaper, dtype):
        levels = pictures(6, 9).to(dtype)
        before = levels.clone()
        for change in (round_levels, through_file):
            assert change(levels, shaper).shape == levels.shape
            assert change(levels, shaper).dtype == dtype
        assert torch.equal(levels, before)

    def test_of_a_file_has_the_gradient_of_the_clamp(self, shaper):
        levels, upstream = pictures(6, 9).requires_grad_(), pictures(6, 9) + 1
        [expected] = torch.autograd.grad((upstream * clip_levels(levels)).sum(), levels)
        [found] = torch.autograd.grad((upstream * through_file(levels, shaper)).sum(), levels)
        assert torch.equal(found, expected)
        assert (expected == 0).any()

    def test_of_rounding_alone_has_the_gradient_of_the_identity(self, shaper):
        levels, upstream = pictures(6, 9).requires_grad_(), pictures(6, 9) + 1
        (upstream * round_levels(levels, shaper)).sum().backward()
        assert torch.equal(levels.grad, upstream)


def test_blocks_go_from_left_to_right_and_top_to_bottom_and_picture_to_picture():
    batch = torch.arange(2 * 3 * 8 * 12).reshape(2, 3, 8, 12)
    columns = [
        picture[:, top : top + PX, left : left + PX].flatten()
        for picture in batch
        for top in (0, 4)
        for left in (0, 4, 8)
    ]
    assert torch.equal(blocks_of(batch), torch.stack(columns, dim=1))
