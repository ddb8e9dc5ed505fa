"""Validation against the same figures computed step by step."""

from statistics import fmean

import numpy as np
import pytest
import torch

from liftveil.imaging import to_u8
from liftveil.metrics import psnr
from liftveil.networks import StarINN
from liftveil.training import validate
from liftveil.training.validation import through_files

FIGURES = {
    "cover_db",
    "secret_float_db",
    "secret_clipped_db",
    "secret_rounded_db",
    "secret_file_db",
    "worst_cover_db",
    "worst_secret_db",
    "noise_gain",
}


@pytest.fixture
def pairs():
    """Smooth pictures that reach both ends of the range."""
    ramp = np.linspace(0, 255, 16 * 24 * 3).reshape(16, 24, 3)
    noise = np.random.default_rng(0).normal(0, 20, (2, 2, 16, 24, 3))
    pictures = to_u8(ramp + noise)
    return [tuple(pair) for pair in pictures]


def tensor(picture):
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None].float()


def levels(picture):
    return picture[0].permute(1, 2, 0).detach().double().numpy()


def test_a_fresh_network_leaves_the_cover_alone_and_recovers_grey(tiny_config, pairs):
    figures = validate(StarINN(tiny_config().model), pairs)
    assert set(figures) == FIGURES
    assert figures["cover_db"] == figures["worst_cover_db"] == 60.0
    grey = [psnr(secret, np.full_like(secret, 128)) for _, secret in pairs]
    for name in ("float", "clipped", "rounded", "file"):
        assert figures[f"secret_{name}_db"] == pytest.approx(fmean(grey), abs=1e-9)
    assert figures["worst_secret_db"] == pytest.approx(min(grey), abs=1e-9)


def by_hand(model, cover, secret):
    stego = levels(model.embed(tensor(cover), tensor(secret))[0])
    whole, file = np.rint(stego), to_u8(stego)
    if (shaper := model.shaper()) is not None:
        whole, file = shaper.whole(stego, -np.inf, np.inf), to_u8(shaper.whole(stego))
    assert stego.min() < 0
    assert stego.max() > 255
    received = {
        "float": stego,
        "clipped": np.clip(stego, 0, 255),
        "rounded": whole,
        "file": file,
    }
    recovered = {name: levels(model.extract(tensor(picture))) for name, picture in received.items()}
    return {
        "cover_db": psnr(cover, file),
        **{f"secret_{name}_db": psnr(secret, to_u8(picture)) for name, picture in recovered.items()},
        "noise_gain": (recovered["rounded"] - recovered["float"]).std(ddof=1) / (whole - stego).std(ddof=1),
    }


@pytest.mark.parametrize("shaped", [False, True])
def test_every_figure_is_what_its_name_says(tiny_config, stirred, pairs, tied_metric, shaped):
    model = stirred(tiny_config(model={"scale_bound": 1.0}), deviation=0.1)
    if shaped:
        model.rounding_metric.copy_(tied_metric)
    rows = [by_hand(model, cover, secret) for cover, secret in pairs]
    expected = {name: fmean(row[name] for row in rows) for name in rows[0]}
    expected["worst_cover_db"] = min(row["cover_db"] for row in rows)
    expected["worst_secret_db"] = min(row["secret_file_db"] for row in rows)
    assert len({round(expected[f"secret_{name}_db"], 6) for name in ("float", "clipped", "rounded", "file")}) == 4
    assert validate(model, pairs) == pytest.approx(expected, rel=1e-3)


def test_shaped_noise_is_that_of_the_files(tiny_config, stirred, pairs, tied_metric):
    model = stirred(tiny_config())
    plain = through_files(model, *pairs[0])[0]
    model.rounding_metric.copy_(tied_metric)
    stego, recovered = through_files(model, *pairs[0])
    expected = model.shaper().whole(levels(model.embed(*map(tensor, pairs[0]))[0]))
    np.testing.assert_array_equal(stego, expected)
    np.testing.assert_array_equal(recovered, to_u8(levels(model.extract(tensor(stego)))))
    assert (stego != plain).mean() > 0.01


def test_integers_have_no_noise_to_amplify(tiny_config, stirred, pairs):
    model = stirred(tiny_config(model={"wavelet_mode": "integer", "colour": "reversible"}))
    figures = validate(model, pairs)
    assert figures["noise_gain"] == 0.0
    assert figures["secret_float_db"] == figures["secret_rounded_db"]
    assert figures["secret_clipped_db"] == figures["secret_file_db"]
    assert figures["cover_db"] < 60


def test_validation_leaves_no_trace(tiny_config, stirred, pairs):
    model = stirred(tiny_config())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first = validate(model, pairs)
    assert validate(model, pairs) == first
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert {type(value) for value in first.values()} == {float}


@pytest.mark.parametrize(("height", "width"), [(16, 24), (17, 23)])
def test_grey_secrets_are_judged_by_their_one_channel(tiny_config, stirred, height, width):
    model = stirred(tiny_config(model={"secret_channels": 1, "levels": 2}))
    cover, secret = np.random.default_rng(1).integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    secret = secret[..., :1]
    stego, recovered = through_files(model, cover, secret)
    assert (stego.shape, recovered.shape) == (cover.shape, secret.shape)
    figures = validate(model, [(cover, secret)])
    assert set(figures) == FIGURES
    assert figures["cover_db"] == pytest.approx(psnr(cover, stego), abs=1e-9)
    assert figures["secret_file_db"] == pytest.approx(psnr(secret, recovered), abs=1e-9)


@pytest.mark.parametrize("channels", [3, 1])
def test_sides_that_fit_no_wavelet_are_padded_by_reflection_at_both_ends(tiny_config, stirred, channels):
    model = stirred(tiny_config(model={"secret_channels": channels, "levels": 2}))
    cover, secret = np.random.default_rng(1).integers(0, 256, (2, 17, 22, 3), dtype=np.uint8)
    secret = secret[..., :channels]
    padded_cover, padded_secret = (np.pad(picture, ((0, 3), (0, 2), (0, 0)), "reflect") for picture in (cover, secret))
    padded_stego = to_u8(levels(model.embed(tensor(padded_cover), tensor(padded_secret))[0]))
    stego = padded_stego[:17, :22]
    received = np.pad(stego, ((0, 3), (0, 2), (0, 0)), "reflect")
    assert (received != padded_stego).any()  # what was cropped is lost
    recovered = to_u8(levels(model.extract(tensor(received))))[:17, :22]
    ours = through_files(model, cover, secret)
    np.testing.assert_array_equal(ours[0], stego)
    np.testing.assert_array_equal(ours[1], recovered)
