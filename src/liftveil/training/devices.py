"""Devices and processes, through Lightning Fabric: one CPU, one GPU, or as many as torchrun started."""

from __future__ import annotations

import os

import torch
from lightning_fabric import Fabric
from torch import Tensor


def start_devices() -> Fabric:
    """Find out where to compute, and meet the other processes.

    Under ``torchrun`` every process gets its device and gradients are averaged over all of them (NCCL on GPUs,
    gloo on CPUs); otherwise there is one process on the best device.

    Returns:
        The launched Fabric. Its own precision stays out of the way: see :mod:`liftveil.training.precision`.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    strategy = "ddp" if processes > 1 else "auto"
    fabric = Fabric(accelerator="auto", devices=here, num_nodes=processes // here, strategy=strategy)
    fabric.launch()
    return fabric


def mean_over_processes(fabric: Fabric, values: dict[str, Tensor]) -> dict[str, float]:
    """Average figures over all processes.

    Args:
        fabric: The devices.
        values: Scalars, the same names in every process.

    Returns:
        The same in every process.
    """
    stacked = torch.stack([value.detach() for value in values.values()])
    reduced = fabric.all_reduce(stacked, reduce_op="mean") if fabric.world_size > 1 else stacked
    if not isinstance(reduced, Tensor):
        raise TypeError(f"all_reduce gave {type(reduced)}")
    return dict(zip(values, reduced.tolist(), strict=True))
