"""One exchange between sender and receiver, as training sees it: embed, save, open, extract."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from liftveil.channel import through_file
from liftveil.invertible import TORCH_FLOAT
from liftveil.networks import StarINN
from liftveil.wavelets import pad_by_reflection

Picture = Float[Tensor, "batch 3 height width"]


class Exchange(NamedTuple):
    """The four pictures in grey levels; stego and recovered are neither rounded nor clipped.

    Attributes:
        cover: What shall be seen.
        secret: What shall be hidden.
        stego: What the network makes; the receiver gets it rounded and clipped.
        recovered: What the receiver makes of it.
    """

    cover: Picture
    secret: Picture
    stego: Picture
    recovered: Picture


def exchange(model: StarINN, cover: Picture, secret: Picture) -> Exchange:
    """Send a batch of secrets through 8-bit files of the pictures' own size.

    Sides that do not fit the wavelet are padded by reflection before embedding, cropped for the file, and
    padded again by the receiver, who has only the file.

    Args:
        model: The network.
        cover: Grey levels in 0..255, of any size from 16x16 up.
        secret: Grey levels in 0..255, of the same shape.

    Returns:
        All four pictures.
    """
    height, width = cover.shape[-2:]
    padded = (pad_by_reflection(picture, model.multiple, TORCH_FLOAT) for picture in (cover, secret))
    stego = model.embed(*padded)[0][..., :height, :width]
    received = pad_by_reflection(through_file(stego), model.multiple, TORCH_FLOAT)
    return Exchange(cover, secret, stego, model.extract(received)[..., :height, :width])
