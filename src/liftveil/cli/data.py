"""``liftveil data``: what is done to pictures before training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import Force, notify, say
from liftveil.errors import MissingExtraError

app = typer.Typer(help="Prepare pictures for training.", no_args_is_help=True)


@app.command()
def split(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A tree of pictures.")],
    *,
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes other splits.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The manifest, in DIR or above it [DIR/splits.csv].")
    ] = None,
    validation: Annotated[float, typer.Option(help="Share to validate with; 0 for none.")] = 0.1,
    test: Annotated[float, typer.Option(help="Share to test with; 0 for none.")] = 0.1,
    force: Force = False,
) -> None:
    """Put each picture of DIR into one of the splits train, val and test, and write a manifest for --data."""
    try:
        from liftveil.data import Shares, split_folder
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", "data split") from error

    manifest = output or folder / "splits.csv"
    counts = split_folder(
        folder,
        manifest,
        seed=seed,
        shares=Shares(validation, test),
        force=force,
        on_skip=lambda path, reason: notify([f"{path}: skipped: {reason}"]),
    )
    say(f"{manifest}: {counts.train} train, {counts.val} val, {counts.test} test; {counts.skipped} skipped")
