"""One exchange between sender and receiver, as training sees it: embed, save, open, extract."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from liftveil.networks import StarINN
from liftveil.training.crops import Sample

Cover = Float[Tensor, "batch 3 height width"]
Secret = Float[Tensor, "batch channel height width"]

Transmit = Callable[[Float[Tensor, "1 3 height width"], int], Float[Tensor, "1 3 height width"]]
"""What lies between sender and receiver; called with a stego of its own size and the index of its sample."""


class Exchange(NamedTuple):
    """The four pictures in grey levels; stego and recovered are neither rounded nor clipped.

    Attributes:
        cover: What shall be seen.
        secret: What shall be hidden.
        stego: What the network makes; the receiver gets what the channel leaves of it.
        recovered: What the receiver makes of that.
        inside: 1 where the pictures are, 0 where they were padded, of shape (batch, 1, height, width).
    """

    cover: Cover
    secret: Secret
    stego: Cover
    recovered: Secret
    inside: Float[Tensor, "batch 1 height width"]


def exchange(model: StarINN, sample: Sample, transmit: Transmit) -> Exchange:
    """Send a batch of secrets through the channel, each at its own size.

    Pictures are padded by reflection before embedding and cropped for the channel. The receiver, who has only
    what comes out of it, pads again. Each pair is padded to the same size whatever the other pairs are, so
    what happens to it does not depend on its batch.

    Args:
        model: The network; its parameters' type and device are those of the computation.
        sample: Covers and secrets in 0..255, with the size of their real parts and their indices.
        transmit: The channel.

    Returns:
        All four pictures, of the sample's padded size.
    """
    like = next(model.parameters())
    side, sizes = sample.cover.shape[-1], sample.size.tolist()
    padded = model.padded(side)
    cover, secret = (_refit(picture.to(like), sizes, padded) for picture in (sample.cover, sample.secret))
    stego = model.embed(cover, secret)[0]
    received = [
        transmit(stego[which : which + 1, :, :height, :width], index)
        for which, (index, (height, width)) in enumerate(zip(sample.index.tolist(), sizes, strict=True))
    ]
    recovered = model.extract(torch.cat([reflected(picture, padded) for picture in received]))
    cover, secret, stego, recovered = (picture[..., :side, :side] for picture in (cover, secret, stego, recovered))
    return Exchange(cover, secret, stego, recovered, _inside(sample.size.to(like), side))


def _refit(pictures: Secret, sizes: list[list[int]], side: int) -> Secret:
    """Every picture continued by reflection of its own real part."""
    if pictures.shape[-1] == side:
        return pictures  # as the samples come
    rows = zip(pictures, sizes, strict=True)
    return torch.stack([reflected(picture[..., :height, :width], side) for picture, (height, width) in rows])


def reflected(picture: Secret, side: int) -> Secret:
    """Continue pictures by reflection, over and over if need be, to a square.

    Args:
        picture: At least two pixels high and wide.
        side: Of the square, at least that of the pictures.

    Returns:
        The same pictures in the top left corner.
    """
    for axis in (-2, -1):
        length = picture.shape[axis]
        if length != side:
            position = torch.arange(side, device=picture.device) % (2 * length - 2)
            picture = picture.index_select(axis, torch.minimum(position, 2 * length - 2 - position))
    return picture


def _inside(sizes: Float[Tensor, "batch 2"], side: int) -> Float[Tensor, "batch 1 height width"]:
    """Ones over the real parts."""
    position = torch.arange(side, device=sizes.device)
    rows, columns = (position < sizes[:, which, None] for which in (0, 1))
    return (rows[:, None, :, None] & columns[:, None, None, :]).to(sizes)
