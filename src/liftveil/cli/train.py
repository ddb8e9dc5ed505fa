"""``liftveil train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import Force, say
from liftveil.errors import CheckpointError, DataError, MissingExtraError

_MANIFEST = "a folder, or a manifest of `liftveil data split`"


def train(
    config: Annotated[Path, typer.Argument(help="A complete configuration, such as configs/quick.toml.")],
    *,
    data: Annotated[Path, typer.Option(help=f"Pictures to train on: {_MANIFEST}.")],
    validation: Annotated[
        Path | None, typer.Option(help=f"Pictures to judge by, never trained on: {_MANIFEST} [that of --data].")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder of the run [runs/<config>].")] = None,
    initial: Annotated[
        Path | None,
        typer.Option(help="Checkpoint or weights.safetensors to start from; blocks may be added."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run's checkpoint.")] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed than the configuration's.")] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write for TensorBoard as well.")] = False,
    force: Force = False,
) -> None:
    """Train a model; checkpoint, journal and pictures go to the run's folder."""
    try:
        from liftveil.training import CHECKPOINT, JOURNAL, Folders
        from liftveil.training import train as run
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "training") from error
    from liftveil.cli.progress import TrainingProgress
    from liftveil.config import read_config, with_seed

    if resume and initial is not None:
        raise typer.BadParameter(
            "cannot go with --resume, which goes on from the run's own checkpoint", param_hint="--initial"
        )
    chosen = read_config(config) if seed is None else with_seed(read_config(config), seed)
    folder = output or Path("runs") / config.stem
    if not (resume or force) and any((folder / name).exists() for name in (CHECKPOINT, JOURNAL)):
        raise CheckpointError(folder, "holds a run already; go on with --resume or replace it with --force")
    if validation is None and data.is_dir():
        raise DataError(data, "is a folder of pictures to train on; give another one to judge by with --validation")
    with TrainingProgress(chosen.training.steps) as progress:
        folders = Folders(data, validation or data, folder, initial)
        checkpoint = run(chosen, folders, progress, resume=resume, board=tensorboard)
    if progress.told:
        say(f"{checkpoint}: make it a model with: liftveil export {checkpoint} -o FOLDER")
