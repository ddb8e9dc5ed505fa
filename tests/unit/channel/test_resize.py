"""Scaling and scaling back: Pillow as oracle, for 8-bit pixels and, in its float mode, for the gradient."""

import numpy as np
import pytest
import torch
from PIL import Image

from liftveil.channel import rescale, through_file
from liftveil.metrics import psnr

FACTORS = [0.25, 0.3, 0.5, 0.77, 1.3, 1.5, 2.0]
SIZES = [(5, 4), (7, 3), (6, 1), (1, 6), (1, 1)]

types = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
factors = pytest.mark.parametrize("factor", FACTORS)
sizes = pytest.mark.parametrize("size", SIZES)


def new_size(height, width, factor):
    return max(1, round(height * factor)), max(1, round(width * factor))


def by_pillow(picture, factor):
    height, width = picture.shape[:2]
    smaller = Image.fromarray(picture).resize(new_size(height, width, factor)[::-1], Image.Resampling.BICUBIC)
    return np.array(smaller.resize((width, height), Image.Resampling.BICUBIC))


def by_torch(picture, factor, dtype=torch.float64):
    levels = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].to(dtype)
    return rescale(levels, factor)[0].permute(1, 2, 0).numpy()


def require_near(picture, factor, dtype=torch.float64):
    expected, got = by_pillow(picture, factor), by_torch(picture, factor, dtype)
    assert np.abs(got - expected).max() <= 2
    assert psnr(expected, got) > 60


@types
@factors
def test_photographs_come_out_as_from_pillow(factor, dtype, cropped):
    for picture in cropped(150, 101):
        require_near(picture, factor, dtype)


@factors
def test_pictures_that_overshoot_at_every_pixel_come_out_as_from_pillow(factor):
    noise = np.random.default_rng(0).integers(0, 256, (90, 131, 3), dtype=np.uint8)
    require_near(noise, factor)
    require_near((noise > 127).astype(np.uint8) * 255, factor)


@factors
@sizes
def test_any_size_comes_out_as_from_pillow(factor, size):
    picture = np.random.default_rng(size).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert np.abs(by_torch(picture, factor) - by_pillow(picture, factor)).max() <= 2


def test_the_picture_is_saved_before_it_is_scaled():
    levels = 128 + 300 * torch.randn((2, 3, 9, 8), generator=torch.Generator().manual_seed(0))
    assert torch.equal(rescale(levels, 0.5), rescale(through_file(levels), 0.5))
    assert torch.equal(rescale(levels, 1.0), through_file(levels))


@types
def test_a_batch_is_scaled_picture_by_picture_and_keeps_shape_and_type(dtype):
    levels = 255 * torch.rand((2, 3, 9, 8), dtype=dtype, generator=torch.Generator().manual_seed(0))
    before = levels.clone()
    for layout in (torch.contiguous_format, torch.channels_last):
        scaled = rescale(levels.contiguous(memory_format=layout), 0.5)
        assert scaled.shape == levels.shape
        assert scaled.dtype == dtype
        assert torch.equal(scaled, torch.cat([rescale(picture, 0.5) for picture in levels.split(1)]))
        assert torch.equal(scaled, through_file(scaled))
    assert torch.equal(levels, before)


def matrix(old, new):
    """Pillow's bicubic map between two sizes, without rounding: column by column what becomes of a single pixel."""
    basis = np.eye(old[0] * old[1], dtype=np.float32).reshape(-1, *old)
    scaled = [Image.fromarray(single).resize(new[::-1], Image.Resampling.BICUBIC) for single in basis]
    return np.stack([np.asarray(picture).ravel() for picture in scaled], axis=1).astype(np.float64)


@factors
@sizes
def test_the_gradient_is_that_of_the_linear_maps(factor, size):
    rng = np.random.default_rng(size)
    levels = torch.from_numpy(rng.uniform(100, 150, (1, 3, *size))).requires_grad_()
    upstream = rng.normal(size=(1, 3, *size))
    (rescale(levels, factor) * torch.from_numpy(upstream)).sum().backward()
    scaled = new_size(*size, factor)
    expected = upstream.reshape(3, -1) @ matrix(scaled, size) @ matrix(size, scaled)
    np.testing.assert_allclose(levels.grad.numpy().reshape(3, -1), expected, rtol=0, atol=1e-5)


def test_what_was_cut_off_has_no_gradient():
    levels = torch.full((1, 3, 6, 6), 128.0)
    levels[..., 3:] = 300.0
    levels.requires_grad_()
    rescale(levels, 0.5).sum().backward()
    assert (levels.grad[..., :3] != 0).all()
    assert (levels.grad[..., 3:] == 0).all()
