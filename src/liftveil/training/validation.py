"""Validation: what quality is left after each step between the network's output and the file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from liftveil.channel import clip_levels, round_levels, through_file
from liftveil.imaging import to_u8
from liftveil.metrics import mean_psnr, psnr
from liftveil.networks import StarINN

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]

_STEGOS = {"float": lambda stego: stego, "clipped": clip_levels, "rounded": round_levels, "file": through_file}


@torch.no_grad()
def validate(model: StarINN, pairs: Sequence[Pair]) -> dict[str, float]:
    """Embed and extract fixed pairs with one loss at a time.

    Args:
        model: The network.
        pairs: Covers and secrets, 8 bits, whose sides are multiples of the model's.

    Returns:
        Mean PSNRs in dB: ``cover_db`` of the 8-bit stego; ``secret_float_db``, ``secret_clipped_db``,
        ``secret_rounded_db`` and ``secret_file_db`` by what the extractor was given; the worst pictures
        ``worst_cover_db`` and ``worst_secret_db``; and ``noise_gain``, by how much the inverse amplifies the
        rounding noise (deviation out over deviation in; 0 if nothing had to be rounded, as behind integer
        wavelet and reversible colour).
        Identical pictures count as in :func:`liftveil.metrics.mean_psnr`.
    """
    rows = [_exchange(model, cover, secret) for cover, secret in pairs]
    means = {key: mean_psnr([row[key] for row in rows]) for key in rows[0] if key != "noise_gain"}
    worst = {f"worst_{key}_db": mean_psnr([min(row[f"{name}_db"] for row in rows)]) for key, name in _WORST.items()}
    return means | worst | {"noise_gain": float(np.mean([row["noise_gain"] for row in rows]))}


_WORST = {"cover": "cover", "secret": "secret_file"}


def _exchange(model: StarINN, cover: NDArray[np.uint8], secret: NDArray[np.uint8]) -> dict[str, float]:
    stego = model.embed(_tensor(cover, model), _tensor(secret, model))[0]
    recovered = {name: model.extract(change(stego)) for name, change in _STEGOS.items()}
    noise_in, noise_out = (round_levels(stego) - stego).std(), (recovered["rounded"] - recovered["float"]).std()
    return {
        "cover_db": psnr(cover, _array(through_file(stego))),
        **{f"secret_{name}_db": psnr(secret, _array(picture)) for name, picture in recovered.items()},
        "noise_gain": float(noise_out / noise_in) if noise_in > 0 else 0.0,
    }


def _tensor(picture: NDArray[np.uint8], model: StarINN) -> Tensor:
    reference = next(model.parameters())
    return torch.from_numpy(picture.transpose(2, 0, 1)[None].copy()).to(reference)


def _array(picture: Tensor) -> NDArray[np.uint8]:
    return to_u8(picture[0].permute(1, 2, 0).double().cpu().numpy())
