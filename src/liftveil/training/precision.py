"""Precision: what conditioners compute in, and the refusal of types that a machine is slower with.

Only the conditioners run in 16 bits. Wavelets, the chain's own arithmetic and the losses keep 32, so that the
network stays invertible but for roundings inside the conditioners that tip over on the way back: with random
weights, pictures came back to within 0.08 grey levels (rms) in bfloat16 and 0.02 in float16. float16 needs its
losses scaled, or small gradients vanish; bfloat16 has the range of float32 and needs no scaling.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import torch
from torch import nn
from torch.nn import functional

from liftveil.config import Precision
from liftveil.errors import HardwareError
from liftveil.invertible import AffineCoupling

FIRST_SCALE: Final = 4096.0
"""What float16's losses are multiplied with at first."""

_MIXED: Final[dict[str, torch.dtype]] = {"16-mixed": torch.float16, "bf16-mixed": torch.bfloat16}
_REPEATS = 3


def set_precision(model: nn.Module, precision: Precision, device: torch.device) -> None:
    """Let the conditioners of a network compute in 16 bits, if that is the precision; its parameters stay as they are.

    Args:
        model: A network with affine couplings.
        precision: As in :class:`liftveil.config.ComputeConfig`.
        device: Where it will run.

    Raises:
        HardwareError: If the device is slower in this precision than in 32 bits.
    """
    if precision in _MIXED:
        refuse_if_slower(precision, lambda dtype: convolution_seconds(dtype, device))
        for module in model.modules():
            if isinstance(module, AffineCoupling):
                module.dtype = _MIXED[precision]


def loss_scaler(precision: Precision, device: torch.device) -> torch.amp.GradScaler:
    """The scaler of float16 losses, from 4096 on; without effect in every other precision."""
    return torch.amp.GradScaler(device.type, init_scale=FIRST_SCALE, enabled=precision == "16-mixed")


def refuse_if_slower(precision: Precision, seconds: Callable[[torch.dtype], float]) -> None:
    """Refuse a mixed precision that only costs time.

    Args:
        precision: A mixed precision.
        seconds: Measures a typical convolution in a type.

    Raises:
        HardwareError: If the measured time is not shorter than that of float32.
    """
    mixed, full = seconds(_MIXED[precision]), seconds(torch.float32)
    if mixed >= full:
        problem = f"{precision!r} takes {mixed / full:.1f} times as long as '32' on this machine; use '32'"
        raise HardwareError("compute.precision", problem)


def convolution_seconds(dtype: torch.dtype, device: torch.device) -> float:
    """Time of a conditioner's typical convolution, forward and backward; the best of three.

    Args:
        dtype: Type to compute in.
        device: Where.

    Returns:
        Seconds.
    """
    x = torch.ones(1, 64, 32, 32, device=device, dtype=dtype).contiguous(memory_format=torch.channels_last)
    kernel = torch.ones(64, 64, 3, 3, device=device, dtype=dtype, requires_grad=True)
    return min(_once(x, kernel) for _ in range(_REPEATS))


def _once(x: torch.Tensor, kernel: torch.Tensor) -> float:
    began = time.perf_counter()
    loss = functional.conv2d(x, kernel, padding=1).float().mean()
    torch.autograd.grad(loss, kernel)[0].sum().item()  # waits for the device
    return time.perf_counter() - began
