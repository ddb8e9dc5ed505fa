"""What happens inside a network on a pair: where quality is lost, and where in the stego the secret lies.

These figures come from float pictures, not from files: they explain, they never lead a table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftveil.metrics import IDENTICAL_DB, psnr
from liftveil.research.spectrum import band_energy
from liftveil.runtime import Session
from liftveil.weights import Model

_MIDDLE_GREY = 128


def probe(model: Model, cover: NDArray[np.uint8], secret: NDArray[np.uint8]) -> dict[str, Any]:
    """Look into a network.

    Args:
        model: The network.
        cover: RGB (height, width, 3).
        secret: As the model hides it.

    Returns:
        ``float_cover_psnr_db`` of the stego neither rounded nor clipped; ``float_secret_psnr_db``,
        ``clipped_secret_psnr_db``, ``rounded_secret_psnr_db`` and ``file_secret_psnr_db`` of what is extracted from
        the stego as it is, clipped to 0..255, rounded, and both. What is recovered is always rounded and clipped; in
        the first of them, only the residual is missing. No figure is above 60 dB, as for identical pictures. Then
        ``out_of_range``, the share of the stego's samples that clipping moves by more than half a grey level; and
        ``trace``, the energy by bands (:func:`liftveil.research.spectrum.band_energy`) of the difference between
        this stego and that with the secret replaced by middle grey.

    Raises:
        ModelError: If the model cannot be loaded or run.
    """
    session = Session(model)
    stego = session.embed_levels(cover, secret)
    blank = session.embed_levels(cover, np.full_like(secret, _MIDDLE_GREY))
    seen = {
        "float": stego,
        "clipped": stego.clip(0, 255),
        "rounded": session.whole_stego(stego, -np.inf, np.inf),
        "file": session.whole_stego(stego),
    }
    return {
        "float_cover_psnr_db": _psnr(cover, stego),
        **{f"{name}_secret_psnr_db": _psnr(secret, session.extract(levels)) for name, levels in seen.items()},
        "out_of_range": float(np.mean(np.abs(stego - stego.clip(0, 255)) > 0.5)),
        "trace": band_energy(stego - blank),
    }


def _psnr(reference: NDArray[Any], picture: NDArray[Any]) -> float:
    return min(psnr(reference, picture), IDENTICAL_DB)
