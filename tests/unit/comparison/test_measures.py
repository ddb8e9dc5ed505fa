"""All figures against their formulas, and means and worst ones of many pairs."""

import json
from math import inf, log10

import numpy as np
import pytest

from liftveil.comparison import BIT_PLANES, MEASURES, compare, plain, summary
from liftveil.errors import ShapeError
from liftveil.metrics import ms_ssim, ssim


def peak_db(deviation):
    return 20 * log10(255 / deviation)


def noise(seed, shape=(16, 20, 3)):
    return np.random.default_rng(seed).integers(0, 200, shape, dtype=np.uint8)


class TestCompare:
    def test_one_shifted_colour(self):
        picture = noise(0)
        shifted = picture.copy()
        shifted[..., 2] += 10
        found = compare(picture, shifted)
        assert found["psnr_db"] == pytest.approx(peak_db(10 / 3**0.5))
        assert found["y_psnr_db"] == pytest.approx(peak_db(10 * 0.114))  # the weight of blue in BT.601
        assert found["mse"] == pytest.approx(100 / 3)
        assert found["max_error"] == 10
        assert found["ssim"] == ssim(picture, shifted)

    def test_bits(self):
        picture, other = noise(0), noise(1)
        found = compare(picture, other)
        wrong = np.unpackbits(picture[..., None], axis=-1) != np.unpackbits(other[..., None], axis=-1)
        planes = wrong.reshape(-1, 8).mean(axis=0)[::-1]
        assert [found[key] for key in BIT_PLANES] == pytest.approx(list(planes))
        assert found["ber"] == pytest.approx(planes.mean())
        assert found["bit_accuracy"] == pytest.approx(1 - planes.mean())

    @pytest.mark.parametrize("shape", [(176, 180, 3), (176, 180)])
    def test_large_pictures_have_every_measure(self, shape):
        picture, other = noise(0, shape), noise(1, shape)
        found = compare(picture, other)
        assert tuple(found) == MEASURES
        assert {type(value) for value in found.values()} == {float}
        assert found["ms_ssim"] == ms_ssim(picture, other)

    @pytest.mark.parametrize("shape", [(175, 180, 3), (300, 11)])
    def test_small_pictures_lack_the_multi_scale_one_only(self, shape):
        assert set(MEASURES) - set(compare(noise(0, shape), noise(1, shape))) == {"ms_ssim"}

    def test_grey_pictures_are_like_colour_pictures_of_equal_channels(self):
        grey, other = noise(0, (180, 180)), noise(1, (180, 180))
        coloured = [np.repeat(picture[..., None], 3, axis=2) for picture in (grey, other)]
        assert compare(grey, other) == pytest.approx(compare(*coloured))

    def test_identical_pictures(self):
        found = compare(noise(0), noise(0))
        best = {"psnr_db": inf, "y_psnr_db": inf, "ssim": 1, "bit_accuracy": 1}
        assert found == {key: best.get(key, 0) for key in found}

    @pytest.mark.parametrize("shape", [(15, 20, 3), (16, 20), (16, 20, 1)])
    def test_other_shapes_are_refused(self, shape):
        with pytest.raises(ShapeError):
            compare(noise(0), noise(1, shape))

    @pytest.mark.parametrize("shape", [(10, 20, 3), (16, 20, 4), (16, 20, 1), (16,), (2, 16, 16, 3)])
    def test_what_is_no_picture_is_refused(self, shape):
        with pytest.raises(ShapeError) as refusal:
            compare(noise(0, shape), noise(1, shape))
        assert refusal.value.actual_shape == shape


class TestSummary:
    def test_has_the_mean_and_the_bad_end_of_each_measure(self):
        rows = [compare(noise(0, (176, 176)), noise(seed, (176, 176))) for seed in (1, 2, 3)]
        for row, shift in zip(rows, (1, 2, 4), strict=True):
            row |= {"file_bpp": 8.0 * shift, "cover_file_bpp": 9.0 * shift, "bpp": 24.0, "effective_bpp": 2.0 * shift}
        found = summary(rows)
        errors = {"mse", "max_error", "ber", *BIT_PLANES, "file_bpp", "cover_file_bpp"}
        for key in rows[0]:
            values = [row[key] for row in rows]
            assert found[f"mean_{key}"] == pytest.approx(sum(values) / 3)
            assert found[f"worst_{key}"] == (max(values) if key in errors else min(values))
        assert len(found) == 2 * len(rows[0]) + 2
        assert (found["pairs"], found["identical"]) == (3, 0)

    def test_knows_the_bad_end_with_roles_too(self):
        rows = [{"cover_mse": 1.0, "secret_ber_3": 0.5, "cover_ssim": 0.7}, {"cover_mse": 2.0, "secret_ber_3": 0.1}]
        found = summary(rows)
        assert (found["worst_cover_mse"], found["worst_secret_ber_3"], found["worst_cover_ssim"]) == (2, 0.5, 0.7)

    def test_counts_identical_pairs_as_60_db(self):
        found = summary([{"psnr_db": inf, "ssim": 1.0}, {"psnr_db": 40.0, "ssim": 0.8}, {"psnr_db": inf, "ssim": 1.0}])
        assert found["mean_psnr_db"] == pytest.approx((60 + 40 + 60) / 3)
        assert (found["worst_psnr_db"], found["identical"], found["pairs"]) == (40, 2, 3)
        assert summary([{"psnr_db": inf}])["worst_psnr_db"] == 60

    def test_takes_means_over_the_pairs_that_have_a_measure(self):
        found = summary([{"ssim": 0.5}, {"ssim": 0.7, "ms_ssim": 0.9}])
        assert (found["mean_ssim"], found["mean_ms_ssim"], found["worst_ms_ssim"]) == pytest.approx((0.6, 0.9, 0.9))


def test_json_has_neither_infinity_nor_noise():
    found = plain({"psnr_db": inf, "y_psnr_db": 100 / 3, "ssim": 1 / 3, "mse": 0.0, "pairs": 3})
    expected = {"psnr_db": None, "y_psnr_db": 33.3333, "ssim": 0.33333333, "mse": 0.0, "pairs": 3}
    assert json.loads(json.dumps(found, allow_nan=False)) == expected
