"""What every command prints, and how."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from math import isfinite, isinf
from typing import Annotated, TextIO

import typer

Force = Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def say(text: str) -> None:
    """Print a line of the result."""
    typer.echo(one_line(text, sys.stdout))


def say_json(record: Mapping[str, object]) -> None:
    """Print the result as one JSON object."""
    typer.echo(json.dumps(record))


def complain(text: str) -> None:
    """Print why nothing came of it, as one line on the error stream."""
    typer.echo(one_line("liftveil: " + text, sys.stderr), err=True)


def notify(notices: Iterable[str]) -> None:
    """Print notices on the error stream, so that they never mix with results."""
    for notice in notices:
        typer.echo(one_line("note: " + notice, sys.stderr), err=True)


def decibels(value: float) -> str:
    """A PSNR for people."""
    return "identical" if isinf(value) else f"{value:.2f} dB"


def json_decibels(value: float) -> float | None:
    """A PSNR for machines; JSON has no infinity, so identical pictures give null."""
    return None if isinf(value) else round(value, 4)


def json_score(value: float) -> float | None:
    """A plausibility for machines; null where there is no finite one."""
    return round(value, 4) if isfinite(value) else None


def one_line(text: str, stream: TextIO | None) -> str:
    """Make one line of a text; characters of file names that the stream, unless closed, cannot take are escaped."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return " ".join(text.splitlines()).encode(encoding, "backslashreplace").decode(encoding)
