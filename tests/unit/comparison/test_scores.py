"""Figures by role, and the table as people see it."""

from math import inf

import numpy as np
import pytest

from liftveil.comparison import compare, score, summary, table
from liftveil.errors import ShapeError


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 200, (2, 16, 20, 3), dtype=np.uint8)


@pytest.mark.parametrize("role", ["cover", "secret"])
def test_a_role_stands_before_every_figure(pictures, role):
    found = score(role, *pictures)
    assert found == {f"{role}_{key}": value for key, value in compare(*pictures).items()}
    assert {f"{role}_{key}" for key in ("psnr_db", "y_psnr_db", "ssim", "mse", "ber_7")} <= found.keys()


def test_pictures_of_other_sizes_have_none(pictures):
    with pytest.raises(ShapeError):
        score("cover", pictures[0], pictures[1][:-1])


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
            **{"identical_cover": 0, "identical_secret": 0, "sum_db": 72, "pairs": 2},
        }
    )


def test_identical_pictures_count_60_db_and_are_counted():
    found = summary([row(inf, 30.0), row(40.0, 30.0), row(inf, 30.0)])
    assert found["mean_cover_psnr_db"] == pytest.approx((60 + 40 + 60) / 3)
    assert found["worst_cover_psnr_db"] == 40
    assert (found["identical_cover"], found["identical_secret"]) == (2, 0)
    assert found["sum_db"] == pytest.approx(160 / 3 + 30)
    assert summary([row(inf, 30.0)])["worst_cover_psnr_db"] == 60


def test_a_role_alone_has_no_sum():
    found = summary([{key: value for key, value in row(40.0, 30.0).items() if key.startswith("secret")}])
    assert "sum_db" not in found
    assert "identical_cover" not in found
    assert found["identical_secret"] == 0


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


def test_table_takes_all_figures_of_real_pictures(pictures):
    rows = [score("cover", *pictures) | score("secret", *pictures[::-1])]
    *_, pair, mean, worst = table([("a", "b")], rows)
    assert pair.split()[-6:] == mean.split()[-6:] == worst.split()[-6:]
