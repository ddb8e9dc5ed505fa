"""What every command prints, and how."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from math import isfinite, isinf
from typing import Annotated

import typer

Force = Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def say(text: str) -> None:
    """Print a line of the result; characters of file names that the terminal lacks are escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    typer.echo(_one_line(text).encode(encoding, "backslashreplace").decode(encoding))


def say_json(record: Mapping[str, object]) -> None:
    """Print the result as one JSON object."""
    typer.echo(json.dumps(record))


def complain(text: str) -> None:
    """Print why nothing came of it, as one line on the error stream."""
    typer.echo("liftveil: " + _one_line(text), err=True)


def notify(notices: Iterable[str]) -> None:
    """Print notices on the error stream, so that they never mix with results."""
    for notice in notices:
        typer.echo("note: " + _one_line(notice), err=True)


def decibels(value: float) -> str:
    """A PSNR for people."""
    return "identical" if isinf(value) else f"{value:.2f} dB"


def json_decibels(value: float) -> float | None:
    """A PSNR for machines; JSON has no infinity, so identical pictures give null."""
    return None if isinf(value) else round(value, 4)


def json_score(value: float) -> float | None:
    """A plausibility for machines; null where there is no finite one."""
    return round(value, 4) if isfinite(value) else None


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())
