"""What ``liftveil embed`` and ``liftveil extract`` do with the exact carrier."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from liftveil.cli.console import json_decibels
from liftveil.errors import CapacityError, PayloadError, PictureError

if TYPE_CHECKING:
    from liftveil.api import ExactEmbedding, ExactExtraction


@dataclass(frozen=True)
class ExactOptions:
    """How a secret is hidden exactly.

    Attributes:
        file: Whether it is a file of any kind.
        lossless: Whether every sample of a picture has to come back.
        min_psnr: PSNR in dB that the stego keeps; None leaves it to the carrier.
        force: Whether an existing file is replaced.
    """

    file: bool
    lossless: bool
    min_psnr: float | None
    force: bool


def embed_exactly(
    cover: Path, secret: Path, output: Path, password: str | None, options: ExactOptions
) -> dict[str, Any]:
    """Hide a picture or a file, write the stego, and open it before it gets its name.

    Args:
        cover: The picture to be seen.
        secret: The picture or file to hide.
        output: The stego; whoever asks for a password checks it before.
        password: Not empty, or None.
        options: How.

    Returns:
        What there is to tell.
    """
    from liftveil.imaging import read_picture, write_picture
    from liftveil.metrics import psnr

    if options.lossless and (options.min_psnr is not None or options.file):
        hint = "takes what it needs, so it cannot go with --min-psnr; files are always kept bit for bit"
        raise typer.BadParameter(hint, param_hint="--lossless")
    result = _hidden(read_picture(cover), secret, password, options)
    found: dict[str, Any] = {}
    stego = result.stego
    write_picture(
        output,
        stego.rgb_u8,
        stego.alpha_u8,
        force=options.force,
        before_it_appears=lambda content: found.update(_verified(content, result, password, output)),
    )
    return {
        "stego": str(output),
        "width": stego.width,
        "height": stego.height,
        "carrier": "exact",
        "password": password is not None,
        "cover_psnr_db": json_decibels(psnr(result.cover, stego.rgb_u8)),
        **found,
        "notices": list(result.notices),
    }


def write_found(found: ExactExtraction, output: Path, *, force: bool) -> dict[str, Any]:
    """Write what was hidden exactly.

    Args:
        found: What was found.
        output: The file; a picture's has to name a lossless format.
        force: Whether an existing file is replaced.

    Returns:
        What there is to tell.
    """
    from liftveil.imaging import atomic_write_bytes, write_picture

    facts: dict[str, Any] = {"recovered": str(output), "carrier": "exact", "name": found.message.name}
    if found.recovered is None:
        atomic_write_bytes(output, found.message.content, force=force)
        facts |= {"bytes": len(found.message.content), "media_type": found.message.media_type}
    else:
        write_picture(output, found.recovered, force=force)
        height, width = found.recovered.shape[:2]
        facts |= {"width": width, "height": height}
    return facts | {"notices": list(found.notices)}


def _hidden(cover: Any, secret: Path, password: str | None, options: ExactOptions) -> ExactEmbedding:  # noqa: ANN401
    from liftveil.api import DEFAULT_LEAST_DB, embed_exact_file, embed_exact_picture
    from liftveil.imaging import read_picture

    if options.file:
        content = _content(secret, cover)
        return embed_exact_file(cover, content, name=secret.name, password=password, least_db=options.min_psnr)
    least_db = DEFAULT_LEAST_DB if options.min_psnr is None else options.min_psnr
    picture = read_picture(secret)
    return embed_exact_picture(cover, picture, password=password, lossless=options.lossless, least_db=least_db)


def _content(path: Path, cover: Any) -> bytes:  # noqa: ANN401
    from liftveil.api import room_for

    try:
        if not path.is_file():
            problem = "no such file" if not path.exists() else "is not a regular file"
            raise PictureError(path, problem, "give the path of one file")
        size = path.stat().st_size
        if size > cover.rgb_u8.size:  # far too large, so it is not even read
            raise CapacityError(size, room_for(cover, float("-inf"), name=path.name))
        return path.read_bytes()
    except OSError as error:
        raise PictureError(path, f"cannot be read ({error.strerror})", "check the file and its disk") from error


def _verified(content: bytes, result: ExactEmbedding, password: str | None, output: Path) -> dict[str, Any]:
    """Open the encoded stego as a receiver would."""
    from liftveil.api import extract_exact
    from liftveil.imaging import stego_from
    from liftveil.metrics import psnr

    found = extract_exact(stego_from(content, role=str(output)), password=password)
    if found.message != result.message:  # pragma: no cover - would be a fault of ours
        raise PayloadError(str(output), "did not come back as it was hidden; nothing was written")
    if result.secret is None or found.recovered is None:
        return {"bytes": len(found.message.content)}
    secret_db = psnr(result.secret, found.recovered)
    return {"secret_psnr_db": json_decibels(secret_db), "secret_bytes": len(found.message.content)}
