"""Scores against the formulas, and the table as people see it."""

import json
from math import inf, log10

import numpy as np
import pytest

from liftveil.errors import ShapeError
from liftveil.evaluation.scores import plain, score, summary, table


def peak_db(deviation):
    return 20 * log10(255 / deviation)


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 200, (16, 20, 3), dtype=np.uint8)


@pytest.mark.parametrize("role", ["cover", "secret"])
def test_scores_of_one_shifted_colour(picture, role):
    shifted = picture.copy()
    shifted[..., 2] += 10
    scores = score(role, picture, shifted)
    assert list(scores) == [f"{role}_psnr_db", f"{role}_y_psnr_db", f"{role}_ssim"]
    assert scores[f"{role}_psnr_db"] == pytest.approx(peak_db(10 / 3**0.5))
    assert scores[f"{role}_y_psnr_db"] == pytest.approx(peak_db(10 * 0.114))  # the weight of blue in BT.601
    assert 0.9 < scores[f"{role}_ssim"] < 1


def test_scores_of_grey_pictures_do_not_depend_on_the_colour_space(picture):
    grey = np.repeat(picture[..., :1], 3, axis=2)
    scores = score("secret", grey, grey + np.uint8(3))
    assert scores["secret_psnr_db"] == pytest.approx(peak_db(3))
    assert scores["secret_y_psnr_db"] == pytest.approx(peak_db(3))


def test_scores_of_identical_pictures(picture):
    assert score("cover", picture, picture.copy()) == {
        "cover_psnr_db": inf,
        "cover_y_psnr_db": inf,
        "cover_ssim": pytest.approx(1),
    }


def test_pictures_of_other_sizes_have_none(picture):
    with pytest.raises(ShapeError):
        score("cover", picture, picture[:-1])


def row(cover_db, secret_db):
    return {
        **{"cover_psnr_db": cover_db, "cover_y_psnr_db": cover_db + 4, "cover_ssim": 0.9},
        **{"secret_psnr_db": secret_db, "secret_y_psnr_db": secret_db + 2, "secret_ssim": secret_db / 100},
    }


def test_summary_has_means_and_worst_pictures():
    found = summary([row(40.0, 30.0), row(36.0, 38.0)])
    assert found == pytest.approx(
        {
            **{"mean_cover_psnr_db": 38, "mean_cover_y_psnr_db": 42, "mean_cover_ssim": 0.9},
            **{"mean_secret_psnr_db": 34, "mean_secret_y_psnr_db": 36, "mean_secret_ssim": 0.34},
            **{"worst_cover_psnr_db": 36, "worst_cover_y_psnr_db": 40, "worst_cover_ssim": 0.9},
            **{"worst_secret_psnr_db": 30, "worst_secret_y_psnr_db": 32, "worst_secret_ssim": 0.3},
            **{"identical_cover": 0, "identical_secret": 0, "sum_db": 72},
        }
    )


def test_identical_pictures_count_60_db_and_are_counted():
    found = summary([row(inf, 30.0), row(40.0, 30.0), row(inf, 30.0)])
    assert found["mean_cover_psnr_db"] == pytest.approx((60 + 40 + 60) / 3)
    assert found["worst_cover_psnr_db"] == 40
    assert (found["identical_cover"], found["identical_secret"]) == (2, 0)
    assert summary([row(inf, 30.0)])["worst_cover_psnr_db"] == 60


def test_json_has_neither_infinity_nor_noise():
    found = plain({"a": inf, "b": 1 / 3, "c": 0.0})
    assert json.loads(json.dumps(found, allow_nan=False)) == {"a": None, "b": 0.3333, "c": 0.0}


def test_table_is_aligned():
    names = [("a.png", "b.png"), ("a long name.png", "c.png")]
    heading, columns, first, second, mean, worst = table(names, [row(40.0, 9.5), row(inf, 38.0)])
    assert columns.split("   ")[:2] == ["", "cover / secret"]
    assert first.split() == ["01", "a.png", "/", "b.png", "40.00", "44.00", "0.9000", "9.50", "11.50", "0.0950"]
    assert second.split()[-6:] == ["same", "same", "0.9000", "38.00", "40.00", "0.3800"]
    assert mean.split() == ["mean", "50.00", "52.00", "0.9000", "23.75", "25.75", "0.2375"]
    assert worst.split() == ["worst", "40.00", "44.00", "0.9000", "9.50", "11.50", "0.0950"]
    assert len({len(line) for line in (columns, first, second, mean, worst)}) == 1
    for role in ("cover -> stego", "secret -> recovered"):
        start = heading.index(role)
        assert columns[start:].startswith("PSNR dB")
        assert first[start - 1] == " "
