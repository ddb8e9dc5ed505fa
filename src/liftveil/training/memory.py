"""How much a step remembers, and whether it should rather recompute.

What backpropagation keeps from the forward pass is counted tensor by tensor on two small batches: one part of it
(matrices that are made from parameters) is the same for every batch, the other grows with the number of pixels.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar
from weakref import WeakSet

import torch
from torch import Tensor, nn

from liftveil.config import ChannelConfig, Config, ObjectiveConfig, Ramp
from liftveil.networks import StarINN
from liftveil.training.crops import Sample
from liftveil.training.step import LossOfSample

WORTHWHILE: Final = 0.5
"""Share of the free memory from which on stored activations are too many."""

MEMINFO: Final = Path("/proc/meminfo")
CONTAINER: Final = Path("/sys/fs/cgroup")

UNKNOWN_BYTES: Final = 8 * 1024**3
"""Memory that a machine is taken to have left if it does not tell."""

_PROBE_PX: Final = 64

Section = TypeVar("Section", ObjectiveConfig, ChannelConfig)


def should_recompute(config: Config, model: StarINN) -> bool:
    """Whether activations are to be recomputed through the inverse.

    Recomputation makes a step longer, so ``"auto"`` takes it only when stored activations would fill half of the
    memory that is free.

    Args:
        config: The run.
        model: Its network, where it will be trained.

    Returns:
        The configuration's word, or the answer for this machine.
    """
    if config.compute.recompute != "auto":
        return config.compute.recompute == "always"
    return stored_bytes(config, model) > WORTHWHILE * free_bytes(next(model.parameters()).device)


def stored_bytes(config: Config, model: StarINN) -> int:
    """Bytes of activations that one batch leaves for its backward pass, at the most expensive point of the run.

    Args:
        config: Sizes of batch and crops, objective and channel.
        model: A network; whether it recomputes counts.

    Returns:
        An estimate, drawn out in a straight line from one and two small pictures.
    """
    side = min(max(_PROBE_PX, model.multiple), config.data.crop_px)
    one, two = (_stored_by_probe(config, model, batch, side) for batch in (1, 2))
    area = config.data.batch * (model.padded(config.data.crop_px) / model.padded(side)) ** 2
    return round(one + (area - 1) * (two - one))


def saved_bytes(compute: Callable[[], Tensor], parameters: list[nn.Parameter]) -> int:
    """Memory that a computation's result keeps alive for its backward pass.

    Args:
        compute: The forward pass.
        parameters: Left out, for they are there in any case.

    Returns:
        Bytes of the different storages behind all saved tensors, views and their bases counted once.
    """
    saved: WeakSet[_Saved] = WeakSet()

    def pack(tensor: Tensor) -> _Saved:
        kept = _Saved(tensor.detach())  # a node that held its own result with its history would live forever
        saved.add(kept)
        return kept

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept.tensor):
        result = compute()
    # Parts of the graph that were dropped on the way have left the set, so no address is counted that was used again.
    storages = {storage.data_ptr(): storage.nbytes() for storage in (kept.tensor.untyped_storage() for kept in saved)}
    own = {parameter.untyped_storage().data_ptr() for parameter in parameters}
    del result
    return sum(size for address, size in storages.items() if address not in own)


def costliest(config: Config) -> Config:
    """The same run with every weight and probability at the largest value that it ever has."""
    return replace(config, objective=_at_most(config.objective), channel=_at_most(config.channel))


def made_up_sample(config: Config, device: torch.device) -> Sample:
    """A batch of the configured size, of noise instead of pictures, to measure with.

    Args:
        config: Its batch, crops and channels of the secret.
        device: Where to put it.

    Returns:
        The same at every call.
    """
    batch, side = config.data.batch, config.data.crop_px
    generator = torch.Generator().manual_seed(0)
    cover, secret = (
        torch.randint(64, 192, (batch, channels, side, side), dtype=torch.uint8, generator=generator).to(device)
        for channels in (3, config.model.secret_channels)
    )
    return Sample(cover, secret, torch.full((batch, 2), side, device=device), torch.arange(batch, device=device))


def free_bytes(device: torch.device) -> int:
    """Memory that a device has left; for main memory, with what the system would give up for it.

    Args:
        device: A GPU or the CPU, which the processes of a run on this machine share evenly.

    Returns:
        Bytes; those of a small machine if the system is not Linux, which alone tells.
    """
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if not MEMINFO.exists():
        return UNKNOWN_BYTES
    lines = dict(line.split(":") for line in MEMINFO.read_text(encoding="ascii").splitlines())
    system = int(lines["MemAvailable"].split()[0]) * 1024
    return min(system, _left_of_limit() or system) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def _left_of_limit() -> int | None:
    """What a container's limit leaves, if there is one."""
    limit, used = CONTAINER / "memory.max", CONTAINER / "memory.current"
    if not limit.exists() or limit.read_text(encoding="ascii").strip() == "max":
        return None
    return max(1, int(limit.read_text(encoding="ascii")) - int(used.read_text(encoding="ascii")))


@dataclass(eq=False)
class _Saved:
    """A tensor in a graph, which lives as long as that part of the graph."""

    tensor: Tensor


def _stored_by_probe(config: Config, model: StarINN, batch: int, side: int) -> int:
    probe = costliest(replace(config, data=replace(config.data, crop_px=side, batch=batch)))
    losses = LossOfSample(model, probe)
    sample = made_up_sample(probe, next(model.parameters()).device)
    return saved_bytes(lambda: losses(sample, 0.0)[0], list(model.parameters()))


def _at_most(section: Section) -> Section:
    highest = {name: max(ramp.first, ramp.last) for name, ramp in vars(section).items() if isinstance(ramp, Ramp)}
    changes: dict[str, Any] = {name: Ramp(most, most) for name, most in highest.items()}
    return replace(section, **changes)
