"""``liftveil plot``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liftveil.cli.console import Force, say
from liftveil.errors import LiftveilError, MissingExtraError

if TYPE_CHECKING:
    from liftveil.plotting import Images


def plot(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Folders of training runs, or journals; or folders of studies."),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder, or name of both files [the first run's folder].")
    ] = None,
    seeds: Annotated[
        bool, typer.Option("--seeds", help="Draw runs that differ in their seed alone as a band.")
    ] = False,
    force: Force = False,
) -> None:
    """Draw training runs as curves, or studies of `evaluate research` in one plane, as SVG and as PNG."""
    try:
        from liftveil.plotting import image_paths, save_images
    except ModuleNotFoundError as error:
        raise MissingExtraError("research", "plotting") from error

    studies = [_study(path) for path in runs]
    if any(studies) and not all(studies):
        raise LiftveilError(f"{runs[studies.index(None)]}: is no study; plot training runs and studies apart")
    if seeds and all(studies):
        raise typer.BadParameter("--seeds is for training runs, not for studies")
    target = output or (runs[0] if runs[0].is_dir() else runs[0].parent)
    target = target / ("plane" if all(studies) else "curves") if target.is_dir() else target
    image_paths(target, force=force)
    images = _plane([path for path in studies if path]) if all(studies) else _curves(runs, seeds=seeds)
    for path in save_images(images, target, force=force):
        say(str(path))


def _study(path: Path) -> Path | None:
    """The record of a study, if there is one."""
    from liftveil.research import RECORD

    record = path / RECORD if path.is_dir() else path
    return record if record.name == RECORD and record.is_file() else None


def _plane(records: list[Path]) -> Images:
    from liftveil.research import plot_studies

    return plot_studies(records)


def _curves(runs: list[Path], *, seeds: bool) -> Images:
    try:
        from liftveil.evaluation import by_seed, plot_runs, read_runs
    except ModuleNotFoundError as error:
        raise MissingExtraError("research", "plotting") from error
    found = read_runs(runs)
    return plot_runs(by_seed(found, runs) if seeds else found)
