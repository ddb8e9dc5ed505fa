"""What NVML says, with a made-up NVML."""

import sys
from types import SimpleNamespace

import pytest
import torch

from liftveil.profiling.gpu import Gpu, gpu_now

CUDA = torch.device("cuda", 0)


class NVMLError(Exception):
    """As in pynvml."""


@pytest.fixture
def nvml(monkeypatch):
    """Put a library in place that knows one GPU and counts differently from torch."""
    rates = {"7": SimpleNamespace(gpu=93, memory=40)}
    memory = {"7": SimpleNamespace(used=5 * 2**30, free=3 * 2**30, total=8 * 2**30)}
    library = SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID={"GPU-0a1b-2c": "7"}.__getitem__,
        nvmlDeviceGetName={"7": "Made-up 9000"}.__getitem__,
        nvmlDeviceGetMemoryInfo=memory.__getitem__,
        nvmlDeviceGetUtilizationRates=rates.__getitem__,
    )
    monkeypatch.setitem(sys.modules, "pynvml", library)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(uuid="0a1b-2c"))
    return library


@pytest.mark.usefixtures("nvml")
def test_the_gpu_of_torch_is_asked_about():
    assert gpu_now(CUDA) == Gpu("Made-up 9000", 93, 5 * 2**30, 8 * 2**30)


@pytest.mark.usefixtures("nvml")
def test_there_is_none_on_a_cpu():
    assert gpu_now(torch.device("cpu")) is None


def test_there_is_none_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert gpu_now(CUDA) is None


@pytest.mark.parametrize("question", ["nvmlInit", "nvmlDeviceGetUtilizationRates"])
def test_there_is_none_if_the_driver_does_not_tell(nvml, question):
    def refuse(*_):
        raise NVMLError("Not Supported")

    setattr(nvml, question, refuse)
    assert gpu_now(CUDA) is None
