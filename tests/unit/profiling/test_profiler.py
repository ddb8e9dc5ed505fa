"""Profiles: processes of their own, what becomes of their failures, and the largest batch."""

import json
import sys
from dataclasses import replace

import pytest

from liftveil.errors import HardwareError
from liftveil.profiling import profiler
from liftveil.profiling.measuring import Holdings, Measurement
from liftveil.profiling.profiler import measure_apart, profile

FIXED, SLOPE, RECOMPUTED_SLOPE = 100, 50, 20


def made_up(batch, activations):
    """A machine whose memory is a straight line."""
    slope = SLOPE if activations == "stored" else RECOMPUTED_SLOPE
    return Measurement(
        batch=batch,
        accumulate=1,
        activations=activations,
        device="cpu",
        before_bytes=10,
        holdings=Holdings(1, 4, 4, 8, 4),
        gradient_peak_bytes=50 * batch,
        peak_bytes=FIXED - 10 + slope * batch,
        step_s=0.1 * batch,
        shares={"wavelet": 0.1, "network": 0.2, "loss": 0.3, "optimiser": 0.4},
        gpu=None,
    )


@pytest.fixture
def machine(monkeypatch):
    """Put the made-up machine in place; it has no memory for batches above ``machine[activations]``."""
    most = {"stored": 1000, "recomputed": 1000, "asked": []}

    def measure(config, activations):
        most["asked"].append((config.data.batch, activations))
        return made_up(config.data.batch, activations) if config.data.batch <= most[activations] else None

    monkeypatch.setattr(profiler, "measure_apart", measure)
    return most


class TestProfile:
    def test_measures_every_size_in_both_ways(self, tiny_config, machine):
        told = []
        found = profile(tiny_config(), [4, 1, 4], 1000, told.append)
        sizes = [(row.batch, row.activations) for row in found.measurements]
        assert sizes == [(1, "stored"), (1, "recomputed"), (4, "stored"), (4, "recomputed")]
        assert sorted(machine["asked"]) == sorted(sizes)
        assert told[0] == "batch 1, stored activations"
        assert len(told) == 4

    @pytest.mark.usefixtures("machine")
    @pytest.mark.parametrize(("budget", "stored", "recomputed"), [(399, 5, 14), (400, 6, 15), (100, 0, 0)])
    def test_the_largest_batch_fits_with_all_that_was_there_before(self, tiny_config, budget, stored, recomputed):
        found = profile(tiny_config(), [1, 2, 4], budget)
        assert found.memory_model("stored") == pytest.approx((FIXED, SLOPE))
        assert (found.largest_batch("stored"), found.largest_batch("recomputed")) == (stored, recomputed)

    def test_sizes_without_memory_are_left_out(self, tiny_config, machine):
        machine["stored"] = 2
        found = profile(tiny_config(), [1, 2, 4, 8], 1000)
        stored = [row.batch for row in found.measurements if row.activations == "stored"]
        assert stored == [1, 2]
        assert (4, "stored") in machine["asked"]
        assert (8, "stored") not in machine["asked"]
        assert (8, "recomputed") in machine["asked"]

    def test_one_size_says_nothing_about_others(self, tiny_config, machine):
        machine["stored"] = 1
        found = profile(tiny_config(), [1, 2], 1000)
        assert found.memory_model("stored") is None
        assert found.largest_batch("stored") is None
        assert found.largest_batch("recomputed") == 45

    def test_refuses_if_nothing_fits(self, tiny_config, machine):
        machine |= {"stored": 1, "recomputed": 1}
        with pytest.raises(HardwareError, match=r"'data\.batch' 2 is more than this machine has memory for"):
            profile(tiny_config(), [4, 2], 1000)

    def test_a_record_is_plain(self, tiny_config, machine):
        machine["stored"] = 1
        record = json.loads(json.dumps(profile(tiny_config(), [1, 2], 1000).record()))
        assert record["largest_batch"] == {"stored": None, "recomputed": 45}
        assert record["memory_model"]["stored"] is None
        assert record["memory_model"]["recomputed"] == pytest.approx({"fixed_bytes": 100, "bytes_per_pair": 20})
        assert record["budget_bytes"] == 1000
        assert [row["batch"] for row in record["measurements"]] == [1, 1, 2]


class TestMeasureApart:
    def ends_with(self, monkeypatch, code):
        monkeypatch.setattr(profiler, "_COMMAND", (sys.executable, "-c", code))

    def test_measures_in_a_fresh_process(self, tiny_config):
        config = tiny_config(data={"crop_px": 32, "batch": 3}, compute={"accumulate": 2})
        row = measure_apart(config, "recomputed")
        assert (row.batch, row.accumulate, row.activations, row.device) == (3, 2, "recomputed", "cpu")
        assert row.holdings.gradient_bytes == 4 * row.holdings.parameters
        assert row.peak_bytes > 0

    @pytest.mark.parametrize(
        "end",
        [
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            'raise RuntimeError("[enforce fail] DefaultCPUAllocator: can\'t allocate memory: you tried to allocate")',
            "raise MemoryError",
            "class OutOfMemoryError(RuntimeError): __module__ = 'torch'\nraise OutOfMemoryError('CUDA out of memory.')",
        ],
        ids=["killed", "torch", "python", "gpu"],
    )
    def test_a_lack_of_memory_is_no_error(self, tiny_config, monkeypatch, end):
        self.ends_with(monkeypatch, end)
        assert measure_apart(tiny_config(), "stored") is None

    @pytest.mark.parametrize(
        ("end", "reason"),
        [("raise ValueError('no such thing')", "ValueError: no such thing"), ("raise SystemExit(3)", "exit code 3")],
    )
    def test_any_other_failure_is_told(self, tiny_config, monkeypatch, end, reason):
        self.ends_with(monkeypatch, end)
        config = tiny_config(data={"batch": 6})
        with pytest.raises(HardwareError, match=rf"'data\.batch' 6 could not be measured: {reason}"):
            measure_apart(config, "stored")

    def test_what_is_printed_before_the_result_does_not_matter(self, tiny_config, monkeypatch):
        row = replace(made_up(2, "stored"), device="somewhere")
        text = "a banner\n" + json.dumps(row.record())
        self.ends_with(monkeypatch, f"print({text!r})")
        assert measure_apart(tiny_config(), "stored") == row
