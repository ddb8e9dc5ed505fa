"""``liftveil embed``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import AsJson, Force, decibels, json_decibels, notify, say, say_json
from liftveil.weights import DEFAULT_MODEL

WEAK_DB = 30.0
"""Below this verified PSNR of the secret, a warning is printed."""


def embed(
    cover: Annotated[Path, typer.Argument(help="The picture to be seen.")],
    secret: Annotated[Path, typer.Argument(help="The picture to hide; fitted to the cover's size.")],
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="The stego: .png, .webp or .tif.")],
    model: Annotated[str, typer.Option(help="A shipped model or the folder of an exported one.")] = DEFAULT_MODEL,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Hide SECRET in COVER, and verify by extracting from the written file.

    This conceals, it does not encrypt: whoever has liftveil can extract.
    """
    from liftveil.api import embed_pictures, extract_picture
    from liftveil.imaging import check_output, read_picture, read_stego, write_picture
    from liftveil.metrics import psnr

    check_output(output, force=force)
    result = embed_pictures(read_picture(cover), read_picture(secret), model=model)
    write_picture(output, result.stego.rgb_u8, result.stego.alpha_u8, force=force)
    written = read_stego(output)
    recovered = extract_picture(written, model=model).recovered
    cover_db, secret_db = psnr(result.cover, written.rgb_u8), psnr(result.secret, recovered)
    weak = f"{output}: the secret comes back at only {decibels(secret_db)}; try another cover"
    notices = [*result.notices, *([weak] if secret_db < WEAK_DB else [])]
    notify(notices)
    if as_json:
        say_json(
            {
                "stego": str(output),
                "width": written.width,
                "height": written.height,
                "model": result.model.name,
                "cover_psnr_db": json_decibels(cover_db),
                "secret_psnr_db": json_decibels(secret_db),
                "notices": notices,
            }
        )
    else:
        say(f"{output}: {written.width}x{written.height}, hidden with {result.model.name}")
        say(f"cover as seen      {decibels(cover_db)}")
        say(f"secret recovered   {decibels(secret_db)}  (extracted from the written file)")
