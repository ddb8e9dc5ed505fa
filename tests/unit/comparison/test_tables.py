"""The three forms of an evaluation."""

import csv
import json
from math import inf
from pathlib import Path

import pytest

from liftveil.comparison import (
    MEASURES,
    Evaluation,
    Pair,
    Problem,
    csv_lines,
    evaluate_secret,
    evaluate_stego,
    json_record,
    summary,
    text_lines,
)


@pytest.fixture
def evaluation(saved):
    """A large pair, a pair of identical pictures, a small pair; and one that lacks its partner."""
    for number, name in enumerate(("large", "same", "small")):
        shape = (180, 176, 3) if name == "large" else (16, 20, 3)
        saved(f"c/{name}.png", number, shape)
        saved(f"s/{name}.png", number + 10 * (name != "same"), shape)
    saved("c/alone.png", 5)
    return evaluate_stego(saved("c/large.png", 1, (180, 176, 3)).parent, saved("s/small.png", 9).parent)


def rows_of(lines):
    return list(csv.DictReader(lines))


class TestText:
    def test_has_aligned_tables_of_pairs_mean_and_worst(self, evaluation):
        lines = text_lines(evaluation)
        assert [line.split()[0] for line in lines[1:6]] == ["large", "same", "small", "mean", "worst"]
        assert [line.split()[0] for line in lines[8:13]] == ["large", "same", "small", "mean", "worst"]
        assert lines[0].startswith("cover / stego ")
        headings = ["PSNR dB", "Y-PSNR dB", "SSIM", "MS-SSIM", "MSE", "max error", "equal bits", "file bpp"]
        assert [name for name in headings if f"  {name}" not in lines[0]] == []
        assert lines[6] == ""
        assert len({len(line) for line in lines[:6]}) == len({len(line) for line in lines[7:13]}) == 1

    def test_has_the_figures(self, evaluation):
        large = evaluation.rows[0]
        cells = text_lines(evaluation)[1].split()
        assert cells == [
            *["large", f"{large['psnr_db']:.2f}", f"{large['y_psnr_db']:.2f}", f"{large['ssim']:.4f}"],
            *[f"{large['ms_ssim']:.4f}", f"{large['mse']:.2f}", f"{large['max_error']:.0f}"],
            *[f"{large['bit_accuracy']:.2%}", f"{large['file_bpp']:.2f}", f"{large['cover_file_bpp']:.2f}"],
        ]
        planes = [f"{large[f'ber_{plane}']:.4f}" for plane in range(8)]
        assert text_lines(evaluation)[8].split() == ["large", *planes]
        assert text_lines(evaluation)[7].split()[-8:] == list("01234567")

    def test_says_same_and_counts_identical_pairs(self, evaluation):
        lines = text_lines(evaluation)
        assert lines[2].split()[1:5] == ["same", "same", "1.0000", "-"]
        assert lines[-1] == "identical pairs: 1, each counted as 60 dB in the mean"
        assert lines[4].split()[1] == f"{summary(evaluation.rows)['mean_psnr_db']:.2f}"

    def test_of_a_single_pair_has_no_mean(self, saved):
        lines = text_lines(evaluate_secret(saved("a.png", 0), saved("b.png", 0)))
        assert lines[0].startswith("secret / recovered")
        assert lines[0].endswith("  bpp  effective bpp")
        assert lines[1].split()[:5] == ["a.png", "/", "b.png", "same", "same"]
        assert lines[1].split()[-2:] == ["24", "24.00"]
        assert len(lines) == 5


class TestCsv:
    def test_has_a_row_for_each_pair_and_two_for_all(self, evaluation):
        rows = rows_of(csv_lines(evaluation))
        assert [row["row"] for row in rows] == ["pair", "pair", "pair", "mean", "worst"]
        assert list(rows[0]) == ["row", "cover", "stego", *MEASURES, "file_bpp", "cover_file_bpp"]
        for pair, figures, row in zip(evaluation.pairs, evaluation.rows, rows, strict=False):
            assert (row["cover"], row["stego"]) == (str(pair.reference), str(pair.picture))
            told = {key: float(row[key]) for key in (*MEASURES, "file_bpp", "cover_file_bpp") if row[key]}
            assert told == {key: value for key, value in figures.items() if value != inf}

    def test_is_empty_where_there_is_no_number(self, evaluation):
        _, same, small, mean, worst = rows_of(csv_lines(evaluation))
        assert [same[key] for key in ("psnr_db", "y_psnr_db", "ms_ssim", "ssim")] == ["", "", "", "1.0"]
        assert (small["ms_ssim"], mean["cover"], worst["stego"]) == ("", "", "")
        together = summary(evaluation.rows)
        assert float(mean["psnr_db"]) == together["mean_psnr_db"]
        assert float(worst["mse"]) == together["worst_mse"] == max(row["mse"] for row in evaluation.rows)

    def test_has_the_same_columns_for_small_pictures(self, saved):
        [row, mean, worst] = rows_of(csv_lines(evaluate_secret(saved("a.png", 0), saved("b.png", 1))))
        assert list(row) == ["row", "secret", "recovered", *MEASURES, "bpp", "effective_bpp"]
        assert (row["ms_ssim"], mean["ms_ssim"], worst["ms_ssim"]) == ("", "", "")

    def test_quotes_names(self):
        name = 'a, "b".png'
        made_up = Evaluation(("cover", "stego"), Path("s"), [Pair(name, Path(name), Path(name))], [{"psnr_db": 1.0}])
        assert rows_of(csv_lines(made_up))[0]["stego"] == name


class TestJson:
    def test_has_pairs_summary_and_problems(self, evaluation):
        record = json.loads(json.dumps(json_record(evaluation), allow_nan=False))
        assert list(record) == ["pairs", "summary", "problems", "notices"]
        assert [pair["name"] for pair in record["pairs"]] == ["large", "same", "small"]
        [first, *_], [row, *_] = record["pairs"], evaluation.rows
        assert (first["cover"], first["stego"]) == tuple(map(str, evaluation.pairs[0][1:]))
        assert {key: first[key] for key in row} == pytest.approx(row, abs=5e-5)
        assert first["ssim"] == pytest.approx(row["ssim"], abs=5e-9)
        assert record["problems"] == [problem._asdict() for problem in evaluation.problems]
        assert [problem["name"] for problem in record["problems"]] == ["alone"]

    def test_has_null_where_there_is_no_number(self, evaluation):
        record = json_record(evaluation)
        same, small = record["pairs"][1:]
        assert (same["psnr_db"], same["y_psnr_db"], same["ssim"]) == (None, None, 1)
        assert (small["ms_ssim"], small["ssim"] is None) == (None, False)
        assert (record["summary"]["identical"], record["summary"]["pairs"]) == (1, 3)

    def test_has_the_same_keys_for_small_pictures(self, saved):
        record = json_record(evaluate_secret(saved("a.png", 0), saved("b.png", 1)))
        assert set(MEASURES) <= record["pairs"][0].keys()
        assert (record["summary"]["mean_ms_ssim"], record["summary"]["worst_ms_ssim"]) == (None, None)

    def test_keeps_notices_and_problems(self):
        made_up = Evaluation(("cover", "stego"), Path("s"), [Pair("a", Path("a"), Path("a"))], [{"psnr_db": 1.0}])
        made_up.problems, made_up.notices = [Problem("b", "is gone")], ["a: rounded"]
        record = json_record(made_up)
        assert (record["problems"], record["notices"]) == ([{"name": "b", "reason": "is gone"}], ["a: rounded"])
