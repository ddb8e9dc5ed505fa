"""``liftveil plot``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import Force, say
from liftveil.errors import MissingExtraError


def plot(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of training runs, or journals.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder, or name of both files [the first run's folder].")
    ] = None,
    force: Force = False,
) -> None:
    """Draw the curves of training runs, as SVG and as PNG: quality, loss, noise gain, gradients, rate, events."""
    try:
        from liftveil.evaluation import plot_runs, read_runs
        from liftveil.plotting import image_paths, save_images
    except ModuleNotFoundError as error:
        raise MissingExtraError("research", "plotting") from error

    target = output or (runs[0] if runs[0].is_dir() else runs[0].parent)
    target = target / "curves" if target.is_dir() else target
    found = read_runs(runs)
    image_paths(target, force=force)
    for path in save_images(plot_runs(found), target, force=force):
        say(str(path))
