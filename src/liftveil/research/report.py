"""The report of a study: one page of HTML that asks nothing of the network, and its figures as files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from liftveil.errors import MissingExtraError
from liftveil.imaging import atomic_write_bytes
from liftveil.plotting import Images, save_images
from liftveil.research.attacks import FAMILIES
from liftveil.research.figures import figures_of
from liftveil.research.spectrum import BANDS
from liftveil.research.steps import picture_paths
from liftveil.research.study import Study
from liftveil.research.thumbnails import Thumbnail, inline_svg, thumbnails

REPORT, RECORD, FIGURES = "report.html", "research.json", "figures"

_TEMPLATE = "report.html.j2"
_GRID_PX, _GALLERY_PX = 220, 300

Record = Mapping[str, Any]


def check_extras() -> None:
    """Refuse early what would fail after hours.

    Raises:
        MissingExtraError: If a package for figures or the page is not installed.
    """
    if any(find_spec(name) is None for name in ("jinja2", "matplotlib")):
        raise MissingExtraError("research", "research")


def write_report(study: Study, record: Record, folder: Path) -> list[Path]:
    """Write what a study found.

    Args:
        study: What was measured.
        record: Of :func:`liftveil.research.record.record_of`.
        folder: Of the study, with its pictures.

    Returns:
        Report and record.

    Raises:
        MissingExtraError: If matplotlib or Jinja is not installed.
        PictureError: If a file cannot be read or written.
    """
    figures = figures_of(record)
    page = render_report(study, record, folder, figures)
    (folder / FIGURES).mkdir(exist_ok=True)
    for name, images in figures.items():
        save_images(images, folder / FIGURES / name, force=True)
    atomic_write_bytes(folder / REPORT, page.encode("utf-8", "backslashreplace"), force=True)
    atomic_write_bytes(folder / RECORD, (json.dumps(record, indent=1) + "\n").encode(), force=True)
    return [folder / REPORT, folder / RECORD]


def render_report(study: Study, record: Record, folder: Path, figures: Mapping[str, Images]) -> str:
    """The page.

    Args:
        study: As in :func:`write_report`.
        record: As in :func:`write_report`.
        folder: As in :func:`write_report`.
        figures: Of the record.

    Returns:
        HTML with everything in it: the same for the same study.

    Raises:
        MissingExtraError: If Jinja is not installed.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"db": _decibels, "share": _share, "digits": _digits}
    source = (files("liftveil.research") / _TEMPLATE).read_text(encoding="utf-8")
    page = environment.from_string(source).render(
        record=record,
        families=FAMILIES,
        bands=BANDS,
        figures={name: inline_svg(images) for name, images in figures.items()},
        grid=[_row(study, folder, index, _GRID_PX) for index in range(len(study.pairs))],
        gallery=[(index, _row(study, folder, index, _GALLERY_PX)) for index in record["failures"]],
    )
    return page.rstrip() + "\n"


def _row(study: Study, folder: Path, index: int, width_px: int) -> list[Thumbnail]:
    return thumbnails(picture_paths(folder, study.pairs[index]), width_px=width_px)


def _decibels(value: float | None) -> str:
    return "identical" if value is None else f"{value:.2f}"


def _share(value: float) -> str:
    return f"{value:.1%}"


def _digits(value: float | None, count: int) -> str:
    return "–" if value is None else f"{value:.{count}f}"  # noqa: RUF001 - a dash for people
