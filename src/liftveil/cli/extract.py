"""``liftveil extract``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import AsJson, Force, json_score, notify, say, say_json


def extract(
    stego: Annotated[Path, typer.Argument(help="The picture that hides another.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The recovered picture: .png, .webp or .tif.")],
    model: Annotated[str | None, typer.Option(help="Model that hid it; by default each shipped one is tried.")] = None,
    *,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Get the picture back that is hidden in STEGO. A picture that hides nothing gives noise."""
    from liftveil.api import extract_picture
    from liftveil.imaging import check_output, read_stego, write_picture

    check_output(output, force=force)
    result = extract_picture(read_stego(stego), model=model)
    write_picture(output, result.recovered, force=force)
    notify(result.notices)
    height, width = result.recovered.shape[:2]
    if as_json:
        say_json(
            {
                "recovered": str(output),
                "width": width,
                "height": height,
                "model": result.model.name,
                "scores": {name: json_score(score) for name, score in result.scores.items()},
                "notices": result.notices,
            }
        )
    else:
        say(f"{output}: {width}x{height}, extracted with {result.model.name}")
