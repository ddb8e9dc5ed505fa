"""Each term against the same figure made by PyWavelets, scikit-image or NumPy from the real part of each picture."""

from dataclasses import fields

import numpy as np
import pytest
import pywt
import torch
from skimage.metrics import structural_similarity
from torch.autograd import gradcheck

from liftveil.config import ObjectiveConfig
from liftveil.training.exchange import Exchange
from liftveil.training.terms import TERMS

UNIT = 7.0
SIZES = ((19, 22), (12, 17), (18, 13))  # of the three pictures, whose tensors are 19x22
OF_STEGO = {name for name in TERMS if name.startswith("band_")} | {"hiding_mse", "hiding_log", "out_of_range"}
OF_RECOVERED = set(TERMS) - OF_STEGO


def noise(seed, shape):
    return torch.from_numpy(np.random.default_rng(seed).normal(0, 60, shape))


def made(channels, sizes=SIZES):
    """Noisy pictures in float64, the stego often out of range, with noise in their padding."""
    batch, height, width = len(sizes), *np.max(sizes, axis=0)
    inside = torch.zeros(batch, 1, height, width, dtype=torch.float64)
    for which, size in enumerate(sizes):
        inside[which, :, : size[0], : size[1]] = 1
    cover, secret = (127 + noise(seed, (batch, count, height, width)) for seed, count in ((0, 3), (1, channels)))
    return Exchange(cover, secret, cover + noise(2, cover.shape), secret + noise(3, secret.shape), inside)


@pytest.fixture(params=[3, 1], ids=["colour", "grey"])
def result(request):
    return made(request.param)


def part(result, which):
    return Exchange(*(tensor[which] for tensor in result))


def changed_outside(result):
    outside = 1 - result.inside
    pictures = (picture + 1e3 * outside * noise(4, picture.shape) for picture in result[:4])
    return Exchange(*pictures, result.inside)


def variation(picture):
    return sum(np.mean(np.abs(np.diff(picture, axis=axis))) for axis in (1, 2)) / UNIT


def band(error, level, name):
    side = 2**level
    error = error[:, : error.shape[1] // side * side, : error.shape[2] // side * side]
    coarse, *details = pywt.wavedec2(error, "haar", level=level)
    bands = {"ll": coarse} | dict(zip(("lh", "hl", "hh"), details[0], strict=True))
    return np.mean((bands[name] / UNIT) ** 2)


def similarity(recovered, secret):
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return structural_similarity(recovered, secret, data_range=255, channel_axis=0, **gaussian)


def by_hand(cover, secret, stego, recovered):
    """Every term for one picture without padding."""
    error = stego - cover
    return {
        "hiding_mse": np.mean((error / UNIT) ** 2),
        "hiding_log": np.log(1 + np.mean((error / UNIT) ** 2)),
        "recovery_mse": np.mean(((recovered - secret) / UNIT) ** 2),
        "recovery_log": np.log(1 + np.mean(((recovered - secret) / UNIT) ** 2)),
        "recovery_ssim": 1 - similarity(recovered, secret),
        "recovery_gradient": variation(recovered - secret),
        "total_variation": variation(recovered),
        "out_of_range": np.mean(((np.maximum(stego - 255, 0) + np.maximum(-stego, 0)) / UNIT) ** 2),
        "band_ll": band(error, 1, "ll"),
        "band_lh": band(error, 1, "lh"),
        "band_hl": band(error, 1, "hl"),
        "band_hh": band(error, 1, "hh"),
        "band_ll2": band(error, 2, "ll"),
    }


def test_every_weight_has_its_term():
    assert {*TERMS, "unit"} == {field.name for field in fields(ObjectiveConfig)}


@pytest.mark.parametrize("name", TERMS)
def test_each_term_is_its_formula_on_the_real_part_of_each_picture(result, name):
    each = [
        by_hand(*(picture[which, :, :height, :width].numpy() for picture in result[:4]))[name]
        for which, (height, width) in enumerate(SIZES)
    ]
    value = TERMS[name](result, UNIT)
    assert value.shape == ()
    assert value.dtype == torch.float64
    assert min(each) > 0.01
    assert value.item() == pytest.approx(np.mean(each), rel=1e-12)


@pytest.mark.parametrize("name", TERMS)
def test_the_padding_counts_for_nothing(result, name):
    other = changed_outside(result)
    assert all((a != b).any() for a, b in zip(other[:4], result[:4], strict=True))
    assert TERMS[name](other, UNIT).item() == pytest.approx(TERMS[name](result, UNIT).item(), rel=1e-13)


@pytest.mark.parametrize("name", TERMS)
def test_how_a_batch_is_split_does_not_matter(result, name):
    first, rest = (TERMS[name](part(result, which), UNIT).item() for which in (slice(1), slice(1, 3)))
    assert TERMS[name](result, UNIT).item() == pytest.approx((first + 2 * rest) / 3, rel=1e-13)


@pytest.mark.parametrize("name", TERMS)
def test_float32_is_enough(result, name):
    value = TERMS[name](Exchange(*(tensor.float() for tensor in result)), UNIT)
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(TERMS[name](result, UNIT).item(), rel=1e-5)


@pytest.mark.parametrize("name", TERMS)
def test_a_perfect_exchange_costs_nothing(result, name):
    cover = result.cover.clamp(0, 255)
    value = TERMS[name](result._replace(cover=cover, stego=cover, recovered=result.secret), UNIT).item()
    assert (value > 1) if name == "total_variation" else (value == 0)


@pytest.mark.parametrize("name", TERMS)
def test_gradients(name):
    result = made(1, sizes=((12, 13), (13, 11)))

    def term(stego, recovered):
        return TERMS[name](result._replace(stego=stego, recovered=recovered), UNIT)

    pictures = [picture.clone().requires_grad_() for picture in (result.stego, result.recovered)]
    assert gradcheck(term, pictures, fast_mode=True)


@pytest.mark.parametrize("name", TERMS)
def test_a_term_pulls_on_one_picture_and_only_on_its_real_part(result, name):
    stego, recovered = (picture.clone().requires_grad_() for picture in (result.stego, result.recovered))
    TERMS[name](result._replace(stego=stego, recovered=recovered), UNIT).backward()
    pulled, other = (stego, recovered) if name in OF_STEGO else (recovered, stego)
    assert other.grad is None
    assert not (pulled.grad * (1 - result.inside)).any()
    assert all(gradient.any() for gradient in pulled.grad)


@pytest.mark.parametrize("name", sorted(OF_RECOVERED - {"recovery_ssim", "recovery_log"}))
def test_terms_of_the_recovered_picture_are_measured_in_units(result, name):
    power = 2 if name == "recovery_mse" else 1
    assert TERMS[name](result, 10.0).item() == pytest.approx(TERMS[name](result, 1.0).item() / 10**power, rel=1e-13)


@pytest.mark.parametrize("role", ["hiding", "recovery"])
def test_logarithms_keep_one_hopeless_picture_from_outweighing_the_others(result, role):
    def pulls(kind, picture):
        leaf = picture.clone().requires_grad_()
        changed = {"hiding": {"stego": leaf}, "recovery": {"recovered": leaf}}[role]
        TERMS[f"{role}_{kind}"](result._replace(**changed), UNIT).backward()
        return leaf.grad.flatten(1).norm(dim=1)

    aim, picture = (result.cover, result.stego) if role == "hiding" else (result.secret, result.recovered)
    error = picture - aim
    worse = aim + error * torch.tensor([100.0, 1, 1], dtype=torch.float64)[:, None, None, None]
    squared, logarithmic = (pulls(kind, worse) / pulls(kind, picture) for kind in ("mse", "log"))
    assert squared.tolist() == pytest.approx([100, 1, 1])
    assert logarithmic.tolist() == pytest.approx([0.01, 1, 1], rel=0.02)


def test_out_of_range_pulls_back_only_what_is_out_of_range(result):
    stego = result.stego.clone().requires_grad_()
    TERMS["out_of_range"](result._replace(stego=stego, inside=torch.ones_like(result.inside)), UNIT).backward()
    gradient, levels = stego.grad.numpy(), stego.detach().numpy()
    assert not gradient[(levels >= 0) & (levels <= 255)].any()
    assert (gradient[levels > 255] > 0).all()
    assert (gradient[levels < 0] < 0).all()
    steepness = 2 * (levels - 255) / UNIT**2 / levels.size
    np.testing.assert_allclose(gradient[levels > 255], steepness[levels > 255], rtol=1e-12)


@pytest.mark.parametrize(
    ("rows", "columns", "seen"),
    [
        ([1, 1], [1, 1], {"band_ll": 4, "band_ll2": 16}),
        ([1, -1], [1, 1], {"band_lh": 4}),
        ([1, 1], [1, -1], {"band_hl": 4}),
        ([1, -1], [1, -1], {"band_hh": 4}),
    ],
    ids=["flat", "rows alternate", "columns alternate", "both alternate"],
)
def test_which_band_sees_what(result, rows, columns, seen):
    error = torch.tensor(rows * 11, dtype=torch.float64)[:19, None] * torch.tensor(columns * 11)
    shifted = result._replace(stego=result.cover + error)
    values = {name: TERMS[name](shifted, 1.0).item() for name in TERMS if name.startswith("band_")}
    assert values == pytest.approx(dict.fromkeys(values, 0.0) | seen, abs=1e-12)


def test_the_bands_of_a_level_share_out_the_squared_error():
    result = made(3, sizes=((12, 18), (16, 14)))
    bands = [TERMS[f"band_{letters}"](result, UNIT).item() for letters in ("ll", "lh", "hl", "hh")]
    assert np.mean(bands) == pytest.approx(TERMS["hiding_mse"](result, UNIT).item(), rel=1e-13)


@pytest.mark.parametrize("sizes", [((10, 22), (16, 16)), ((16, 16), (22, 10))])
def test_a_picture_without_room_for_the_window_does_not_pass_as_similar(sizes):
    assert TERMS["recovery_ssim"](made(3, sizes), UNIT).isnan()
