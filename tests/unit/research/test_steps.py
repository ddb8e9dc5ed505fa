"""Each step measures the files, and its result says what was seen."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from liftveil.research import CLASSICAL, FAMILIES, Pair, load_pair
from liftveil.research.jobs import Store
from liftveil.research.protocol import Exchange, plain_png
from liftveil.research.spectrum import band_energy, difference_histogram, level_histogram
from liftveil.research.steps import Bench, looks, picture_paths


def rgb(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.fixture
def bench(tmp_path, pictures):
    pair = Pair(7, pictures / "a.png", pictures / "b.png", pictures)
    (tmp_path / "pictures").mkdir()
    return Bench(Store(tmp_path), tmp_path, CLASSICAL["lsb-4bit"], pair, load_pair(pair, 3))


def test_pictures_have_the_names_of_their_pair(tmp_path):
    paths = picture_paths(tmp_path, Pair(7, tmp_path / "a.png", tmp_path / "b.png", tmp_path))
    assert {role: str(path.relative_to(tmp_path)) for role, path in paths.items()} == {
        role: f"pictures/07-{role}.png" for role in ("cover", "secret", "stego", "recovered")
    }


@pytest.mark.usefixtures("processes")
def test_an_exchange_keeps_its_pictures(bench, pictures):
    result, fresh = bench.exchange()
    kept = {role: rgb(path) for role, path in picture_paths(bench.folder, bench.pair).items()}
    cover, secret = rgb(pictures / "a.png"), rgb(pictures / "b.png")
    assert fresh
    assert np.array_equal(kept["cover"], cover)
    assert np.array_equal(kept["secret"], secret)
    assert np.array_equal(kept["stego"], cover & 0xF0 | secret >> 4)
    for role, picture in (("cover", "stego"), ("secret", "recovered")):
        expected = peak_signal_noise_ratio(kept[role], kept[picture])
        assert result["scores"][f"{role}_psnr_db"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.usefixtures("processes")
def test_jobs_are_done_once_and_depend_on_pixels_and_system(bench, tmp_path):
    assert [bench.exchange().fresh, bench.exchange().fresh, bench.baseline().fresh] == [True, False, True]
    family = FAMILIES["flips"]
    assert [bench.attacks(family).fresh, bench.attacks(family).fresh] == [True, False]
    other = Bench(bench.store, tmp_path, CLASSICAL["jxl-mod-2"], bench.pair, bench.loaded)
    assert other.exchange().fresh
    assert bench.exchange().fresh


@pytest.mark.usefixtures("processes")
def test_attacks_are_made_on_the_file_and_measured_against_the_secret(bench):
    bench.exchange()
    family = FAMILIES["flips"]
    found = bench.attacks(family).result["secret_psnr_db"]
    stego = rgb(picture_paths(bench.folder, bench.pair)["stego"])
    assert len(found) == len(family.strengths)
    for strength, figure in zip(family.strengths, found, strict=True):
        attacked = rgb(BytesIO(family.attack(plain_png(stego), strength, seed=7)))
        recovered = CLASSICAL["lsb-4bit"].show(attacked)
        assert figure == pytest.approx(peak_signal_noise_ratio(bench.loaded.secret, recovered), abs=1e-4)


@pytest.mark.usefixtures("processes")
def test_attacks_that_change_nothing_count_60_db(bench):
    exact = replace(bench, system=CLASSICAL["jxl-lossless"])
    exact.exchange()
    assert exact.attacks(replace(FAMILIES["flips"], strengths=(0.0,))).result == {"secret_psnr_db": [60.0]}


@pytest.mark.usefixtures("processes")
def test_a_probe_comes_from_the_folder_of_its_process(bench):
    result, fresh = bench.probe()
    assert (fresh, result["float_secret_psnr_db"]) == (True, 45.0)
    assert list(bench.store.work.iterdir()) == []


def test_looks_are_of_the_right_pictures(bench):
    cover, secret = bench.loaded.cover, bench.loaded.secret
    stego, recovered = cover ^ 3, secret ^ 12
    found = looks(bench.loaded, Exchange(stego, recovered))
    assert found["differences"]["stego"] == difference_histogram(cover, stego)
    assert found["differences"]["recovered"] == difference_histogram(secret, recovered)
    assert found["levels"] == {"cover": level_histogram(cover), "stego": level_histogram(stego)}
    assert found["bands"]["stego"] == pytest.approx(band_energy(stego.astype(float) - cover), rel=1e-6)
    assert found["bands"]["recovered"] == pytest.approx(band_energy(recovered.astype(float) - secret), rel=1e-6)
    finest = {name: band_energy(picture.astype(float)) for name, picture in (("cover", cover), ("secret", secret))}
    for name, energies in finest.items():
        expected = np.sqrt(energies["lh1"] + energies["hl1"] + energies["hh1"])
        assert found["detail"][name] == pytest.approx(expected, rel=1e-6)
