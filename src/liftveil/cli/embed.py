"""``liftveil embed``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from liftveil.cli.console import AsJson, Force, decibels, json_decibels, notify, say, say_json
from liftveil.cli.exactly import ExactOptions, embed_exactly
from liftveil.cli.passwords import PasswordFile, PasswordPrompt, wanted_password
from liftveil.weights import DEFAULT_MODEL

if TYPE_CHECKING:
    from liftveil.api import Embedding

WEAK_DB = 30.0
"""Below this verified PSNR of the secret, a warning is printed."""

_JPEG_QUALITY = 90


def embed(
    cover: Annotated[Path, typer.Argument(help="The picture to be seen.", readable=False)],
    secret: Annotated[Path, typer.Argument(help="The picture to hide, or, with --file, any file.", readable=False)],
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="The stego: .png, .webp or .tif; .jpg with a model made for it.", readable=False
        ),
    ],
    carrier: Annotated[
        Literal["neural", "exact"] | None,
        typer.Option(help="neural: a whole picture, degrades gracefully [default]; exact: bit for bit, or not at all."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A shipped model or the folder of an exported one.", show_default=DEFAULT_MODEL)
    ] = None,
    quality: Annotated[
        str, typer.Option(help="Of a stego in JPEG, 1 to 100; auto: 90, or what the exact carrier has room for.")
    ] = "auto",
    lossless: Annotated[
        bool, typer.Option("--lossless", help="Exact carrier: every sample comes back, whatever the stego becomes.")
    ] = False,
    min_psnr: Annotated[
        float | None, typer.Option(metavar="DB", help="Exact carrier: what the stego keeps at least.")
    ] = None,
    file: Annotated[bool, typer.Option("--file", help="Hide SECRET as a file; chooses the exact carrier.")] = False,
    password_file: PasswordFile = None,
    password_prompt: PasswordPrompt = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Hide SECRET in COVER, and verify by extracting from the written file.

    The neural carrier conceals, it does not encrypt: whoever has liftveil can extract. The exact carrier takes a
    password.
    """
    from liftveil.imaging import check_output, is_jpeg

    wishes = {"--file": file, "--lossless": lossless, "--min-psnr": min_psnr is not None}
    wishes |= {"--password-file": password_file is not None, "--password-prompt": password_prompt}
    if carrier == "exact" or (carrier is None and any(wishes.values())):
        if model is not None:
            raise typer.BadParameter("is for the neural carrier; leave it out here", param_hint="--model")
        _require_auto(quality, "the exact carrier writes no JPEG; see --min-psnr")
        check_output(output, force=force)  # before anybody is asked for a password
        options = ExactOptions(file=file, lossless=lossless, min_psnr=min_psnr, force=force)
        password = wanted_password(password_file, prompt=password_prompt, twice=True)
        facts = embed_exactly(cover, secret, output, password, options)
    else:
        _refuse(name for name, wished in wishes.items() if wished)
        number = _jpeg_quality(quality)
        if not is_jpeg(output):
            _require_auto(quality, "only a stego in JPEG has one")
        facts = _embed_neurally((cover, secret, output), DEFAULT_MODEL if model is None else model, number, force=force)
    notify(facts["notices"])
    say_json(facts) if as_json else _say(facts)


def _say(facts: dict[str, Any]) -> None:
    how = facts.get("model", "the exact carrier")
    say(f"{facts['stego']}: {facts['width']}x{facts['height']}, hidden with {how}")
    say(f"cover as seen      {_shown(facts['cover_psnr_db'])}")
    if "bytes" in facts:
        say(f"file recovered     {facts['bytes']} bytes, identical  (opened from the written file)")
    else:
        how = "opened" if facts["carrier"] == "exact" else "extracted"
        say(f"secret recovered   {_shown(facts['secret_psnr_db'])}  ({how} from the written file)")


def _shown(value: float | None) -> str:
    return decibels(float("inf") if value is None else value)


def _embed_neurally(paths: tuple[Path, Path, Path], model: str, quality: int, *, force: bool) -> dict[str, Any]:
    """Hide a picture, write the stego, and extract from it before it gets its name."""
    from liftveil.api import embed_pictures
    from liftveil.imaging import flatten_on_white, is_jpeg, read_picture, write_picture

    cover, secret, output = paths
    jpeg_notices = _check(output, model, quality, force=force)
    seen = read_picture(cover)
    # JPEG has no transparency, and what lies below it is not for everybody's eyes.
    result = embed_pictures(flatten_on_white(seen) if is_jpeg(output) else seen, read_picture(secret), model=model)
    found: dict[str, float] = {}
    stego = result.stego
    write_picture(
        output,
        stego.rgb_u8,
        stego.alpha_u8,
        force=force,
        jpeg_quality=quality,
        before_it_appears=lambda content: found.update(_verified(content, result, output)),
    )
    weak = f"{output}: the secret comes back at only {decibels(found['secret'])}; try another cover"
    return {
        "stego": str(output),
        "width": stego.width,
        "height": stego.height,
        "carrier": "neural",
        "model": result.model.name,
        "cover_psnr_db": json_decibels(found["cover"]),
        "secret_psnr_db": json_decibels(found["secret"]),
        "notices": [*result.notices, *jpeg_notices, *([weak] if found["secret"] < WEAK_DB else [])],
    }


def _verified(content: bytes, result: Embedding, output: Path) -> dict[str, float]:
    """PSNRs in dB of both pictures, as a receiver of the encoded stego would see them."""
    from liftveil.api import extract_picture
    from liftveil.imaging import stego_from
    from liftveil.metrics import psnr

    written = stego_from(content, role=str(output))
    recovered = extract_picture(written, model=result.model.name).recovered
    return {"cover": psnr(result.cover, written.rgb_u8), "secret": psnr(result.secret, recovered)}


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
        raise UnsupportedOutput(output, "JPEG changes pixels, which destroys any hidden picture", advice)
    check_output(output, force=force, jpeg_quality=quality)
    return [f"{output}: {model} is made for JPEG of quality {lowest} and above"] if quality < lowest else []


def _jpeg_quality(quality: str) -> int:
    if quality == "auto":
        return _JPEG_QUALITY
    if not (quality.isascii() and quality.isdecimal() and len(quality) <= 3 and 1 <= int(quality) <= 100):
        raise typer.BadParameter(f"{quality!r} is neither auto nor a number from 1 to 100", param_hint="--quality")
    return int(quality)


def _require_auto(quality: str, reason: str) -> None:
    if quality != "auto":
        raise typer.BadParameter(f"{reason}; leave it out here", param_hint="--quality")


def _refuse(wishes: Iterable[str]) -> None:
    for name in wishes:
        raise typer.BadParameter("needs the exact carrier; leave --carrier out or use --carrier exact", param_hint=name)
