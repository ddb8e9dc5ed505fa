"""Why a pair came out worse than the others: the cause that sets it apart most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from liftveil.metrics import IDENTICAL_DB

_NOTABLE_DB = 0.3
_NOTABLE_RATIO = 1.1


def worst_pairs(rows: Sequence[Mapping[str, Any]], count: int) -> list[int]:
    """The pairs that came out worst, by cover and secret PSNR together.

    Args:
        rows: Scores of each pair; an identical picture, whose PSNR is None, counts as 60 dB.
        count: How many, at most.

    Returns:
        Their indices, the worst first.
    """
    keys = ("cover_psnr_db", "secret_psnr_db")
    totals = [sum(IDENTICAL_DB if row[key] is None else row[key] for key in keys) for row in rows]
    return sorted(range(len(rows)), key=totals.__getitem__)[:count]


def causes(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """What makes each pair differ from the mean pair.

    Args:
        pairs: What a study found of each: ``exchange`` (scores, detail) and ``probe`` (see
            :func:`liftveil.research.probe.probe`).

    Returns:
        A sentence or more for each.
    """
    losses = [_losses(pair["probe"]) for pair in pairs]
    mean = {name: float(np.mean([loss[name] for loss in losses])) for name in losses[0]}
    details = [pair["exchange"]["detail"] for pair in pairs]
    usual = {name: float(np.mean([detail[name] for detail in details])) for name in ("cover", "secret")}
    rows = zip(losses, details, pairs, strict=True)
    return [_sentences(loss, mean, detail, usual, pair["probe"]["out_of_range"]) for loss, detail, pair in rows]


def _losses(probe: Mapping[str, float]) -> dict[str, float]:
    """Decibels of the secret that each step costs; what the network itself lacks counts from 60 dB."""
    return {
        "network": IDENTICAL_DB - probe["float_secret_psnr_db"],
        "rounding": probe["float_secret_psnr_db"] - probe["rounded_secret_psnr_db"],
        "clipping": probe["rounded_secret_psnr_db"] - probe["file_secret_psnr_db"],
    }


def _sentences(
    loss: Mapping[str, float],
    mean: Mapping[str, float],
    detail: Mapping[str, float],
    usual: Mapping[str, float],
    out_of_range: float,
) -> str:
    excess = {name: loss[name] - mean[name] for name in loss}
    cause = max(excess, key=excess.__getitem__)
    found = []
    if excess[cause] > _NOTABLE_DB:
        found.append(
            {
                "network": f"What the network drops costs {excess['network']:.1f} dB more than in the mean pair.",
                "rounding": f"Rounding to 8 bits costs {loss['rounding']:.1f} dB (mean {mean['rounding']:.1f}).",
                "clipping": f"{out_of_range:.1%} of the stego's samples left 0..255; clipping them costs "
                f"{loss['clipping']:.1f} dB (mean {mean['clipping']:.1f}).",
            }[cause]
        )
    found += [
        f"The {name}'s finest details are {detail[name] / usual[name]:.1f} times as strong as in the mean pair."
        for name in ("secret", "cover")
        if detail[name] > _NOTABLE_RATIO * usual[name]
    ]
    return " ".join(found) or "No single cause stands out."
