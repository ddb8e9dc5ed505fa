"""Meters: made-up figures of the system, and what the allocator does when tight and when relaxed."""

import pytest
import torch

from liftveil.errors import HardwareError
from liftveil.profiling import meters
from liftveil.profiling.meters import CudaMeter, ResidentMeter, meter_for

MIB = 2**20


def status(peak_kib: int, now_kib: int, files_kib: int) -> str:
    return (
        f"Name:\tpython: 3\nVmHWM:\t{peak_kib:>8} kB\nVmRSS:\t{now_kib:>8} kB\n"
        f"RssFile:\t{files_kib:>8} kB\nRssShmem:\t       5 kB\n"
    )


# Prints what is resident after every second of 64 pieces of one MiB was freed, tight and then relaxed. In a process of
# its own: where the heap has holes from earlier work, pieces land in them.
HOLES = """
import torch
from liftveil.profiling.meters import STATUS, ResidentMeter

def resident_bytes():
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024

def left_of_every_second():
    before = resident_bytes()
    kept = [torch.ones(2**20, dtype=torch.uint8) for _ in range(64)]
    del kept[::2]
    return resident_bytes() - before

meter = ResidentMeter()
tight = left_of_every_second()
meter.relax()
print(tight, left_of_every_second())
"""


class TestResidentMeter:
    @pytest.fixture
    def meter(self):
        meter = ResidentMeter()
        yield meter
        meter.relax()  # as the other tests expect it

    def test_is_the_peak_without_files_above_what_was_there(self, monkeypatch, tmp_path):
        file = tmp_path / "status"
        monkeypatch.setattr(meters, "STATUS", file)
        file.write_text(status(peak_kib=900, now_kib=700, files_kib=95))
        meter = ResidentMeter()
        meter.relax()
        assert meter.before_bytes == 600 * 1024
        file.write_text(status(peak_kib=1700, now_kib=650, files_kib=195))
        assert meter.peak_bytes() == (1500 - 600) * 1024

    def test_freed_pieces_are_returned_at_first_and_kept_when_relaxed(self, run_python):
        finished = run_python("-c", HOLES)
        assert finished.returncode == 0, finished.stderr
        tight, relaxed = map(int, finished.stdout.split())
        assert tight == pytest.approx(32 * MIB, abs=4 * MIB)
        assert relaxed == pytest.approx(64 * MIB, abs=4 * MIB)

    def test_sees_a_peak_that_is_over(self, meter):
        block = torch.ones(200 * MIB, dtype=torch.uint8)
        del block
        assert meter.peak_bytes() >= 199 * MIB  # the kernel counts pages in batches

    def test_needs_linux(self, monkeypatch, tmp_path):
        monkeypatch.setattr(meters, "STATUS", tmp_path / "missing")
        with pytest.raises(HardwareError, match="which only Linux has"):
            ResidentMeter()


def test_a_gpu_counts_what_is_allocated_and_then_what_is_reserved(monkeypatch):
    device = torch.device("cuda", 1)
    calls = []
    figures = {
        "empty_cache": None,
        "reset_peak_memory_stats": None,
        "mem_get_info": (300, 1000),
        "memory_allocated": 50,
        "max_memory_allocated": 450,
        "max_memory_reserved": 650,
    }

    def fake(name):
        return lambda *arguments: calls.append((name, *arguments)) or figures[name]

    for name in figures:
        monkeypatch.setattr(torch.cuda, name, fake(name))
    meter = meter_for(device)
    assert isinstance(meter, CudaMeter)
    assert meter.before_bytes == 700
    assert meter.peak_bytes() == 400
    meter.relax()
    assert meter.peak_bytes() == 600
    assert [call[1:] for call in calls if call[0] != "empty_cache"] == [(device,)] * 5


def test_the_cpu_has_the_meter_of_this_process():
    meter = meter_for(torch.device("cpu"))
    meter.relax()
    assert isinstance(meter, ResidentMeter)
