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
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The stego: .png, .webp or .tif; .jpg with a model made for it.")
    ],
    model: Annotated[str, typer.Option(help="A shipped model or the folder of an exported one.")] = DEFAULT_MODEL,
    quality: Annotated[int, typer.Option(min=1, max=100, help="Quality of a stego in JPEG.")] = 90,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Hide SECRET in COVER, and verify by extracting from the written file.

    This conceals, it does not encrypt: whoever has liftveil can extract.
    """
    from liftveil.api import embed_pictures, extract_picture
    from liftveil.imaging import is_jpeg, read_picture, read_stego, write_picture
    from liftveil.metrics import psnr

    jpeg_notices = _check(output, model, quality, force=force)
    result = embed_pictures(read_picture(cover), read_picture(secret), model=model)
    write_picture(output, result.stego.rgb_u8, result.stego.alpha_u8, force=force, jpeg_quality=quality)
    written = read_stego(output)
    recovered = extract_picture(written, model=model).recovered
    cover_db, secret_db = psnr(result.cover, written.rgb_u8), psnr(result.secret, recovered)
    weak = f"{output}: the secret comes back at only {decibels(secret_db)}; try another cover"
    flat = f"{output}: JPEG has no transparency, so that of the cover is left out"
    lost = [flat] if is_jpeg(output) and result.stego.alpha_u8 is not None else []
    notices = [*result.notices, *jpeg_notices, *lost, *([weak] if secret_db < WEAK_DB else [])]
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


def _check(output: Path, model: str, quality: int, *, force: bool) -> list[str]:
    """Refuse early what cannot be written or would not survive; remarks on what may not."""
    from liftveil.errors import UnsupportedOutput
    from liftveil.imaging import check_output, is_jpeg
    from liftveil.runtime import Session
    from liftveil.weights import aliases, find_model

    if not is_jpeg(output):
        check_output(output, force=force)
        return []
    lowest = Session(find_model(model)).jpeg_quality
    if lowest is None:
        robust = [name for name in aliases() if Session(find_model(name)).jpeg_quality is not None]
        advice = " or ".join(["save as .png", *(f"use --model {name}" for name in robust)])
        raise UnsupportedOutput(output, "JPEG changes pixels, which destroys the hidden picture", advice)
    check_output(output, force=force, jpeg_quality=quality)
    return [f"{output}: {model} is made for JPEG of quality {lowest} and above"] if quality < lowest else []
