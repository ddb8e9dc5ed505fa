"""``liftveil evaluate research``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import Force, decibels, notify, say
from liftveil.cli.progress import StudyProgress
from liftveil.errors import MissingExtraError
from liftveil.weights import DEFAULT_MODEL


def research(
    *,
    data: Annotated[Path, typer.Option(help="Pictures: a folder, or a manifest, of which `val` is taken.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the study.")],
    model: Annotated[str, typer.Option(help="A shipped model or the folder of an exported one.")] = DEFAULT_MODEL,
    pairs: Annotated[int | None, typer.Option(min=1, help="Number of pairs [one for each picture].")] = None,
    attacks: Annotated[bool, typer.Option(help="Measure robustness, too.")] = True,
    baselines: Annotated[bool, typer.Option(help="Measure the classical systems, too.")] = True,
    processes: Annotated[int | None, typer.Option(min=1, help="Processes at a time [one for each core].")] = None,
    force: Force = False,
) -> None:
    """Measure a model on a set of pictures, through files and separate processes, and write a report.

    A run that was broken off goes on when it is started again.
    """
    try:
        from liftveil.data import pictures_of, readable
        from liftveil.research import (
            CLASSICAL,
            FAMILIES,
            Study,
            check_extras,
            default_processes,
            network,
            pairs_of,
            record_of,
            run_study,
            write_report,
        )
    except ModuleNotFoundError as error:
        raise MissingExtraError("research", "research") from error

    check_extras()
    system = network(model)
    good, skipped = readable(pictures_of(data, "val"))
    notify(f"{path}: skipped: {reason}" for path, reason in skipped)
    study = Study(
        system,
        pairs_of(good, pairs),
        data.resolve().stem if data.is_file() else data.resolve().name,
        tuple(CLASSICAL.values()) if baselines else (),
        tuple(FAMILIES.values()) if attacks else (),
    )
    with StudyProgress(len(study.job_names)) as progress:
        findings = run_study(study, output, observer=progress, processes=processes or default_processes(), force=force)
    record = record_of(study, findings)
    paths = write_report(study, record, output)
    for row in record["systems"]:
        say(f"{row['title']:46} {_both(row['figures'])}")
    say(f"{progress.fresh} jobs done, {progress.kept} kept from before; look at {paths[0]}")


def _both(figures: Mapping[str, float] | None) -> str:
    if figures is None:
        return "no secret fits"
    cover, secret = (decibels(figures[f"mean_{role}_psnr_db"]) for role in ("cover", "secret"))
    refused = f" ({figures['refused']:.0f} secrets do not fit)" if figures["refused"] else ""
    return f"cover {cover}, secret {secret}{refused}"
