"""``liftveil test``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from liftveil.cli.console import Force, notify, say
from liftveil.errors import MissingExtraError


def test(
    checkpoint: Annotated[Path, typer.Argument(help="The checkpoint.safetensors of a run.")],
    *,
    data: Annotated[Path, typer.Option(help="Pictures: a folder, or a manifest of `liftveil data split`.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for pictures and metrics.")],
    pairs: Annotated[int, typer.Option(min=1, help="Number of pairs, at most one for each picture.")] = 5,  # noqa: PT028
    split: Annotated[Literal["val", "test"], typer.Option(help="Pictures of a manifest to take.")] = "val",  # noqa: PT028
    seed: Annotated[int | None, typer.Option(min=0, help="Draw pairs at random [the first ones].")] = None,  # noqa: PT028
    force: Force = False,  # noqa: PT028 - a command, no test of pytest's
) -> None:
    """Hide pictures in others and get them back with the weights of a checkpoint, through saved files."""
    try:
        from liftveil.comparison import table
        from liftveil.data import pictures_of, readable
        from liftveil.evaluation import GRID, choose_pairs, run_trials
        from liftveil.imaging import check_folder
        from liftveil.training import load_checkpoint
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "testing") from error

    check_folder(output, force=force)
    run = load_checkpoint(checkpoint)
    good, skipped = readable(pictures_of(data, split))
    notify(f"{path}: skipped: {reason}" for path, reason in skipped)
    chosen = choose_pairs(good, pairs, seed=seed)
    trials = run_trials(run, chosen, output, force=force, facts={"data": str(data), "split": split, "seed": seed})
    notify(notice for trial in trials for notice in trial.notices)
    say(f"{checkpoint}, step {run.step}: {len(trials)} pairs through files")
    for line in table([(trial.cover.name, trial.secret.name) for trial in trials], [trial.scores for trial in trials]):
        say(line)
    say(f"look at {output / GRID}")
