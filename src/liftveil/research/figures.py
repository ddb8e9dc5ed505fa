"""The figures of a report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from liftveil.errors import DataError
from liftveil.plotting import Images, Ranges, Series, draw_bars, draw_steps, plot_panels, plot_plane, plot_ranges
from liftveil.research.attacks import FAMILIES
from liftveil.research.spectrum import BANDS, REACH

Record = Mapping[str, Any]

_MODULO = "jxl-mod-"
_NO_RECORD = "is no record of `liftveil evaluate research`"


def figures_of(record: Record) -> dict[str, Images]:
    """All figures of a study.

    Args:
        record: Of :func:`liftveil.research.record.record_of`.

    Returns:
        Figures by name: ``plane``, ``histograms``, ``bands`` and, if there were attacks, ``robustness``.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    figures = {
        "plane": plot_plane(series_of(record), title=f"All systems on {record['data']}"),
        "histograms": _histograms(record["measured"]),
        "bands": _bands(record["measured"]),
    }
    if record["robustness"]:
        figures["robustness"] = plot_robustness(record)
    return figures


def series_of(record: Record) -> list[Series]:
    """The systems of a study as points of the plane.

    Args:
        record: Of a study.

    Returns:
        The network through files and as floats, the digits by their modulus, and every other system.
    """
    first, *others = [system for system in record["systems"] if system["figures"] is not None]
    floats = record["float"]
    digits = [system for system in others if system["name"].startswith(_MODULO)]
    rest = [system for system in others if system not in digits]
    unrounded = (floats["float_cover_psnr_db"], floats["float_secret_psnr_db"], "")
    found = [
        Series(f"{first['title']}, through files", [_point(first, "")]),
        Series(f"{first['title']}, float", [unrounded], by_file=False),
    ]
    if digits:
        points = [_point(system, f"m = {system['name'].removeprefix(_MODULO)}") for system in digits]
        found.append(Series("JPEG XL, digits modulo m", points, connected=True))
    return found + [Series(system["title"], [_point(system, _exactness(system["figures"]))]) for system in rest]


def plot_studies(files: Sequence[Path]) -> Images:
    """Draw the networks of several studies in one plane, and the classical systems of the first.

    Args:
        files: Records of studies, at least one.

    Returns:
        The figure.

    Raises:
        DataError: If a file is no record of a study.
        MissingExtraError: If matplotlib is not installed.
    """
    records = [_read(file) for file in files]
    sets = sorted({record["data"] for record in records})
    named = [_naming_the_set(record) if len(sets) > 1 else series_of(record) for record in records]
    networks = [series for systems in named for series in systems[:2]]
    return plot_plane([*networks, *named[0][2:]], title=f"All systems on {', '.join(sets)}")


def _naming_the_set(record: Record) -> list[Series]:
    return [replace(series, name=f"{series.name} ({record['data']})") for series in series_of(record)]


def _read(file: Path) -> Record:
    try:
        record: Record = json.loads(file.read_text(encoding="utf-8"))
        whole = isinstance(record["data"], str) and all(np.isfinite(one.places).all() for one in series_of(record))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(file, _NO_RECORD) from error
    if not whole:
        raise DataError(file, _NO_RECORD)
    return record


def _exactness(figures: Record) -> str:
    """That 60 dB stand for no error at all must be said where they are drawn."""
    return "identical" if figures.get("identical_secret") == figures.get("pairs") else ""


def _point(system: Record, label: str) -> tuple[float, float, str]:
    figures = system["figures"]
    return figures["mean_cover_psnr_db"], figures["mean_secret_psnr_db"], label


def plot_robustness(record: Record) -> Images:
    """Draw what attacks leave of the secret.

    Args:
        record: Of a study with attacks.

    Returns:
        The figure: a panel for each kind of attack.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    panels = [
        Ranges(
            FAMILIES[row["family"]].title,
            FAMILIES[row["family"]].unit,
            row["strengths"],
            row["mean_secret_psnr_db"],
            row["worst_secret_psnr_db"],
            row["best_secret_psnr_db"],
        )
        for row in record["robustness"]
    ]
    untouched = record["systems"][0]["figures"]["mean_secret_psnr_db"]
    return plot_ranges(panels, ylabel="secret PSNR (dB)", reference=untouched, reference_name="untouched file")


def _histograms(measured: Sequence[Record]) -> Images:
    looks = [pair["exchange"] for pair in measured]
    differences = {name: _shares(looks, "differences", name) for name in ("stego", "recovered")}
    levels = {name: _shares(looks, "levels", name) for name in ("cover", "stego")}
    draws = [
        partial(draw_steps, curves=levels, places=range(256), title="Grey levels", xlabel="grey level", log=False),
        partial(
            draw_steps,
            curves={"stego - cover": differences["stego"], "recovered - secret": differences["recovered"]},
            places=range(-REACH, REACH + 1),
            title="Differences",
            xlabel="grey levels (ends: and beyond)",
            log=True,
        ),
    ]
    return plot_panels(draws, columns=2)


def _bands(measured: Sequence[Record]) -> Images:
    def rms(pick: Any) -> list[float]:  # noqa: ANN401
        return [float(np.mean([pick(pair)[band] for pair in measured]) ** 0.5) for band in BANDS]

    errors = {
        "stego": rms(lambda pair: pair["exchange"]["bands"]["stego"]),
        "recovered": rms(lambda pair: pair["exchange"]["bands"]["recovered"]),
    }
    trace = {"secret's trace": rms(lambda pair: pair["probe"]["trace"])}
    unit = "rms, grey levels"
    draws = [
        partial(draw_bars, groups=errors, names=BANDS, title="Error by subband", ylabel=unit),
        partial(draw_bars, groups=trace, names=BANDS, title="Where in the stego the secret lies", ylabel=unit),
    ]
    return plot_panels(draws, columns=2)


def _shares(looks: Sequence[Record], kind: str, name: str) -> list[float]:
    counts = np.sum([look[kind][name] for look in looks], axis=0)
    return [float(share) for share in counts / counts.sum()]
