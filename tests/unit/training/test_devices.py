"""Devices: one process unless torchrun started more, and figures that are the same in all of them."""

from types import SimpleNamespace

import pytest
import torch

from liftveil.training import devices
from liftveil.training.devices import mean_over_processes, start_devices

TORCHRUN = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "MASTER_ADDR", "MASTER_PORT")


@pytest.fixture(autouse=True)
def _no_torchrun(monkeypatch):
    for name in TORCHRUN:
        monkeypatch.delenv(name, raising=False)


def test_without_torchrun_there_is_one_process():
    fabric = start_devices()
    assert (fabric.world_size, fabric.global_rank, fabric.is_global_zero) == (1, 0, True)
    module = fabric.setup_module(torch.nn.Linear(2, 1).double())
    assert module(torch.ones(1, 2, dtype=torch.float64)).dtype == torch.float64  # Fabric converts nothing


@pytest.fixture
def asked(monkeypatch):
    """What Fabric is asked for, and whether it was launched."""
    told = {}

    class Fabric:
        def __init__(self, **options):
            told.update(options)

        def launch(self):
            told["launched"] = True

    monkeypatch.setattr(devices, "Fabric", Fabric)
    return told


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {"devices": 1, "num_nodes": 1, "strategy": "auto"}),
        ({"WORLD_SIZE": "1", "LOCAL_WORLD_SIZE": "1"}, {"devices": 1, "num_nodes": 1, "strategy": "auto"}),
        ({"WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4"}, {"devices": 4, "num_nodes": 1, "strategy": "ddp"}),
        ({"WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4"}, {"devices": 4, "num_nodes": 2, "strategy": "ddp"}),
    ],
)
def test_fabric_is_asked_for_what_torchrun_has_started(monkeypatch, asked, environment, expected):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    start_devices()
    assert asked == {"accelerator": "auto", "launched": True, **expected}


class TestMeans:
    def test_of_one_process_are_its_figures(self):
        values = {"loss": torch.tensor(0.1, requires_grad=True), "rate": torch.tensor(2.0)}
        means = mean_over_processes(SimpleNamespace(world_size=1), values)
        assert means == {"loss": pytest.approx(0.1, rel=1e-7), "rate": 2.0}
        assert {type(value) for value in means.values()} == {float}

    def test_keep_float64(self):
        value = 1 / 3
        means = mean_over_processes(SimpleNamespace(world_size=1), {"loss": torch.tensor(value, dtype=torch.float64)})
        assert means == {"loss": value}

    def test_of_several_are_reduced_together(self):
        calls = []

        def all_reduce(mine, reduce_op):
            calls.append(reduce_op)
            assert not mine.requires_grad
            return (mine + torch.tensor([3.0, 5.0])) / 2

        values = {"loss": torch.tensor(1.0, requires_grad=True), "rate": torch.tensor(2.0)}
        means = mean_over_processes(SimpleNamespace(world_size=2, all_reduce=all_reduce), values)
        assert means == {"loss": 2.0, "rate": 3.5}
        assert calls == ["mean"]

    def test_are_of_tensors(self):
        fabric = SimpleNamespace(world_size=2, all_reduce=lambda mine, **_: [mine])
        with pytest.raises(TypeError, match="list"):
            mean_over_processes(fabric, {"loss": torch.tensor(1.0)})
