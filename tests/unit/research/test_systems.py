"""Systems are found by their names from everywhere, and hide what they claim."""

import numpy as np
import pytest

import liftveil
from liftveil.errors import LiftveilError, ModelError
from liftveil.metrics import psnr
from liftveil.research import CLASSICAL, find_system, network
from liftveil.research.systems import model_of
from liftveil.weights import find_model


@pytest.mark.parametrize("name", CLASSICAL)
def test_classical_systems_are_found_and_give_the_secret_back(cropped, name):
    cover, secret = cropped(96, 80)
    system = find_system(name)
    assert system is CLASSICAL[name]
    assert (system.name, system.secret_channels) == (name, 3)
    stego = system.hide(cover, secret)
    assert np.array_equal(stego, system.hide(cover, secret)), "not the same in another process"
    recovered = system.show(stego)
    assert (stego.dtype, stego.shape, recovered.shape) == (np.uint8, cover.shape, secret.shape)
    assert psnr(secret, recovered) > 28
    assert psnr(cover, stego) > 28


def test_four_bits_are_four_bits(cropped):
    cover, secret = cropped(96, 80)
    system = CLASSICAL["lsb-4bit"]
    stego = system.hide(cover, secret)
    assert np.array_equal(stego, cover & 0xF0 | secret >> 4)
    assert np.array_equal(system.show(stego) >> 4, secret >> 4)
    assert np.abs(system.show(stego).astype(int) - secret).max() <= 8


def test_lossless_is_bit_exact(cropped):
    cover, secret = cropped(96, 80)
    system = CLASSICAL["jxl-lossless"]
    assert np.array_equal(system.show(system.hide(cover, secret)), secret)


@pytest.mark.parametrize("name", ["lsb-replacement", "lsb-matching", "jxl-mod-2", "jxl-mod-3"])
def test_changes_are_as_small_as_the_name_says(cropped, name):
    cover, secret = cropped(96, 80)
    changed = CLASSICAL[name].hide(cover, secret).astype(int) - cover
    assert set(np.unique(changed)) == {-1, 0, 1}
    if name == "lsb-replacement":
        assert (changed[cover % 2 == 0] >= 0).all()
        assert (changed[cover % 2 == 1] <= 0).all()


def test_larger_moduli_trade_cover_for_secret(cropped):
    cover, secret = cropped(96, 80)
    stegos = [CLASSICAL[f"jxl-mod-{modulus}"].hide(cover, secret) for modulus in (2, 4, 8)]
    covers = [psnr(cover, stego) for stego in stegos]
    secrets = [psnr(secret, CLASSICAL[f"jxl-mod-{m}"].show(s)) for m, s in zip((2, 4, 8), stegos, strict=True)]
    assert covers == sorted(covers, reverse=True)
    assert secrets == sorted(secrets)


def test_a_release_is_found_by_its_full_name(cropped):
    system, full = network("starinn"), find_model("starinn").name
    assert (system.name, system.title, system.secret_channels) == (f"model:{full}", full, 3)
    found = find_system(system.name)
    assert found.fingerprint == system.fingerprint
    assert model_of(system.name).name == full
    cover, secret = cropped(64, 48)
    assert np.array_equal(found.hide(cover, secret), liftveil.embed(cover, secret, model=full))


@pytest.mark.parametrize("given", ["linear", "./linear/", ".", "linear/../linear"])
def test_a_folder_is_found_from_elsewhere(linear_model, cropped, monkeypatch, tmp_path, given):
    monkeypatch.chdir(linear_model if given == "." else linear_model.parent)
    system = network(given)
    monkeypatch.chdir(tmp_path)
    assert system.title == "linear"
    cover, secret = cropped(64, 48)
    assert np.array_equal(find_system(system.name).hide(cover, secret), system.hide(cover, secret))
    assert model_of(system.name).folder.samefile(linear_model)


def test_the_fingerprint_is_that_of_the_graphs(linear_model, grey_model):
    assert network(linear_model).fingerprint == network(linear_model).fingerprint
    assert network(linear_model).fingerprint != network(grey_model).fingerprint
    assert network(grey_model).secret_channels == 1


@pytest.mark.parametrize("name", ["nonsense", "", "jxl-mod-9", "starinn-1"])
def test_unknown_names_are_refused(name):
    with pytest.raises(LiftveilError, match=r"^no system is called '.*'; there are lsb-4bit, .* and model:NAME$"):
        find_system(name)


@pytest.mark.parametrize("make", [network, lambda name: find_system(f"model:{name}")])
def test_unknown_models_are_refused(make, tmp_path):
    with pytest.raises(ModelError, match="nonsense"):
        make("nonsense")
    with pytest.raises(ModelError, match=r"embed\.onnx is missing"):
        make(str(tmp_path))
