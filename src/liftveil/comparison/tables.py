"""An evaluation as a table for people, as CSV and as JSON."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from math import isfinite
from typing import Any

from liftveil.comparison.files import Evaluation
from liftveil.comparison.measures import BIT_PLANES, MEASURES, Figures, plain, summary
from liftveil.metrics import IDENTICAL_DB

_ENDS = ("mean", "worst")
_COLUMNS = {
    "psnr_db": ("PSNR dB", ".2f"),
    "y_psnr_db": ("Y-PSNR dB", ".2f"),
    "ssim": ("SSIM", ".4f"),
    "ms_ssim": ("MS-SSIM", ".4f"),
    "mse": ("MSE", ".2f"),
    "max_error": ("max error", ".3g"),
    "bit_accuracy": ("equal bits", ".2%"),
    "file_bpp": ("file bpp", ".2f"),
    "cover_file_bpp": ("cover file bpp", ".2f"),
    "bpp": ("bpp", ".0f"),
    "effective_bpp": ("effective bpp", ".2f"),
}
_PLANES = {key: (key.removeprefix("ber_"), ".4f") for key in BIT_PLANES}


def text_lines(evaluation: Evaluation) -> list[str]:
    """Two tables for people: the main figures, and the wrong bits of each plane.

    Args:
        evaluation: Of at least one pair.

    Returns:
        Lines: each pair and, of several, mean and worst. Identical pictures are the ``same``; a figure that small
        pictures do not have is ``-``.
    """
    rows = _labelled(evaluation)
    alike = sum(not isfinite(row["psnr_db"]) for row in evaluation.rows)
    several = len(evaluation.rows) > 1
    remark = [f"identical pairs: {alike}, each counted as {IDENTICAL_DB:g} dB in the mean"] if alike and several else []
    return [
        *_table(" / ".join(evaluation.roles), rows, _shown(evaluation.rows[0])),
        "",
        *_table("wrong bits in plane (0 lowest)", rows, _PLANES),
        *remark,
    ]


def csv_lines(evaluation: Evaluation) -> list[str]:
    """A table for programs: a column ``row`` says ``pair``, or at the end ``mean`` and ``worst``.

    Args:
        evaluation: Of at least one pair.

    Returns:
        Lines: the names of the columns, a row for each pair, two at the end. PSNRs of identical pictures, figures
        that small pictures do not have, and the files of the last two rows are empty; numbers are not rounded.
    """
    keys, together = _keys(evaluation.rows), summary(evaluation.rows)
    rows: list[list[object]] = [["row", *evaluation.roles, *keys]]
    for (_, reference, picture), row in zip(evaluation.pairs, evaluation.rows, strict=True):
        rows.append(["pair", reference, picture, *_cells(row, keys)])
    rows += [[which, "", "", *_cells(together, [f"{which}_{key}" for key in keys])] for which in _ENDS]
    return [_csv_line(cells) for cells in rows]


def json_record(evaluation: Evaluation) -> dict[str, Any]:
    """One object for programs.

    Args:
        evaluation: Of at least one pair.

    Returns:
        ``pairs``, their ``summary`` (see :func:`liftveil.comparison.summary`), ``problems`` and ``notices``. Null
        are the PSNRs of identical pictures, which ``summary`` counts, and what small pictures do not have.
    """
    keys = _keys(evaluation.rows)
    both_ends = [f"{which}_{key}" for which in _ENDS for key in keys]
    pairs = [
        dict(zip(("name", *evaluation.roles), map(str, pair), strict=True)) | _filled(row, keys)
        for pair, row in zip(evaluation.pairs, evaluation.rows, strict=True)
    ]
    return {
        "pairs": pairs,
        "summary": _filled(summary(evaluation.rows), both_ends),
        "problems": [problem._asdict() for problem in evaluation.problems],
        "notices": evaluation.notices,
    }


def _keys(rows: Sequence[Figures]) -> list[str]:
    """All columns, the same for every set of pictures, however small they are."""
    return list(dict.fromkeys([*MEASURES, *rows[0]]))


def _filled(figures: Figures, keys: Iterable[str]) -> dict[str, float | None]:
    return {**dict.fromkeys(keys), **plain(figures)}


def _cells(figures: Figures, keys: Iterable[str]) -> list[float | str]:
    return [figures[key] if isfinite(figures.get(key, float("inf"))) else "" for key in keys]


def _csv_line(cells: Iterable[object]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _labelled(evaluation: Evaluation) -> list[tuple[str, Figures]]:
    rows = [(pair.name, row) for pair, row in zip(evaluation.pairs, evaluation.rows, strict=True)]
    if len(rows) == 1:
        return rows
    together = summary(evaluation.rows)
    keys = _keys(evaluation.rows)
    ends = [(which, {key: together[name] for key in keys if (name := f"{which}_{key}") in together}) for which in _ENDS]
    return [*rows, *ends]


def _shown(figures: Figures) -> dict[str, tuple[str, str]]:
    return {key: column for key, column in _COLUMNS.items() if key in MEASURES or key in figures}


def _table(title: str, rows: Sequence[tuple[str, Figures]], columns: Mapping[str, tuple[str, str]]) -> list[str]:
    """Names to the left, numbers to the right."""
    heading = [title, *(name for name, _ in columns.values())]
    body = [[label, *(_text(row.get(key), form) for key, (_, form) in columns.items())] for label, row in rows]
    widths = [max(map(len, cells)) for cells in zip(heading, *body, strict=True)]
    return ["  ".join([f"{first:{widths[0]}}", *_right(cells, widths[1:])]) for first, *cells in (heading, *body)]


def _right(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)]


def _text(value: float | None, form: str) -> str:
    if value is None:
        return "-"
    return format(value, form) if isfinite(value) else "same"
