"""Validation: what quality is left after each step between the network's output and the file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from liftveil.channel import clip_levels, jpeg, round_levels, through_file
from liftveil.imaging import to_u8
from liftveil.invertible import TORCH_FLOAT
from liftveil.metrics import mean_psnr, psnr
from liftveil.networks import StarINN
from liftveil.shaping import NoiseShaper
from liftveil.wavelets import pad_by_reflection

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Cover (height, width, 3) and secret of the same size, with three channels or, for models of grey ones, one."""


JPEG_QUALITY = 90
"""Quality of the files by which models are judged whose secrets shall survive JPEG."""


@torch.no_grad()
def validate(model: StarINN, pairs: Sequence[Pair], *, with_jpeg: bool = False) -> dict[str, float]:
    """Embed and extract fixed pairs with one loss at a time.

    Args:
        model: The network.
        pairs: Covers and secrets of any size from 16x16 up, 8 bits; sides that are no multiples of the model's
            are padded for it by reflection, at both ends of the exchange, as for a user.
        with_jpeg: Whether stegos are saved as JPEG of quality :data:`JPEG_QUALITY` as well.

    Returns:
        Mean PSNRs over all channels in dB: ``cover_db`` of the 8-bit stego; ``secret_float_db``, ``secret_clipped_db``,
        ``secret_rounded_db`` and ``secret_file_db`` by what the extractor was given; the worst pictures
        ``worst_cover_db`` and ``worst_secret_db``; and ``noise_gain``, by how much the inverse amplifies the
        rounding noise (deviation out over deviation in; 0 if nothing had to be rounded, as behind integer
        wavelet and reversible colour); with JPEG, also ``secret_jpeg_444_db`` and ``secret_jpeg_420_db``.
        Identical pictures count as in :func:`liftveil.metrics.mean_psnr`.
    """
    shaper = model.shaper()
    rows = [_exchange(model, shaper, pair, with_jpeg=with_jpeg) for pair in pairs]
    means = {key: mean_psnr([row[key] for row in rows]) for key in rows[0] if key != "noise_gain"}
    worst = {f"worst_{key}_db": mean_psnr([min(row[f"{name}_db"] for row in rows)]) for key, name in _WORST.items()}
    return means | worst | {"noise_gain": float(np.mean([row["noise_gain"] for row in rows]))}


_WORST = {"cover": "cover", "secret": "secret_file"}


@torch.no_grad()
def through_files(model: StarINN, cover: NDArray[np.uint8], secret: NDArray[np.uint8]) -> Pair:
    """What sender and receiver see of a pair.

    Args:
        model: The network.
        cover: As in a :data:`Pair`.
        secret: As in a :data:`Pair`.

    Returns:
        The 8-bit stego, and what is recovered from it; in the shapes of cover and secret.
    """
    stego = through_file(embed_levels(model, cover, secret), model.shaper())
    return _array(stego), _array(extract_levels(model, stego))


def _exchange(model: StarINN, shaper: NoiseShaper | None, pair: Pair, *, with_jpeg: bool) -> dict[str, float]:
    cover, secret = pair
    stego = embed_levels(model, cover, secret)
    stegos = {
        "float": stego,
        "clipped": clip_levels(stego),
        "rounded": round_levels(stego, shaper),
        "file": through_file(stego, shaper),
    }
    if with_jpeg:
        stegos["jpeg_444"] = jpeg(stegos["file"], JPEG_QUALITY, "4:4:4")
        stegos["jpeg_420"] = jpeg(stegos["file"], JPEG_QUALITY, "4:2:0")
    recovered = {name: extract_levels(model, levels) for name, levels in stegos.items()}
    noise_in, noise_out = (stegos["rounded"] - stego).std(), (recovered["rounded"] - recovered["float"]).std()
    return {
        "cover_db": psnr(cover, _array(stegos["file"])),
        **{f"secret_{name}_db": psnr(secret, _array(picture)) for name, picture in recovered.items()},
        "noise_gain": float(noise_out / noise_in) if noise_in > 0 else 0.0,
    }


def embed_levels(model: StarINN, cover: NDArray[np.uint8], secret: NDArray[np.uint8]) -> Tensor:
    """Hide one picture in another of any size, padded by reflection.

    Args:
        model: The network.
        cover: RGB (height, width, 3).
        secret: RGB of the same shape; grey levels (height, width[, 1]) for models of grey secrets.

    Returns:
        The stego's grey levels (1, 3, height, width), neither rounded nor clipped.
    """
    pictures = (_padded(picture_tensor(picture, model), model) for picture in (cover, secret))
    return model.embed(*pictures)[0][..., : cover.shape[0], : cover.shape[1]]


def extract_levels(model: StarINN, stego: Tensor) -> Tensor:
    """Get the hidden picture back from a stego of any size, padded by reflection.

    Args:
        model: The network.
        stego: Grey levels (1, 3, height, width).

    Returns:
        The recovered grey levels (1, channel, height, width), neither rounded nor clipped.
    """
    return model.extract(_padded(stego, model))[..., : stego.shape[-2], : stego.shape[-1]]


def _padded(picture: Tensor, model: StarINN) -> Tensor:
    padded: Tensor = pad_by_reflection(picture, model.multiple, TORCH_FLOAT)
    return padded


def picture_tensor(picture: NDArray[np.uint8], model: StarINN) -> Tensor:
    """A picture (height, width[, channel]) as a batch of one, in the type and on the device of a network."""
    planes = np.atleast_3d(picture).transpose(2, 0, 1)[None]
    return torch.from_numpy(planes.copy()).to(next(model.parameters()))


def _array(picture: Tensor) -> NDArray[np.uint8]:
    return to_u8(picture[0].permute(1, 2, 0).double().cpu().numpy())
