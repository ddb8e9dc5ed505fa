"""Everything that a study found, as one JSON object; whoever measures the same again gets the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isinf
from typing import Any

import numpy as np

from liftveil.comparison import plain as plain_figures
from liftveil.comparison import summary
from liftveil.metrics import IDENTICAL_DB
from liftveil.research.diagnosis import causes, worst_pairs
from liftveil.research.origin import cpu_name, package_versions
from liftveil.research.study import Findings, Study

_FAILURES = 5
_FLOAT = ("float_cover_psnr_db", "float_secret_psnr_db", "clipped_secret_psnr_db", "rounded_secret_psnr_db")

Row = Mapping[str, float | None]


def record_of(study: Study, findings: Findings) -> dict[str, Any]:
    """The record of a study.

    Args:
        study: What was measured.
        findings: What was found.

    Returns:
        For ``research.json``; no times, no dates.
    """
    rows = [found["exchange"]["scores"] for found in findings.network]
    systems = [(study.system.title, study.system.title, rows)]
    systems += [
        (system.name, system.title, [one["scores"] for one in findings.baselines[system.name]])
        for system in study.baselines
    ]
    return {
        "versions": package_versions(),
        "cpu": cpu_name(),
        **study.plan(),
        "secret_channels": study.system.secret_channels,
        "systems": [{"name": name, "title": title, "figures": together(scores)} for name, title, scores in systems],
        "float": {key: _mean([found["probe"][key] for found in findings.network]) for key in _FLOAT},
        "robustness": [_robustness(family.name, family.strengths, findings) for family in study.families],
        "failures": worst_pairs(rows, _FAILURES),
        "measured": _measured(study, findings),
    }


def together(rows: Sequence[Row | None]) -> dict[str, float | None] | None:
    """Mean, worst and spread of scores.

    Args:
        rows: Scores of each pair as JSON has them, None for infinite PSNRs; None for a pair that was refused.

    Returns:
        See :func:`liftveil.comparison.summary`; ``spread_...``, the standard deviation over the pairs; and ``refused``,
        the number of pairs that were. None if all were.
    """
    measured = [row for row in rows if row is not None]
    if not measured:
        return None
    return _figures(measured) | {"refused": len(rows) - len(measured)}


def _figures(rows: Sequence[Row]) -> dict[str, float | None]:
    numbers = [{key: inf if value is None else value for key, value in row.items()} for row in rows]
    columns = {key: [row[key] for row in numbers if key in row] for row in numbers for key in row}
    spreads = {f"spread_{key}": _spread(values) for key, values in columns.items()}
    return plain_figures(summary(numbers) | spreads)


def _spread(values: Sequence[float]) -> float:
    """Standard deviation; only PSNRs are ever infinite."""
    return float(np.std([IDENTICAL_DB if isinf(value) else value for value in values]))


def _measured(study: Study, findings: Findings) -> list[dict[str, Any]]:
    """Everything about each pair."""
    explained = causes(findings.network)
    return [
        {"cover": pair.cover_name, "secret": pair.secret_name, "causes": why, **found}
        for pair, found, why in zip(study.pairs, findings.network, explained, strict=True)
    ]


def _robustness(name: str, strengths: Sequence[float], findings: Findings) -> dict[str, Any]:
    table = np.array([found[name]["secret_psnr_db"] for found in findings.network])
    return {
        "family": name,
        "strengths": list(strengths),
        "mean_secret_psnr_db": [round(float(value), 4) for value in table.mean(axis=0)],
        "worst_secret_psnr_db": [round(float(value), 4) for value in table.min(axis=0)],
        "best_secret_psnr_db": [round(float(value), 4) for value in table.max(axis=0)],
    }


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(np.minimum(values, IDENTICAL_DB))), 4)
