"""The curriculum: what happens to stegos between embedding and extraction, as a function of a run's progress."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float
from torch import Tensor

from liftveil.channel import add_noise, clip_levels, jpeg, rescale, through_file
from liftveil.config import ChannelConfig, Ramp
from liftveil.shaping import NoiseShaper
from liftveil.training.exchange import Transmit

Stego = Float[Tensor, "1 3 height width"]

_STREAM = 2  # of random numbers; data draws its crops from other ones
_SUBSAMPLINGS: tuple[Literal["4:2:0", "4:4:4"], ...] = ("4:2:0", "4:4:4")


def curriculum(config: ChannelConfig, *, seed: int, progress: float, shaper: NoiseShaper | None = None) -> Transmit:
    """The channel at a point of a run.

    A stego is saved with 8 bits; then, each with its own probability, it gets noise, is scaled and scaled back,
    or is saved as JPEG, and is saved with 8 bits again. What happens to a stego depends on the seed, the index
    of its sample and the progress alone, so it is the same in every process and after every resumption.

    Args:
        config: Probabilities and strengths.
        seed: The run's seed.
        progress: Share of the run's steps that lie behind, 0..1.
        shaper: What the sender rounds with; None rounds to the nearest. Later hands do that in any case.

    Returns:
        The channel.
    """

    def transmit(stego: Stego, index: int) -> Stego:
        rng = np.random.default_rng((seed, index, _STREAM))
        rounded, noisy, resized, compressed = rng.random(4) < [ramp.at(progress) for ramp in _probabilities(config)]
        save = through_file if rounded else clip_levels
        factor = 1 + rng.random() * (config.resize_factor.at(progress) - 1)
        quality = int(rng.integers(round(config.jpeg_quality.at(progress)), 101))
        subsampling = _SUBSAMPLINGS[rng.integers(2)]
        stego = through_file(stego, shaper) if rounded else clip_levels(stego)
        if noisy:
            stego = save(add_noise(stego, config.noise_sigma.at(progress), (seed, index, _STREAM, 1)))
        if resized:
            stego = rescale(stego, factor)
        return jpeg(stego, quality, subsampling) if compressed else stego

    return transmit


def _probabilities(config: ChannelConfig) -> tuple[Ramp, ...]:
    return config.rounding, config.noise, config.resize, config.jpeg
