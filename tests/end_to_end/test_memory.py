"""Large pictures take little more memory than small ones: the network, which takes most, sees a tile at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

STATUS = Path("/proc/self/status")
PROCESS = """
import re, sys, numpy, liftveil
from pathlib import Path
cover, secret = numpy.random.default_rng(0).integers(0, 256, (2, int(sys.argv[1]), 1024, 3), dtype=numpy.uint8)
liftveil.extract(liftveil.embed(cover, secret, model="starinn-fast"), model="starinn-fast")
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
HEIGHTS = 2048, 6144
MOST_BYTES_A_PIXEL = 50  # levels in float32 of cover, secret and stego alone would be 36, beside all pixels


def peak_bytes(height: int) -> int:
    """The most that a process holds which hides a picture and finds it."""
    finished = subprocess.run([sys.executable, "-c", PROCESS, str(height)], capture_output=True, text=True, check=True)
    return 1024 * int(finished.stdout)


@pytest.mark.skipif(not STATUS.exists(), reason="the peak is read from Linux's /proc")
def test_a_picture_takes_little_more_than_its_pixels():
    small, large = map(peak_bytes, HEIGHTS)
    assert large - small < MOST_BYTES_A_PIXEL * 1024 * (HEIGHTS[1] - HEIGHTS[0])
