"""What a probe says of the file is what the protocol measures; the rest explains it."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

import liftveil
from liftveil.imaging import to_u8
from liftveil.research import find_system
from liftveil.research.probe import probe
from liftveil.research.spectrum import BANDS
from liftveil.runtime import Session
from liftveil.weights import find_model


@pytest.fixture(scope="module")
def model():
    return find_model("starinn-1")


@pytest.fixture(scope="module")
def found(model, cropped):
    return probe(model, *cropped(96, 80))


def test_the_file_is_that_of_the_protocol(finished):
    for pair in finished.findings.network:
        expected = pair["exchange"]["scores"]["secret_psnr_db"]
        assert pair["probe"]["file_secret_psnr_db"] == pytest.approx(expected, abs=1e-4)


def test_the_library_and_scikit_image_agree(found, model, cropped):
    cover, secret = cropped(96, 80)
    recovered = liftveil.extract(liftveil.embed(cover, secret, model=model.name), model=model.name)
    assert found["file_secret_psnr_db"] == pytest.approx(peak_signal_noise_ratio(secret, recovered), abs=1e-6)
    levels = Session(model).embed_levels(cover, secret)
    mse = np.square(levels.astype(np.float64) - cover).mean()
    assert found["float_cover_psnr_db"] == pytest.approx(10 * np.log10(255**2 / mse), abs=1e-3)


def test_each_loss_costs_something(found):
    """On photographs in the middle of the range, rounding is what costs and clipping next to nothing."""
    assert found["float_secret_psnr_db"] >= found["rounded_secret_psnr_db"] + 1
    assert found["float_secret_psnr_db"] >= found["file_secret_psnr_db"]
    assert tuple(found["trace"]) == BANDS
    assert sum(found["trace"].values()) > 0


def test_shaped_noise_is_that_of_the_model(shaped_model, cropped):
    """What rounding costs is what the model's own rounding costs."""
    cover, secret = cropped(64, 48)
    model = find_model(shaped_model)
    found, session = probe(model, cover, secret), Session(model)
    recovered = session.extract(session.embed(cover, secret))
    assert found["file_secret_psnr_db"] == pytest.approx(peak_signal_noise_ratio(secret, recovered), abs=1e-6)
    whole = session.whole_stego(session.embed_levels(cover, secret), -np.inf, np.inf)
    recovered = to_u8(session.extract_levels(whole))
    assert found["rounded_secret_psnr_db"] == pytest.approx(peak_signal_noise_ratio(secret, recovered), abs=1e-6)


@pytest.mark.parametrize("level", [0, 255])
def test_saturated_covers_leave_the_range(model, cropped, level):
    _, secret = cropped(64, 48)
    cover = np.full_like(secret, level)
    found = probe(model, cover, secret)
    levels = Session(model).embed_levels(cover, secret)
    expected = ((levels < -0.5) | (levels > 255.5)).mean()
    assert found["out_of_range"] == pytest.approx(expected, abs=1e-9)
    assert expected > 0.01
    assert found["clipped_secret_psnr_db"] < found["float_secret_psnr_db"] - 3


def test_a_middling_cover_stays_in_range(model, cropped):
    _, secret = cropped(64, 48)
    assert probe(model, np.full_like(secret, 128), secret)["out_of_range"] == 0


def test_a_blank_secret_has_no_trace(model, cropped):
    cover, secret = cropped(64, 48)
    found = probe(model, cover, np.full_like(secret, 128))
    assert sum(found["trace"].values()) == 0


def test_grey_secrets_are_probed(grey_model, cropped):
    cover, secret = cropped(64, 48)
    found = probe(find_model(grey_model), cover, secret[..., 0])
    system = find_system(f"model:{grey_model}")
    recovered = system.show(system.hide(cover, secret[..., 0]))
    assert found["file_secret_psnr_db"] == pytest.approx(peak_signal_noise_ratio(secret[..., 0], recovered), abs=1e-6)


def test_nothing_is_infinite(linear_model, cropped):
    """A blank secret comes back as it was, which counts 60 dB."""
    cover, secret = cropped(64, 48)
    assert probe(find_model(linear_model), cover, np.full_like(secret, 128))["float_secret_psnr_db"] == 60
