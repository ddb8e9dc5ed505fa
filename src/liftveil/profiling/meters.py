"""Meters of memory: the peak since a moment, of this process on the CPU or of torch's allocator on a GPU.

On the CPU it is the peak of the resident set, ``VmHWM``. ``ru_maxrss`` will not do: a new process takes it over from
the one that started it. Two things stand between this figure and a step's needs.

Pages of program files are resident too, and come and go as code is used for the first time. They are no part of a
budget, since the system can drop them at any time, and are subtracted.

The allocator keeps freed memory. Between tensors of many sizes, that made up a third of the peak of a training step.
A meter therefore starts tight: every larger piece is mapped for itself and returned at once, so the peak is that of
the memory in use. When relaxed, glibc keeps what its defaults make it keep in a long run, and the peak is what a run
takes from the machine. A relaxed peak is at least a tight one, so a peak that cannot be reset (writing to
``/proc/self/clear_refs`` is forbidden in many containers) is good enough, if nothing larger came before.
"""

from __future__ import annotations

import ctypes
import gc
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final, final

import torch

from liftveil.errors import HardwareError

STATUS: Final = Path("/proc/self/status")

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt's names for them, in malloc.h
_TIGHT_BYTES = 64 * 1024
_DEFAULT_MOST_BYTES = 32 * 1024**2  # which glibc's own threshold climbs to as pieces of that size are freed


class Meter(ABC):
    """Peaks of memory above what there was when the meter was made.

    Attributes:
        before_bytes: What there was.
    """

    before_bytes: int

    @abstractmethod
    def peak_bytes(self) -> int:
        """The peak so far; once relaxed, with what the allocator kept."""

    @abstractmethod
    def relax(self) -> None:
        """From now on, count what the allocator keeps as well."""


@final
class ResidentMeter(Meter):
    """Memory of this process, on Linux with glibc.

    Raises:
        HardwareError: On other systems.
    """

    def __init__(self) -> None:
        if not STATUS.exists():
            raise HardwareError("profile", "reads peaks of main memory from /proc, which only Linux has")
        gc.collect()
        self._keep_from(_TIGHT_BYTES)
        ctypes.CDLL(None).malloc_trim(0)
        self.before_bytes = self._private("VmRSS")

    def peak_bytes(self) -> int:
        """Peak of the resident set, without pages of files."""
        return self._private("VmHWM") - self.before_bytes

    def relax(self) -> None:
        """Let glibc keep freed memory as in a long run."""
        self._keep_from(_DEFAULT_MOST_BYTES)

    def _private(self, figure: str) -> int:
        """A figure of the process without the pages that belong to files."""
        lines = dict(line.split(":", 1) for line in STATUS.read_text(encoding="utf-8").splitlines())
        kib = {name: int(lines[name].split()[0]) for name in (figure, "RssFile", "RssShmem")}
        return (kib[figure] - kib["RssFile"] - kib["RssShmem"]) * 1024

    def _keep_from(self, size: int) -> None:
        """Map pieces above a size one by one, and return the heap's end above twice that size."""
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, size)
        libc.mallopt(_TRIM_THRESHOLD, 2 * size)


@final
class CudaMeter(Meter):
    """Memory that torch allocated on a GPU, or, once relaxed, reserved there. Not run on a GPU here.

    Args:
        device: The GPU.
    """

    def __init__(self, device: torch.device) -> None:
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
        free, total = torch.cuda.mem_get_info(device)
        self.before_bytes = total - free
        self._device = device
        self._peak = torch.cuda.max_memory_allocated
        self._start = torch.cuda.memory_allocated(device)

    def peak_bytes(self) -> int:
        """Peak of the allocator."""
        return self._peak(self._device) - self._start

    def relax(self) -> None:
        """Count what torch reserved."""
        self._peak = torch.cuda.max_memory_reserved


def meter_for(device: torch.device) -> Meter:
    """The meter of a device, from now on."""
    return CudaMeter(device) if device.type == "cuda" else ResidentMeter()
