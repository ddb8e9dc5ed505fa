"""The objective: named terms with weights from the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from liftveil.channel import clip_levels
from liftveil.config import ObjectiveConfig
from liftveil.training.exchange import Exchange

Scalar = Float[Tensor, ""]

_UNIT = 100.0  # squared grey levels to numbers near 1, where the gradient's clipping norm was found to suit


def hiding_mse(result: Exchange) -> Scalar:
    """Squared error of the unclipped stego against the cover, in units of 100 squared grey levels."""
    return functional.mse_loss(result.stego, result.cover) / _UNIT


def recovery_mse(result: Exchange) -> Scalar:
    """Squared error of the recovered picture against the secret, in units of 100 squared grey levels."""
    return functional.mse_loss(result.recovered, result.secret) / _UNIT


def out_of_range(result: Exchange) -> Scalar:
    """Squared distance of the unclipped stego from 0..255: what clipping will destroy."""
    return functional.mse_loss(result.stego, clip_levels(result.stego)) / _UNIT


TERMS: Final[Mapping[str, Callable[[Exchange], Scalar]]] = MappingProxyType(
    {term.__name__: term for term in (hiding_mse, recovery_mse, out_of_range)}
)
"""Every term by its name, which is also the name of its weight in the configuration."""


def objective(weights: ObjectiveConfig, result: Exchange) -> Scalar:
    """Weighted sum of the terms; a term of weight 0 is not computed.

    Args:
        weights: Weight of each term.
        result: The pictures.

    Returns:
        The loss.
    """
    active = {name: weight for name, weight in asdict(weights).items() if weight}
    return torch.stack([weight * TERMS[name](result) for name, weight in active.items()]).sum()
