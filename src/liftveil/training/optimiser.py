"""Optimisers by name, and the learning rate as a function of the step."""

from __future__ import annotations

from math import cos, pi
from types import MappingProxyType
from typing import Any, Final, get_args

import torch
from torch import nn

from liftveil.config import OptimiserConfig, OptimiserName
from liftveil.training.muon import Muon

_TORCH: Final = MappingProxyType(
    {name.lower(): kind for name, kind in vars(torch.optim).items() if name.lower() in get_args(OptimiserName)}
)
"""Classes of ``torch.optim`` by the names of the configuration."""

_DECAY: Final[dict[str, dict[str, Any]]] = {"adamw": {"weight_decay": 0.0}, "sgd": {"momentum": 0.9}}
"""Settings that differ from torch's: a flow's weights are no better for being small."""


def build_optimisers(model: nn.Module, config: OptimiserConfig) -> list[torch.optim.Optimizer]:
    """Optimisers that together hold every trainable parameter once.

    ``muon`` orthogonalises the updates of the conditioners' kernels, which are stored as matrices; everything
    else (biases, ActNorms, 1x1 convolutions, which must stay near the identity at first) is left to AdamW at
    the same rate: Muon's updates are scaled to AdamW's usual size. Every other name is torch's optimiser.

    Args:
        model: Its parameters are trained.
        config: Name and rate.

    Returns:
        One or two optimisers.
    """
    trainable = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if config.name != "muon":
        return [_TORCH[config.name](trainable.values(), lr=config.rate, **_DECAY.get(config.name, {}))]
    kernels = {name: p for name, p in trainable.items() if "conditioner" in name and p.ndim == 2}
    others = [p for name, p in trainable.items() if name not in kernels]
    return [
        Muon(kernels.values(), lr=config.rate),
        torch.optim.AdamW(others, lr=config.rate, weight_decay=0.0),
    ]


def rate_factor(step: int, steps: int, config: OptimiserConfig) -> float:
    """Share of the peak rate: linear warm-up, then a half cosine down to ``final_share``.

    Args:
        step: The step about to be taken, from 0.
        steps: Number of steps in all.
        config: Warm-up and final share.

    Returns:
        A number in (0, 1].
    """
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    progress = (step - config.warmup_steps) / max(1, steps - config.warmup_steps)
    return config.final_share + (1 - config.final_share) * 0.5 * (1 + cos(pi * progress))


def set_rate(optimisers: list[torch.optim.Optimizer], rate: float) -> None:
    """Give every parameter group the same rate."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = rate
