"""JPEG: Pillow's files on disk as oracle for the values, finite differences and formulas for the gradient."""

import numpy as np
import pytest
import torch
from PIL import Image

from liftveil.channel import jpeg, through_file
from liftveil.channel.jpeg import smooth_jpeg
from liftveil.errors import LiftveilError
from liftveil.metrics import psnr

LAZY = """if True:
    import sys
    import torch
    from liftveil.channel import jpeg

    levels = torch.full((1, 3, 8, 8), 100.0, requires_grad=True)
    saved = jpeg(levels, 75, "4:2:0")
    assert "kornia" not in sys.modules
    saved.sum().backward()
    assert "kornia" in sys.modules
"""

types = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
subsamplings = pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])


def as_levels(pictures, dtype=torch.float64):
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).to(dtype)


def random_levels(*shape, low=0.0, high=255.0):
    return torch.from_numpy(np.random.default_rng(shape).uniform(low, high, shape))


@pytest.fixture
def through_disk(tmp_path):
    """Save each picture of a batch under a name ending in .jpg, and open it again."""

    def save_and_open(pictures, quality, subsampling):
        for picture in pictures:
            Image.fromarray(picture).save(tmp_path / "stego.jpg", quality=quality, subsampling=subsampling)
            with Image.open(tmp_path / "stego.jpg") as opened:
                yield np.array(opened)

    return lambda *arguments: list(save_and_open(*arguments))


@pytest.fixture
def colourful():
    """Two pictures of 48x40 pixels whose colour changes from pixel to pixel more than their brightness."""
    rng = np.random.default_rng(0)
    planes = [rng.normal(128, deviation, (2, 40, 48)) for deviation in (10, 40, 40)]
    pixels = np.stack(planes, axis=-1).clip(0, 255).astype(np.uint8)
    return [np.array(Image.fromarray(picture, "YCbCr").convert("RGB")) for picture in pixels]


@subsamplings
@pytest.mark.parametrize("quality", [1, 30, 75, 95, 100])
@pytest.mark.parametrize("size", [(64, 48), (37, 51), (1, 1)])
def test_the_values_are_those_of_the_file(subsampling, quality, size, cropped, through_disk):
    pictures = cropped(*size)
    saved = jpeg(as_levels(pictures), quality, subsampling)
    assert torch.equal(saved, as_levels(through_disk(pictures, quality, subsampling)))


@types
def test_type_and_argument_stay_as_they_are(dtype):
    levels = random_levels(2, 3, 20, 24).to(dtype)
    before = levels.clone()
    saved = jpeg(levels, 75, "4:2:0")
    assert saved.dtype == dtype
    assert torch.equal(saved, jpeg(levels.double(), 75, "4:2:0").to(dtype))
    assert torch.equal(levels, before)


def test_levels_are_rounded_and_clipped_first():
    levels = random_levels(2, 3, 20, 24, low=-60, high=315)
    assert torch.equal(jpeg(levels, 75, "4:4:4"), jpeg(through_file(levels), 75, "4:4:4"))


def test_both_subsamplings_differ_in_value_and_gradient(colourful):
    gradients, values = [], []
    for subsampling in ("4:2:0", "4:4:4"):
        levels = as_levels(colourful).requires_grad_()
        values.append(jpeg(levels, 75, subsampling))
        (values[-1] ** 2).sum().backward()
        gradients.append(levels.grad)
    assert not torch.equal(*values)
    assert not torch.allclose(*gradients)


@pytest.mark.parametrize("quality", [-1, 0, 101])
def test_a_quality_that_pillow_would_replace_is_refused(quality):
    with pytest.raises(LiftveilError, match=f"{quality} is no JPEG quality"):
        jpeg(random_levels(1, 3, 8, 8), quality, "4:2:0")


def test_not_a_number_stays_so_without_spoiling_other_pixels():
    levels = random_levels(1, 3, 16, 16)
    levels[0, 1, 2, 3] = torch.nan
    saved = jpeg(levels, 75, "4:2:0")
    assert saved.isnan().sum() == 1
    assert saved[0, 1, 2, 3].isnan()


@subsamplings
@pytest.mark.parametrize(("quality", "least_db"), [(10, 42), (50, 43), (75, 44), (95, 47), (100, 49)])
def test_the_smooth_codec_is_near_the_real_one(subsampling, quality, least_db, cropped):
    levels = as_levels(cropped(150, 101))
    smooth = smooth_jpeg(levels, quality, subsampling)
    assert psnr(jpeg(levels, quality, subsampling).numpy(), smooth.numpy()) > least_db
    assert 0 <= smooth.min() < smooth.max() <= 255


@subsamplings
def test_the_smooth_codec_is_near_the_real_one_for_colour_detail(subsampling, colourful):
    levels = as_levels(colourful)
    smooth = smooth_jpeg(levels, 95, subsampling)
    assert psnr(jpeg(levels, 95, subsampling).numpy(), smooth.numpy()) > 40


@subsamplings
def test_flat_pictures_obey_the_formula_of_the_smooth_codec(subsampling):
    # at quality 92 the step of luma's mean is 3, since (16 * 16 + 50) // 100 = 3
    level = torch.arange(2.0, 254.0, dtype=torch.float64)
    levels = level[:, None, None, None].expand(-1, 3, 8, 8).clone().requires_grad_()
    coefficient = 8 * (level - 128) / 3
    error = coefficient - coefficient.round()
    expected = 128 + (coefficient.round() + error**3) * 3 / 8
    smooth = smooth_jpeg(levels.detach(), 92, subsampling)
    torch.testing.assert_close(smooth, expected[:, None, None, None].expand_as(smooth), rtol=0, atol=1e-6)
    jpeg(levels, 92, subsampling).sum().backward()
    torch.testing.assert_close(levels.grad.mean((1, 2, 3)), 3 * error**2, rtol=0, atol=1e-6)


@subsamplings
@pytest.mark.parametrize("quality", [50, 90])
def test_the_gradient_of_the_smooth_codec_is_that_of_finite_differences(subsampling, quality):
    levels, upstream, step = random_levels(1, 3, 19, 22, low=60, high=190), random_levels(1, 3, 19, 22), 1e-6
    levels.requires_grad_()
    [gradient] = torch.autograd.grad(smooth_jpeg(levels, quality, subsampling), levels, upstream)
    for seed in range(3):
        direction = torch.from_numpy(np.random.default_rng(seed).normal(size=levels.shape))
        with torch.no_grad():
            ahead, behind = (smooth_jpeg(levels + s * direction, quality, subsampling) for s in (step, -step))
        slope = ((ahead - behind) * upstream).sum() / (2 * step)
        torch.testing.assert_close((gradient * direction).sum(), slope, rtol=1e-5, atol=1e-3)


@types
@subsamplings
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_the_gradient_is_that_of_the_smooth_codec_at_the_same_pixels(dtype, subsampling, layout):
    levels = random_levels(2, 3, 37, 23, low=-40, high=295).to(dtype).contiguous(memory_format=layout).requires_grad_()
    upstream = random_levels(2, 3, 37, 23, low=-1, high=1).to(dtype)
    (jpeg(levels, 75, subsampling) * upstream).sum().backward()
    pixels = through_file(levels.detach()).requires_grad_()
    (smooth_jpeg(pixels, 75, subsampling) * upstream).sum().backward()
    outside = (levels.detach().round() < 0) | (levels.detach().round() > 255)
    assert torch.equal(levels.grad, pixels.grad.where(~outside, torch.zeros((), dtype=dtype)))


@subsamplings
def test_gradients_are_finite_and_larger_at_higher_quality(subsampling, cropped):
    sizes = []
    for quality in (10, 50, 90):
        levels = as_levels(cropped(64, 64)).requires_grad_()
        (jpeg(levels, quality, subsampling) * random_levels(2, 3, 64, 64, low=-1, high=1)).sum().backward()
        assert levels.grad.isfinite().all()
        sizes.append(levels.grad.square().mean().item())
    assert 0 < sizes[0] < sizes[1] < sizes[2] < 1


def test_a_second_derivative_is_refused():
    levels = random_levels(1, 3, 8, 8).requires_grad_()
    [gradient] = torch.autograd.grad((jpeg(levels, 75, "4:2:0") ** 2).sum(), levels, create_graph=True)
    with pytest.raises(RuntimeError, match="differentiate twice"):
        gradient.sum().backward()


def test_the_smooth_codec_is_loaded_only_for_gradients(run_python):
    finished = run_python("-W", "error", "-c", LAZY)
    assert finished.returncode == 0, finished.stderr
