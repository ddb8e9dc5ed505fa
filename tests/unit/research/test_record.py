"""Means and spreads against NumPy; pairs that came back whole have no PSNR and count 60 dB."""

import json

import numpy as np
import pytest

from liftveil.research import find_system, network, record_of, run_study, together

ROWS = [
    {"cover_psnr_db": 40.0, "secret_psnr_db": None, "cover_ssim": 0.98, "secret_ssim": 1.0, "secret_max_error": 0.0},
    {"cover_psnr_db": 43.5, "secret_psnr_db": 38.0, "cover_ssim": 0.96, "secret_ssim": 0.9, "secret_max_error": 9.0},
    {"cover_psnr_db": 39.0, "secret_psnr_db": 41.0, "cover_ssim": 0.99, "secret_ssim": 0.8, "secret_max_error": 4.0},
]


class TestTogether:
    def test_means_and_spreads_are_those_of_numpy(self):
        found = together(ROWS)
        for key in ROWS[0]:
            values = [60 if row[key] is None else row[key] for row in ROWS]
            assert found[f"mean_{key}"] == pytest.approx(np.mean(values), abs=1e-4), key
            assert found[f"spread_{key}"] == pytest.approx(np.std(values), abs=1e-4), key

    def test_the_worst_is_the_worst(self):
        found = together(ROWS)
        worst = {key: found[f"worst_{key}"] for key in ROWS[0]}
        assert worst == {
            "cover_psnr_db": 39.0,
            "secret_psnr_db": 38.0,
            "cover_ssim": 0.96,
            "secret_ssim": 0.8,
            "secret_max_error": 9.0,
        }
        assert (found["identical_cover"], found["identical_secret"], found["pairs"]) == (0, 1, 3)
        assert found["sum_db"] == pytest.approx(found["mean_cover_psnr_db"] + found["mean_secret_psnr_db"], abs=1e-3)

    def test_figures_that_only_some_pairs_have(self):
        rows = [row | extra for row, extra in zip(ROWS, ({}, {"secret_ms_ssim": 0.9}, {}), strict=True)]
        found = together(rows)
        assert (found["mean_secret_ms_ssim"], found["spread_secret_ms_ssim"]) == (0.9, 0)

    def test_all_pairs_may_be_identical(self):
        found = together([ROWS[0]] * 2)
        keys = ("mean_secret_psnr_db", "worst_secret_psnr_db", "spread_secret_psnr_db", "identical_secret")
        assert [found[key] for key in keys] == [60, 60, 0, 2]
        json.dumps(found, allow_nan=False)


class TestRecord:
    def test_it_is_plain_json_and_says_what_was_measured(self, finished):
        record = json.loads(json.dumps(finished.record, allow_nan=False))
        assert record == finished.record == json.loads((finished.folder / "research.json").read_text())
        assert record["pairs"] == [["a.png", "c.png"], ["b.png", "a.png"]]
        assert [system["name"] for system in record["systems"]] == ["starinn-1", "jxl-lossless"]
        assert [row["family"] for row in record["robustness"]] == ["jpeg-444", "noise", "flips"]
        assert set(record["versions"]) == {"liftveil", "numpy", "onnxruntime", "pillow", "pillow-jxl-plugin", "python"}
        assert record["system"] == ["starinn-1", network("starinn-1").fingerprint]
        assert [name for name in record if "time" in name or "date" in name] == []

    def test_nothing_tells_where_the_pictures_were(self, finished):
        """Else, who measures the same elsewhere would get another record."""
        text = json.dumps(finished.record)
        assert str(finished.folder) not in text
        assert str(finished.study.pairs[0].cover.parent) not in text
        assert finished.record["measured"][0]["notices"][0].startswith("c.png: turned")

    def test_a_lossless_system_has_no_psnr_per_pair_and_60_db_in_the_mean(self, finished):
        rows = [one["scores"] for one in finished.findings.baselines["jxl-lossless"]]
        assert [row["secret_psnr_db"] for row in rows] == [None, None]
        figures = finished.record["systems"][1]["figures"]
        assert (figures["mean_secret_psnr_db"], figures["identical_secret"]) == (60, 2)
        assert figures["mean_secret_ssim"] == 1

    def test_figures_are_those_of_the_pairs(self, finished):
        network_rows = [found["exchange"]["scores"] for found in finished.findings.network]
        figures = finished.record["systems"][0]["figures"]
        for key in network_rows[0]:
            assert figures[f"mean_{key}"] == pytest.approx(np.mean([row[key] for row in network_rows]), abs=1e-4)
        for key, mean in finished.record["float"].items():
            values = [found["probe"][key] for found in finished.findings.network]
            assert mean == pytest.approx(np.mean(values), abs=1e-4)

    def test_robustness_is_mean_worst_and_best_of_the_pairs(self, finished):
        for row in finished.record["robustness"]:
            table = np.array([found[row["family"]]["secret_psnr_db"] for found in finished.findings.network])
            for key, reduce in (("mean", np.mean), ("worst", np.min), ("best", np.max)):
                assert row[f"{key}_secret_psnr_db"] == pytest.approx(reduce(table, axis=0), abs=1e-4)

    def test_failures_are_sorted_pairs(self, finished):
        scores = [found["exchange"]["scores"] for found in finished.findings.network]
        sums = [row["cover_psnr_db"] + row["secret_psnr_db"] for row in scores]
        assert finished.record["failures"] == np.argsort(sums).tolist()

    def test_pairs_come_with_everything(self, finished):
        for measured, found, pair in zip(
            finished.record["measured"], finished.findings.network, finished.study.pairs, strict=True
        ):
            assert (measured["cover"], measured["secret"]) == (pair.cover.name, pair.secret.name)
            assert measured["causes"].endswith(".")
            assert {key: measured[key] for key in found} == found

    def test_a_network_called_like_a_classical_system_is_not_mistaken_for_it(
        self, processes, counter, small_study, toys, tmp_path
    ):
        from dataclasses import replace

        study = small_study(baselines=toys)
        study = replace(study, system=replace(study.system, title="toy-1"))
        record = record_of(study, run_study(study, tmp_path / "out", observer=counter(), processes=1))
        assert [system["name"] for system in record["systems"]] == ["toy-1", "toy-1", "toy-2"]
        own = [one["exchange"]["scores"]["secret_psnr_db"] for one in record["measured"]]
        assert record["systems"][0]["figures"]["mean_secret_psnr_db"] == pytest.approx(np.mean(own), abs=1e-4)
        assert find_system("toy-1") is toys[0]
        assert processes.asked
