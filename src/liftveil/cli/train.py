"""``liftveil train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import Force, say
from liftveil.errors import CheckpointError, MissingExtraError


def train(
    config: Annotated[Path, typer.Argument(help="A complete configuration, such as configs/starinn.toml.")],
    *,
    data: Annotated[Path, typer.Option(help="Folder of pictures to train on.")],
    validation: Annotated[Path, typer.Option(help="Folder of pictures to judge by, never trained on.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder of the run [runs/<config>].")] = None,
    initial: Annotated[Path | None, typer.Option(help="Checkpoint whose averaged weights to start from.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run's checkpoint.")] = False,
    force: Force = False,
) -> None:
    """Train a model; checkpoint and journal go to the run's folder."""
    try:
        from liftveil.training import CHECKPOINT, Folders
        from liftveil.training import train as run
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "training") from error
    from liftveil.cli.progress import TrainingProgress
    from liftveil.config import read_config

    chosen = read_config(config)
    folder = output or Path("runs") / config.stem
    if (folder / CHECKPOINT).exists() and not (resume or force):
        raise CheckpointError(folder, "holds a run already; go on with --resume or replace it with --force")
    with TrainingProgress(chosen.training.steps) as progress:
        checkpoint = run(chosen, Folders(data, validation, folder, initial), progress, resume=resume)
    say(f"{checkpoint}: make it a model with: liftveil export {checkpoint} -o FOLDER")
