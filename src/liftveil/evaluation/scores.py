"""Figures of pairs: how close stego and recovered are, pair by pair, in the mean and at worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isinf

import numpy as np
from numpy.typing import NDArray

from liftveil.imaging import luma
from liftveil.metrics import mean_psnr, psnr, ssim

Scores = dict[str, float]
"""``cover_psnr_db``, ``cover_y_psnr_db``, ``cover_ssim`` of the stego against the cover, and the same of the
recovered picture against the secret, as ``secret_...``; PSNR over RGB, or over luma (``y``)."""

ROLES = ("cover", "secret")
MEASURES = ("psnr_db", "y_psnr_db", "ssim")

_HEADING = "   cover / secret"


def score(role: str, reference: NDArray[np.uint8], picture: NDArray[np.uint8]) -> Scores:
    """Compare two pictures.

    Args:
        role: ``"cover"`` or ``"secret"``, what the reference is.
        reference: RGB (height, width, 3), at least 11x11 pixels.
        picture: What became of it, of the same shape.

    Returns:
        The three scores of this role; infinite PSNRs for identical pictures.

    Raises:
        ShapeError: If the shapes differ or are too small.
    """
    values = (psnr(reference, picture), psnr(luma(reference), luma(picture)), ssim(reference, picture))
    return {f"{role}_{measure}": value for measure, value in zip(MEASURES, values, strict=True)}


def summary(rows: Sequence[Scores]) -> Scores:
    """Scores of many pairs together.

    Args:
        rows: Of each pair, at least one.

    Returns:
        Every score as ``mean_...`` and ``worst_...``, identical pictures as in
        :func:`liftveil.metrics.mean_psnr`; their numbers as ``identical_cover`` and ``identical_secret``; and
        ``sum_db``, cover and secret PSNR together, by which models are told apart.
    """
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    # A similarity is never infinite, so this is its plain mean.
    means = {f"mean_{key}": mean_psnr(values) for key, values in columns.items()}
    worst = {f"worst_{key}": mean_psnr([min(values)]) for key, values in columns.items()}
    identical = {f"identical_{role}": sum(map(isinf, columns[f"{role}_psnr_db"])) for role in ROLES}
    return means | worst | identical | {"sum_db": sum(means[f"mean_{role}_psnr_db"] for role in ROLES)}


def plain(scores: Mapping[str, float]) -> dict[str, float | None]:
    """Scores for JSON, which has no infinity.

    Args:
        scores: Any.

    Returns:
        The same, rounded; None for identical pictures.
    """
    return {key: None if isinf(value) else round(value, 4) for key, value in scores.items()}


def table(names: Sequence[tuple[str, str]], rows: Sequence[Scores]) -> list[str]:
    """All scores for people to read.

    Args:
        names: Cover and secret of each pair.
        rows: Scores of each pair, at least one.

    Returns:
        Lines: a heading, the pairs, mean and worst.
    """
    together = summary(rows)
    labels = [f"{number:02} {cover} / {secret}" for number, (cover, secret) in enumerate(names, start=1)]
    width = max(map(len, [_HEADING, *labels]))
    lines = [_line(label, row, width) for label, row in zip(labels, rows, strict=True)]
    ends = [_line(which, {key: together[f"{which}_{key}"] for key in rows[0]}, width) for which in ("mean", "worst")]
    heading = "     ".join(["PSNR dB  Y-PSNR dB    SSIM"] * 2)
    roles = "     ".join([f"{'cover -> stego':26}", "secret -> recovered"])
    return [f"{'':{width}}   {roles}", f"{_HEADING:{width}}   {heading}", *lines, *ends]


def _line(label: str, scores: Mapping[str, float], width: int) -> str:
    parts = (
        f"{_db(scores[f'{role}_psnr_db']):>7}  {_db(scores[f'{role}_y_psnr_db']):>9}  {scores[f'{role}_ssim']:.4f}"
        for role in ROLES
    )
    return f"{label:{width}}   {'     '.join(parts)}"


def _db(value: float) -> str:
    return "same" if isinf(value) else f"{value:.2f}"
