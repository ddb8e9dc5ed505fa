"""How much a step remembers, and whether it should rather recompute.

What backpropagation keeps from the forward pass is counted tensor by tensor on a small batch. It grows in
proportion to the number of pixels, so a small batch tells about a large one.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from liftveil.config import Config
from liftveil.data import Sample
from liftveil.networks import StarINN
from liftveil.training.step import LossOfSample

WORTHWHILE: Final = 0.5
"""Share of the free memory from which on stored activations are too many."""

_PROBE_PX: Final = 64


def should_recompute(config: Config, model: StarINN) -> bool:
    """Whether activations are to be recomputed through the inverse.

    Recomputation makes a step longer by about a third, so ``"auto"`` takes it only when stored activations would
    fill half of the memory that is free.

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
    """Bytes of activations that one batch leaves for its backward pass.

    Args:
        config: Sizes of batch and crops, objective and channel.
        model: A network; whether it recomputes counts.

    Returns:
        An estimate, scaled up from a small batch.
    """
    side = min(_PROBE_PX, config.data.crop_px)
    probe = replace(config, data=replace(config.data, crop_px=side, batch=1))
    seen: dict[int, int] = {}
    parameters = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        loss = LossOfSample(model, probe)(grey_sample(probe, next(model.parameters()).device), 0.0)[0]
    area = config.data.batch * config.data.crop_px**2 / side**2
    total = round(sum(seen.values()) * area)
    del loss  # the graph lives until here, so that no address was counted twice
    return total


def grey_sample(config: Config, device: torch.device) -> Sample:
    """A batch of the configured size without any picture in it, to measure with."""
    batch, side = config.data.batch, config.data.crop_px
    shapes = (3, config.model.secret_channels)
    generator = torch.Generator().manual_seed(0)
    pictures = [
        torch.randint(64, 192, (batch, channels, side, side), dtype=torch.uint8, generator=generator).to(device)
        for channels in shapes
    ]
    return Sample(*pictures, torch.full((batch, 2), side, device=device), torch.arange(batch, device=device))


def free_bytes(device: torch.device) -> int:
    """Memory that a device has left."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
