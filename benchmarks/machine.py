"""How fast a machine is at the time of a measurement: virtual ones drift."""

import time

import torch

_SIDE = 2048
_REPEATS = 7


def matmul_gflops() -> float:
    """Rate of a float32 product of two 2048x2048 matrices with all threads, the best of seven, in GFLOP/s."""
    a, b = torch.ones(_SIDE, _SIDE), torch.ones(_SIDE, _SIDE)
    return 2 * _SIDE**3 / 1e9 / min(_seconds(a, b) for _ in range(_REPEATS))


def _seconds(a: torch.Tensor, b: torch.Tensor) -> float:
    began = time.perf_counter()
    torch.mm(a, b)
    return time.perf_counter() - began
