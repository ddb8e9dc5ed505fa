"""``liftveil capacity``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import AsJson, say, say_json

_QUALITIES_DB = (50.0, 46.0, 44.0, 42.0, 40.0)


def capacity(
    cover: Annotated[Path, typer.Argument(help="The picture to be seen.", readable=False)],
    *,
    as_json: AsJson = False,
) -> None:
    """Print what the exact carrier hides in COVER, at several qualities of the stego.

    Bytes are those of a file; the quality of a hidden picture of the cover's size is what photographs reach on the
    average.
    """
    from liftveil.api import expected_secret, room_for
    from liftveil.imaging import read_picture

    picture = read_picture(cover)
    rooms = {least_db: room_for(picture, least_db) for least_db in _QUALITIES_DB}
    expected = {least_db: expected_secret(8 * room / picture.rgb_u8.size) for least_db, room in rooms.items()}
    if as_json:
        rows = []
        for least_db, room in rooms.items():
            psnr_db, identical = expected[least_db] or (None, None)
            rows.append({"cover_psnr_db": least_db, "bytes": room, "secret_psnr_db": psnr_db, "identical": identical})
        say_json({"cover": str(cover), "capacity": rows})
        return
    say(f"{cover}: {picture.width}x{picture.height}")
    say("stego keeps   room for a file        or a photograph of this size, on the average")
    for least_db, room in rooms.items():
        found = expected[least_db]
        shown = "too little room" if found is None else f"{found.psnr_db:.0f} dB, {found.identical:.0%} bit for bit"
        say(f"{least_db:8.0f} dB   {room:>14,} bytes   {shown}")
