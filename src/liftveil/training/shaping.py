"""The rounding's metric follows the network while it learns: what errors of the stego cost the recovered picture."""

from __future__ import annotations

from math import lcm

import numpy as np
import torch
from torch import Tensor

from liftveil.channel import blocks_of
from liftveil.networks import StarINN
from liftveil.shaping import NoiseShaper
from liftveil.training.crops import Sample
from liftveil.training.exchange import reflected

_PROBED_PX = 64  # side of what a probe looks at
_SHARE = 0.01  # of a probe in the metric, which so remembers about a hundred steps
_MOST = 5.0  # what a probe may be worth, beside the metric: a pair that explodes would stay in it for ages
_STREAM = 3  # of random numbers; data and channel draw from other ones


def follow_gain(model: StarINN, sample: Sample, weight: float, seed: tuple[int, int]) -> None:
    r"""Move a network's metric towards :math:`I + \kappa J^T J` of its inverse, as a probe of one pair sees it.

    With :math:`v` white noise of the recovered picture's shape and :math:`g = J^T v`, a product of one gradient,
    the mean of :math:`g g^T` over many blocks and steps is that of :math:`J^T J`.

    Args:
        model: Its metric is changed.
        sample: A batch, whose first pair is probed.
        weight: What the recovered picture's error counts against the stego's, :math:`\kappa`.
        seed: Seed and step of the run, which decide the noise.
    """
    like = model.rounding_metric
    height, width = sample.size[0].tolist()
    side = model.padded(sample.cover.shape[-1])
    fitting = lcm(model.multiple, NoiseShaper.BLOCK_PX)
    probed = min(side, _PROBED_PX) // fitting * fitting
    cover, secret = (
        reflected(picture[:1, :, :height, :width].to(like), side)[..., :probed, :probed]
        for picture in (sample.cover, sample.secret)
    )
    frozen = model.frozen()
    with torch.no_grad():
        stego = frozen.embed(cover, secret)[0]
    gradient = _pulled_back(frozen, stego, seed)
    blocks = blocks_of(gradient)
    found = torch.eye(len(blocks)).to(like) + weight / blocks.shape[1] * blocks @ blocks.T
    strength = float(torch.linalg.solve(like, found).trace()) / len(found)  # 1 for what is usual in every direction
    moved = like.lerp(found, _SHARE * min(1.0, _MOST / strength))
    if _serves(moved):  # a step that went wrong is the guard's affair
        like.copy_(moved)


def _serves(metric: Tensor) -> bool:
    """Whether it can be rounded with: finite, and its gains not so far apart that it is singular in its precision."""
    try:
        NoiseShaper(metric.double().cpu().numpy())
    except np.linalg.LinAlgError:
        return False
    return True


def _pulled_back(model: StarINN, stego: Tensor, seed: tuple[int, int]) -> Tensor:
    """White noise at the recovered picture, as gradient at the stego."""
    with torch.enable_grad():
        stego = stego.requires_grad_(True)
        recovered = model.extract(stego)
        noise = np.random.default_rng((*seed, _STREAM)).standard_normal(recovered.shape, np.float32)
        [gradient] = torch.autograd.grad(recovered, stego, torch.from_numpy(noise).to(recovered))
    return gradient
