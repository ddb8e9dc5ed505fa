"""Figures by role: of the stego against the cover, and of the recovered picture against the secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isinf

import numpy as np
from numpy.typing import NDArray

from liftveil.comparison.measures import ROLES, Figures, compare, summary

_HEADING = "   cover / secret"


def score(role: str, reference: NDArray[np.uint8], picture: NDArray[np.uint8]) -> Figures:
    """Compare the two pictures of a role.

    Args:
        role: ``"cover"`` or ``"secret"``, what the reference is.
        reference: RGB (height, width, 3) or grey (height, width), at least 11x11 pixels.
        picture: What became of it, of the same shape.

    Returns:
        All figures of :func:`liftveil.comparison.compare`, named ``cover_...`` or ``secret_...``.

    Raises:
        ShapeError: If the shapes differ, are too small, or are none of pictures.
    """
    return {f"{role}_{key}": value for key, value in compare(reference, picture).items()}


def table(names: Sequence[tuple[str, str]], rows: Sequence[Figures]) -> list[str]:
    """The main figures of both roles for people to read.

    Args:
        names: Cover and secret of each pair.
        rows: Figures of each pair, at least one.

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


def _line(label: str, figures: Mapping[str, float], width: int) -> str:
    parts = (
        f"{_db(figures[f'{role}_psnr_db']):>7}  {_db(figures[f'{role}_y_psnr_db']):>9}  {figures[f'{role}_ssim']:.4f}"
        for role in ROLES
    )
    return f"{label:{width}}   {'     '.join(parts)}"


def _db(value: float) -> str:
    return "same" if isinf(value) else f"{value:.2f}"
