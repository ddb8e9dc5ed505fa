"""Attacks change the file as they claim: told from the file itself, by Pillow and by the codecs' own standards."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from liftveil.research import FAMILIES

ALL = [(family, strength) for family in FAMILIES.values() for strength in family.strengths]
JPEGS = [(name, strength) for name in ("jpeg-444", "jpeg-420") for strength in FAMILIES[name].strengths]

# ITU-T T.81, annex K.1: the luminance table that the codec scales by quality.
LUMINANCE = """
16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99
"""


def encoded(pixels, kind="PNG", **options):
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(content):
    with Image.open(BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGB"))


def grey(level, side=128):
    return np.full((side, side, 3), level, np.uint8)


@pytest.fixture(scope="module")
def stego(cropped):
    return cropped(96, 80)[0]


@pytest.mark.parametrize(("family", "strength"), ALL, ids=lambda value: getattr(value, "name", value))
def test_every_attack_changes_pixels_and_nothing_else(stego, family, strength):
    """Even the mildest is no lossless copy: JPEG and WebP round their colour transform also at quality 100."""
    attacked = family.attack(encoded(stego), strength, seed=3)
    assert decoded(attacked).shape == stego.shape
    assert not np.array_equal(decoded(attacked), stego)
    assert attacked == family.attack(encoded(stego), strength, seed=3)
    assert attacked == family.attack(encoded(stego, "WEBP", lossless=True), strength, seed=3)
    with Image.open(BytesIO(attacked)) as picture:
        assert family.suffix in {".jpg": (".jpg",), ".webp": (".webp",), ".png": (".png",)}[family.suffix]
        assert Image.registered_extensions()[family.suffix] == picture.format


@pytest.mark.parametrize("name", FAMILIES)
def test_only_random_attacks_depend_on_the_seed(stego, name):
    family = FAMILIES[name]
    first, second = (family.attack(encoded(stego), family.strengths[-1], seed=seed) for seed in (1, 2))
    assert (first != second) is (name in {"noise", "flips"})


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "rescale"])
def test_strengths_go_from_mild_to_harsh(stego, name):
    family = FAMILIES[name]
    errors = [
        np.square(decoded(family.attack(encoded(stego), strength, seed=1)).astype(float) - stego).mean()
        for strength in family.strengths
    ]
    assert errors == sorted(errors)
    assert errors[0] < errors[-1]


@pytest.mark.parametrize(("name", "quality"), JPEGS)
def test_jpeg_has_its_quality_and_subsampling(stego, name, quality):
    with Image.open(BytesIO(FAMILIES[name].attack(encoded(stego), quality, seed=1))) as picture:
        scale = 200 - 2 * quality
        expected = [min(max((int(step) * scale + 50) // 100, 1), 255) for step in LUMINANCE.split()]
        assert picture.quantization[0] == expected
        assert JpegImagePlugin.get_sampling(picture) == {"jpeg-444": 0, "jpeg-420": 2}[name]


def test_webp_is_lossy_and_smaller_at_lower_quality(stego):
    files = [FAMILIES["webp"].attack(encoded(stego), quality, seed=1) for quality in FAMILIES["webp"].strengths]
    assert {file[8:16] for file in files} == {b"WEBPVP8 "}  # VP8L would be lossless
    sizes = [len(file) for file in files]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("sigma", [0.5, 2, 10])
def test_noise_has_its_deviation(sigma):
    error = decoded(FAMILIES["noise"].attack(encoded(grey(128)), sigma, seed=5)).astype(float) - 128
    assert error.std() == pytest.approx(np.sqrt(sigma**2 + 1 / 12), rel=0.02)  # and that of rounding
    assert abs(error.mean()) < 4 * sigma / np.sqrt(error.size)
    assert np.corrcoef(error[..., 0].ravel(), error[..., 1].ravel())[0, 1] < 0.05


@pytest.mark.parametrize("share", FAMILIES["flips"].strengths)
def test_flips_move_their_share_by_one(share):
    moved = decoded(FAMILIES["flips"].attack(encoded(grey(77)), share, seed=6)).astype(int) - 77
    assert set(np.unique(moved)) <= {-1, 0, 1}
    deviation = np.sqrt(share * (1 - share) / moved.size)
    assert (moved != 0).mean() == pytest.approx(share, abs=5 * deviation + 1e-9)
    ups = (moved[moved != 0] > 0).mean()
    assert ups == pytest.approx(0.5, abs=5 * np.sqrt(0.25 / (moved != 0).sum()))


@pytest.mark.parametrize(("level", "expected"), [(0, 1), (255, 254)])
def test_flips_stay_in_range(level, expected):
    assert (decoded(FAMILIES["flips"].attack(encoded(grey(level)), 1, seed=7)) == expected).all()


def test_scaling_down_loses_the_finest_details_and_keeps_the_rest():
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 80 + 80).astype(np.uint8)
    flat = decoded(FAMILIES["rescale"].attack(encoded(np.dstack([board] * 3)), 0.5, seed=1))
    assert flat.std() < 4 < board.std()
    ramp = np.broadcast_to(np.arange(20, 84, dtype=np.uint8)[:, None], (64, 64))
    kept = decoded(FAMILIES["rescale"].attack(encoded(np.dstack([ramp] * 3)), 0.5, seed=1)).astype(int)
    assert np.abs(kept[8:-8] - ramp[8:-8, :, None]).max() <= 1


def test_names_are_those_of_the_table():
    assert [family.name for family in FAMILIES.values()] == list(FAMILIES)
    assert 1 not in FAMILIES["rescale"].strengths
