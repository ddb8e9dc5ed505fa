"""``liftveil evaluate``: what pictures are worth that were hidden in, or found again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liftveil.cli.console import AsJson, notify, say, say_json

if TYPE_CHECKING:
    from liftveil.comparison import Evaluation

app = typer.Typer(
    help="Measure saved pictures, a pair or folders of them; or a model, on many pairs.", no_args_is_help=True
)

AsCsv = Annotated[bool, typer.Option("--csv", help="Print a row for each pair, then mean and worst, as CSV.")]


@app.command()
def stego(
    cover: Annotated[Path, typer.Argument(help="The cover, or a folder of covers.")],
    stego: Annotated[Path, typer.Argument(help="The stego, or a folder of stegos with the names of their covers.")],
    *,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Compare STEGO with COVER: how well they agree, and the bits per pixel that their files take."""
    from liftveil.comparison import evaluate_stego

    _require_one_format(as_json=as_json, as_csv=as_csv)
    _tell(evaluate_stego(cover, stego), as_json=as_json, as_csv=as_csv)


@app.command()
def secret(
    secret: Annotated[Path, typer.Argument(help="The secret, or a folder of secrets.")],
    recovered: Annotated[
        Path, typer.Argument(help="The recovered picture, or a folder of them with the names of their secrets.")
    ],
    *,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Compare RECOVERED with SECRET: how well they agree, and how many bits per pixel come through."""
    from liftveil.comparison import evaluate_secret

    _require_one_format(as_json=as_json, as_csv=as_csv)
    _tell(evaluate_secret(secret, recovered), as_json=as_json, as_csv=as_csv)


def _require_one_format(*, as_json: bool, as_csv: bool) -> None:
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other; give one of them")


def _tell(found: Evaluation, *, as_json: bool, as_csv: bool) -> None:
    """Print what there is; what is missing ends the command with an error, but after the rest."""
    from liftveil.comparison import csv_lines, json_record, text_lines

    notify(found.notices)
    notify(f"{name}: not evaluated: {reason}" for name, reason in found.problems)
    if found.pairs and as_json:
        say_json(json_record(found))
    elif found.pairs:
        for line in csv_lines(found) if as_csv else text_lines(found):
            say(line)
    found.require_complete()
    notify([found.counts])
