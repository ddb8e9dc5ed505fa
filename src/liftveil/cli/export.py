"""``liftveil export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import Force, say
from liftveil.errors import MissingExtraError


def export(
    checkpoint: Annotated[Path, typer.Argument(help="The checkpoint.safetensors of a run.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the model.")],
    force: Force = False,
) -> None:
    """Make a model of a checkpoint: two ONNX graphs and the weights, for --model FOLDER."""
    try:
        from liftveil.export import export_model
        from liftveil.training import load_checkpoint
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "export") from error
    run = load_checkpoint(checkpoint)
    for path in export_model(run.average_model(), output, facts=run.facts(), force=force):
        say(str(path))
