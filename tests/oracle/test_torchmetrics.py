"""MS-SSIM against torchmetrics, in double precision."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

from liftveil.metrics import ms_ssim


@pytest.fixture(params=["cover", "secret"])
def photograph(request, photographs):
    with Image.open(getattr(photographs, request.param)) as picture:
        return np.asarray(picture.convert("RGB"))[100:340, 150:401]


def noisy(picture, deviation):
    noise = np.random.default_rng(0).normal(0, deviation, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def as_jpeg(picture, quality):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def theirs(reference, picture):
    tensors = [
        torch.from_numpy(np.atleast_3d(x).astype(np.float64)).permute(2, 0, 1)[None] for x in (picture, reference)
    ]
    return float(multiscale_structural_similarity_index_measure(*tensors, data_range=255.0))


def agree(reference, picture):
    expected = theirs(reference, picture)
    assert ms_ssim(reference, picture) == pytest.approx(expected, abs=1e-7)
    return expected


@pytest.mark.parametrize("deviation", [0.5, 3, 25, 200])
def test_noise(photograph, deviation):
    assert agree(photograph, noisy(photograph, deviation)) < 1


@pytest.mark.parametrize("quality", [5, 50, 95])
def test_jpeg(photograph, quality):
    assert agree(photograph, as_jpeg(photograph, quality)) < 1


@pytest.mark.parametrize(("height", "width"), [(176, 176), (191, 233), (239, 187)])
def test_sides_that_do_not_halve(photograph, height, width):
    cut = photograph[:height, :width]
    assert agree(cut, noisy(cut, 8)) < 1


def test_a_shift_a_blur_and_a_negative(photograph):
    assert agree(photograph, np.roll(photograph, 3, axis=1)) < 1
    small = Image.fromarray(photograph).resize((80, 80))
    assert agree(photograph, np.asarray(small.resize((251, 240)))) < 1
    assert agree(photograph, 255 - photograph) == 0


def test_two_different_photographs(photographs):
    assert agree(*(np.asarray(Image.open(path).convert("RGB"))[:256, :256] for path in photographs)) < 0.5


def test_a_grey_photograph(photograph):
    assert agree(photograph[..., 1], noisy(photograph, 10)[..., 1]) < 1


def test_identical_photographs(photograph):
    assert agree(photograph, photograph.copy()) == pytest.approx(1, abs=1e-9)
