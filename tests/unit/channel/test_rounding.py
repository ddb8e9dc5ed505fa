"""Rounding and clipping in torch: the NumPy twin as oracle, and the gradients."""

import numpy as np
import pytest
import torch

from liftveil.channel import clip_levels, round_levels, through_file
from liftveil.imaging import to_u8

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
