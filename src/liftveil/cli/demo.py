"""``liftveil demo``."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import Force, decibels, say
from liftveil.errors import LiftveilError, OutputNotWritten


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the pictures.")] = Path("demo"),
    force: Force = False,
) -> None:
    """Hide a photograph in another, get it back in a second process, and show both."""
    from liftveil.imaging import (
        amplified_difference,
        check_output,
        read_picture,
        side_by_side,
        write_picture,
    )
    from liftveil.metrics import psnr, ssim

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputNotWritten(output, f"cannot be made ({error.strerror})", "name another folder with -o") from error
    paths = {name: output / f"{name}.png" for name in ("cover", "secret", "stego", "recovered", "overview")}
    for path in paths.values():
        check_output(path, force=force)
    with as_file(files("liftveil") / "pictures") as shipped:
        for name in ("cover", "secret"):
            write_picture(paths[name], read_picture(shipped / f"{name}.png").rgb_u8, force=force)
    _run("embed", paths["cover"], paths["secret"], paths["stego"], force=force)
    _run("extract", paths["stego"], paths["recovered"], force=force)
    pixels = {name: read_picture(paths[name]).rgb_u8 for name in ("cover", "stego", "secret", "recovered")}
    difference = amplified_difference(pixels["cover"], pixels["stego"])
    panels = [*pixels.items(), ("|cover - stego| x 20", difference)]
    write_picture(paths["overview"], side_by_side(panels), force=force)
    for reference, picture in (("cover", "stego"), ("secret", "recovered")):
        fidelity = decibels(psnr(pixels[reference], pixels[picture]))
        say(f"{reference:6} -> {picture:9}  PSNR {fidelity}, SSIM {ssim(pixels[reference], pixels[picture]):.4f}")
    say(f"look at {paths['overview']}")


def _run(command: str, *paths: Path, force: bool) -> None:
    """Run another command of liftveil in a process of its own, which sees only the files."""
    *sources, target = map(str, paths)
    arguments = [sys.executable, "-m", "liftveil", command, *sources, "-o", target, *(["--force"] if force else [])]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if finished.returncode:
        said = finished.stderr.splitlines() or [f"'{command}' failed"]
        raise LiftveilError(said[-1].removeprefix("liftveil: "))
