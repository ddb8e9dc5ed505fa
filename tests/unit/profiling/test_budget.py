"""Amounts of memory, and the line through measured peaks."""

import numpy as np
import pytest

from liftveil.errors import ConfigError
from liftveil.profiling.budget import MemoryModel, fit_memory, parse_bytes


class TestParseBytes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("16GiB", 16 * 2**30),
            ("800MiB", 800 * 2**20),
            ("12GB", 12_000_000_000),
            ("1.5GiB", 3 * 2**29),
            ("3KB", 3000),
            ("2TiB", 2**41),
        ],
    )
    def test_reads_amounts_with_their_unit(self, text, expected):
        assert parse_bytes(text) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "16",
            "GiB",
            "16 GiB",
            "16gib",
            "16G",
            "-1GiB",
            "1e3MiB",
            ".5GiB",
            "1,5GB",
            "0GiB",
            "16GiB\n",
            "\u0661GiB",  # one, but in another script
            "nanGB",
        ],
    )
    def test_refuses_everything_else(self, text):
        with pytest.raises(ConfigError, match="is no amount of memory; write it like 16GiB, 800MiB or 12GB") as caught:
            parse_bytes(text, "--budget")
        assert caught.value.path == "--budget"
        assert str(caught.value).startswith(f"--budget: {text!r}")


class TestFitMemory:
    def test_is_the_least_squares_line(self):
        peaks = {1: 110, 2: 208, 4: 420, 8: 790}
        slope, intercept = np.polyfit(list(peaks), list(peaks.values()), 1)
        assert fit_memory(peaks) == pytest.approx((intercept, slope))

    @pytest.mark.parametrize("peaks", [{}, {4: 100}])
    def test_needs_two_sizes(self, peaks):
        assert fit_memory(peaks) is None


class TestMemoryModel:
    def test_is_a_straight_line(self):
        assert MemoryModel(10, 5).at(3) == 25

    @pytest.mark.parametrize(("budget", "expected"), [(9, 0), (14, 0), (15, 1), (24, 2), (25, 3), (26, 3)])
    def test_largest_batch_fits_and_the_next_one_does_not(self, budget, expected):
        assert MemoryModel(10, 5).largest_batch(budget) == expected

    @pytest.mark.parametrize("slope", [0.0, -1.0])
    def test_says_nothing_if_memory_does_not_grow(self, slope):
        assert MemoryModel(10, slope).largest_batch(100) is None
