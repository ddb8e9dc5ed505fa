"""What NVIDIA's management library (NVML) tells about a GPU. Not run on a GPU here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import torch


@dataclass(frozen=True)
class Gpu:
    """A GPU at a moment.

    Attributes:
        name: Of the product.
        utilisation_percent: Share of the last moment (up to a second) in which it computed.
        used_bytes: Memory in use, by all processes.
        total_bytes: All of its memory.
    """

    name: str
    utilisation_percent: int
    used_bytes: int
    total_bytes: int


def gpu_now(device: torch.device) -> Gpu | None:
    """Ask NVML about the GPU that torch computes on.

    Args:
        device: Where torch computes.

    Returns:
        The GPU; None for any other device, and where there is nobody to ask: the package ``nvidia-ml-py`` is not
        installed, or the driver does not tell (as on parts of GPUs).
    """
    if device.type != "cuda":
        return None
    try:
        nvml = import_module("pynvml")
    except ModuleNotFoundError:
        return None
    try:
        nvml.nvmlInit()
        return _asked(nvml, device)
    except nvml.NVMLError:
        return None


def _asked(nvml: ModuleType, device: torch.device) -> Gpu:
    # By its own name: torch counts the visible GPUs only, NVML all of them.
    handle = nvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties(device).uuid}")
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    utilisation = nvml.nvmlDeviceGetUtilizationRates(handle).gpu
    return Gpu(nvml.nvmlDeviceGetName(handle), utilisation, memory.used, memory.total)
