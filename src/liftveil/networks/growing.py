"""Larger networks that start as smaller ones: the same function, with more blocks to learn in."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from liftveil.config import ModelConfig
from liftveil.networks.starinn import StarINN

_CHAIN = "chain.steps"


def can_grow(small: ModelConfig, large: ModelConfig) -> bool:
    """Whether networks differ in nothing but in blocks that the second one has more.

    Args:
        small: The network that there is.
        large: The network that is wanted; the same one will do.
    """
    return small.blocks <= large.blocks and replace(large, blocks=small.blocks) == small


def grown(model: StarINN, config: ModelConfig) -> StarINN:
    """A network that computes what a smaller one does.

    New blocks follow the old ones as identities, before the closing ActNorm.

    Args:
        model: The smaller network.
        config: Of the larger one; :func:`can_grow` has to hold.

    Returns:
        A new network.
    """
    larger = StarINN(config)
    larger.load_state_dict(larger.state_dict() | _moved(model.state_dict(), model.config.blocks, config.blocks))
    return larger


def _moved(weights: dict[str, Tensor], before: int, after: int) -> dict[str, Tensor]:
    """The same weights, those of the closing ActNorm under the name that it has behind more blocks."""
    old, new = (f"{_CHAIN}.{place}." for place in (before, after))
    return {new + name.removeprefix(old) if name.startswith(old) else name: part for name, part in weights.items()}
