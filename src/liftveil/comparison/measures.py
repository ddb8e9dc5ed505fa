"""Everything that is measured of two 8-bit pictures, and of many pairs together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isinf

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import ShapeError
from liftveil.imaging import luma
from liftveil.metrics import MS_SSIM_LEAST_PX, bit_error_rates, max_error, mean_psnr, ms_ssim, mse, psnr, ssim

Figures = dict[str, float]
"""What was measured, by name; see :func:`compare`."""

BIT_PLANES = tuple(f"ber_{plane}" for plane in range(8))
MEASURES = ("psnr_db", "y_psnr_db", "ssim", "ms_ssim", "mse", "max_error", "bit_accuracy", "ber", *BIT_PLANES)
"""Names of the figures of :func:`compare`, in their order."""

ROLES = ("cover", "secret")

_WORST_IS_MOST = re.compile(r"(.*_)?(mse|max_error|ber|ber_[0-7]|file_bpp)")
_DIGITS_DB, _DIGITS = 4, 8


def compare(reference_u8: NDArray[np.uint8], picture_u8: NDArray[np.uint8]) -> Figures:
    """Compare two pictures.

    Args:
        reference_u8: RGB (height, width, 3) or grey (height, width), at least 11x11 pixels.
        picture_u8: What became of it, of the same shape.

    Returns:
        ``psnr_db``, over all channels, and ``y_psnr_db``, over the luma of BT.601, infinite for identical pictures;
        ``ssim``; ``ms_ssim``, left out where a side is shorter than 176 pixels; ``mse`` in squared grey levels and
        ``max_error`` in grey levels; ``bit_accuracy``, the share of equal bits, and ``ber``, that of others;
        ``ber_0`` to ``ber_7``, the same of each bit plane, 0 being the least significant.

    Raises:
        ShapeError: If the shapes differ, are too small, or are none of pictures.
    """
    if reference_u8.ndim not in {2, 3} or reference_u8.shape[2:] not in {(), (3,)}:
        raise ShapeError(reference_u8.shape, "(height, width) or (height, width, 3)")
    rates = bit_error_rates(reference_u8, picture_u8)
    ber = float(rates.mean())
    large = min(reference_u8.shape[:2]) >= MS_SSIM_LEAST_PX
    return {
        "psnr_db": psnr(reference_u8, picture_u8),
        "y_psnr_db": psnr(_luma(reference_u8), _luma(picture_u8)),
        "ssim": ssim(reference_u8, picture_u8),
        **({"ms_ssim": ms_ssim(reference_u8, picture_u8)} if large else {}),
        "mse": mse(reference_u8, picture_u8),
        "max_error": float(max_error(reference_u8, picture_u8)),
        "bit_accuracy": 1 - ber,
        "ber": ber,
        **dict(zip(BIT_PLANES, map(float, rates), strict=True)),
    }


def summary(rows: Sequence[Figures]) -> Figures:
    """Figures of many pairs together.

    Args:
        rows: Of each pair, at least one; from :func:`compare`, or with roles from :func:`liftveil.comparison.score`.

    Returns:
        Every figure as ``mean_...`` and ``worst_...`` over the pairs that have it: the worst is the largest error
        and the least of everything else. Infinite PSNRs count as in :func:`liftveil.metrics.mean_psnr`. Then
        ``pairs``, their number; ``identical`` (with roles ``identical_cover`` and ``identical_secret``), the number
        of those with no error; and with both roles ``sum_db``, the mean PSNRs of cover and secret together, by
        which models are told apart.
    """
    columns = {key: [row[key] for row in rows if key in row] for row in rows for key in row}
    # Only PSNRs are ever infinite, so this is the plain mean of everything else.
    means = {f"mean_{key}": mean_psnr(values) for key, values in columns.items()}
    worst = {f"worst_{key}": mean_psnr([_worst(key, values)]) for key, values in columns.items()}
    return means | worst | _identical(columns) | _sum_db(means) | {"pairs": len(rows)}


def plain(figures: Mapping[str, float]) -> dict[str, float | None]:
    """Figures for JSON, which has no infinity.

    Args:
        figures: Any.

    Returns:
        The same, decibels rounded to 4 digits, others to 8; None for identical pictures.
    """
    return {key: None if isinf(value) else round(value, _digits(key)) for key, value in figures.items()}


def _luma(picture_u8: NDArray[np.uint8]) -> NDArray[np.generic]:
    return picture_u8 if picture_u8.ndim == 2 else luma(picture_u8)


def _worst(key: str, values: Sequence[float]) -> float:
    return max(values) if _WORST_IS_MOST.fullmatch(key) else min(values)


def _identical(columns: Mapping[str, Sequence[float]]) -> Figures:
    names = {"psnr_db": "identical", **{f"{role}_psnr_db": f"identical_{role}" for role in ROLES}}
    return {name: sum(map(isinf, columns[key])) for key, name in names.items() if key in columns}


def _sum_db(means: Mapping[str, float]) -> Figures:
    parts = [f"mean_{role}_psnr_db" for role in ROLES]
    return {"sum_db": sum(means[part] for part in parts)} if all(part in means for part in parts) else {}


def _digits(key: str) -> int:
    return _DIGITS_DB if key.endswith("_db") else _DIGITS
