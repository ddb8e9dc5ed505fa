"""White Gaussian noise, drawn from a seed that the caller names."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


def add_noise(
    levels: Float[Tensor, "batch channel height width"], sigma: float, seed: tuple[int, ...]
) -> Float[Tensor, "batch channel height width"]:
    """Add white Gaussian noise; the gradient is that of the identity.

    The noise is drawn by NumPy in float64 and cast afterwards. torch's own generators would give other numbers
    in float32 than in float64, and others on a GPU than on a CPU.

    Args:
        levels: Grey levels.
        sigma: Standard deviation in grey levels, at least 0.
        seed: Whole numbers, at least 0; the same ones give the same noise to pictures of the same shape.

    Returns:
        Grey levels, neither rounded nor clipped.

    Raises:
        ValueError: If ``sigma`` or a part of the seed is negative.
    """
    noise = np.random.default_rng(seed).normal(0.0, sigma, tuple(levels.shape))
    return levels + torch.from_numpy(noise).to(levels)
