"""The validation picture: what a person would see of the run at this point."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liftveil.imaging import amplified_difference, side_by_side, write_picture
from liftveil.metrics import psnr
from liftveil.networks import StarINN
from liftveil.training.validation import Pair, through_files


def validation_picture(model: StarINN, pair: Pair) -> NDArray[np.uint8]:
    """Cover, stego, their difference, secret and recovered, side by side.

    Args:
        model: The network.
        pair: Cover and secret.

    Returns:
        One picture (height, width, 3).
    """
    cover, secret = pair
    stego, recovered = through_files(model, cover, secret)
    panels = {
        "cover": cover,
        f"stego {psnr(cover, stego):.1f} dB": stego,
        "difference x20": amplified_difference(cover, stego),
        "secret": secret,
        f"recovered {psnr(secret, recovered):.1f} dB": recovered,
    }
    return side_by_side(list(panels.items()))


def save_validation_picture(model: StarINN, pair: Pair, path: Path) -> NDArray[np.uint8]:
    """Write the validation picture, replacing an older one.

    Args:
        model: The network.
        pair: Cover and secret.
        path: The file.

    Returns:
        The picture.

    Raises:
        PictureError: If it cannot be written.
    """
    picture = validation_picture(model, pair)
    write_picture(path, picture, force=True)
    return picture
