import json
from pathlib import Path

import pytest

from liftveil.exact.expected import EXPECTED, expected_secret

RESULT = Path(__file__).parents[3] / "benchmarks" / "results" / "jxl-rates.json"


def test_the_table_is_what_was_measured():
    measured = json.loads(RESULT.read_text())["bits_per_sample"]
    assert {float(rate): (row["psnr_db"], row["identical"]) for rate, row in measured.items()} == EXPECTED


def test_it_is_read_between_its_rates():
    assert expected_secret(1.0) == EXPECTED[1.0]
    assert 42.21 < expected_secret(1.1).psnr_db < 43.38
    assert expected_secret(100.0) == EXPECTED[4.0]
    assert expected_secret(0.049) is None
    assert expected_secret(0.0) is None


def test_more_room_is_better():
    found = [expected_secret(rate / 100) for rate in range(5, 500)]
    assert found == sorted(found)
    assert all(0 <= each.identical <= 1 for each in found)
    assert found[-1].psnr_db == pytest.approx(59.57)
