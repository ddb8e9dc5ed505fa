"""Energies against PyWavelets and Parseval, histograms against NumPy."""

import numpy as np
import pytest
import pywt

from liftveil.research.spectrum import BANDS, REACH, band_energy, difference_histogram, level_histogram


@pytest.mark.parametrize("shape", [(64, 48), (16, 24, 3), (8, 8, 1)])
def test_energies_are_those_of_pywavelets(shape):
    difference = np.random.default_rng(0).normal(0, 3, shape)
    coarse, *details = pywt.wavedec2(difference, "haar", level=3, axes=(0, 1))
    expected = {"ll3": coarse} | {
        f"{name}{level}": band
        for level, bands in zip((3, 2, 1), details, strict=True)
        for name, band in zip(("lh", "hl", "hh"), bands, strict=True)
    }
    found = band_energy(difference)
    assert tuple(found) == BANDS
    for name, band in expected.items():
        assert found[name] == pytest.approx(np.square(band).sum() / difference.size, rel=1e-9), name


def test_energies_add_up_to_the_mean_square():
    difference = np.random.default_rng(1).normal(0.5, 2, (40, 56, 3)).astype(np.float32)
    assert sum(band_energy(difference).values()) == pytest.approx(np.square(difference.astype(float)).mean(), rel=1e-9)


def test_other_sides_are_padded_by_reflection():
    difference = np.random.default_rng(2).normal(0, 1, (13, 22))
    padded = np.pad(difference, ((0, 3), (0, 2)), mode="reflect")
    assert band_energy(difference) == pytest.approx(band_energy(padded), rel=1e-9)


@pytest.mark.parametrize(("pattern", "band"), [("constant", "ll3"), ("board", "hh1"), ("pairs", "hh2")])
def test_patterns_lie_in_their_band(pattern, band):
    rows, columns = np.indices((32, 32))
    signs = {"constant": 0 * rows, "board": rows + columns, "pairs": rows // 2 + columns // 2}[pattern] % 2
    energies = band_energy(3.0 - 6.0 * signs)
    assert energies.pop(band) == pytest.approx(9)
    assert max(energies.values()) == pytest.approx(0, abs=1e-12)


def test_differences_are_counted_as_by_numpy():
    rng = np.random.default_rng(3)
    reference, picture = (rng.integers(0, 256, (30, 20, 3), np.uint8) for _ in range(2))
    picture[:20] = (reference[:20].astype(int) + rng.integers(-3, 4, (20, 20, 3))).clip(0, 255)
    difference = np.clip(picture.astype(int) - reference, -REACH, REACH)
    expected, _ = np.histogram(difference, bins=np.arange(-REACH, REACH + 2) - 0.5)
    assert difference_histogram(reference, picture) == expected.tolist()


def test_a_brighter_picture_counts_on_the_right():
    reference = np.full((4, 4), 100, np.uint8)
    counts = difference_histogram(reference, reference + np.uint8(2))
    assert (len(counts), counts[REACH + 2], sum(counts)) == (2 * REACH + 1, 16, 16)
    assert difference_histogram(np.zeros((4, 4), np.uint8), np.full((4, 4), 255, np.uint8))[-1] == 16


def test_levels_are_counted_as_by_numpy():
    picture = np.random.default_rng(4).integers(0, 250, (30, 20, 3), np.uint8)
    expected, _ = np.histogram(picture, bins=np.arange(257))
    assert level_histogram(picture) == expected.tolist()
