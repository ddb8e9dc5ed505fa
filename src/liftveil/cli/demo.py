"""``liftveil demo``."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from liftveil.cli.console import Force, decibels, notify, say
from liftveil.errors import LiftveilError, OutputNotWritten
from liftveil.weights import DEFAULT_MODEL


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the pictures.")] = Path("demo"),
    model: Annotated[str, typer.Option(help="A shipped model or the folder of an exported one.")] = DEFAULT_MODEL,
    force: Force = False,
) -> None:
    """Hide a photograph in another, get it back in a second process, and show both."""
    from liftveil.imaging import (
        all_or_none,
        amplified_difference,
        check_output,
        read_picture,
        side_by_side,
        write_picture,
    )
    from liftveil.metrics import psnr, ssim

    grey = _hides_grey(model)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputNotWritten(output, f"cannot be made ({error.strerror})", "name another folder with -o") from error
    paths = {name: output / f"{name}.png" for name in ("cover", "secret", "stego", "recovered", "overview")}
    for path in paths.values():
        check_output(path, force=force)
    with all_or_none(list(paths.values())):
        _write_pair(paths["cover"], paths["secret"], grey=grey, force=force)
        _run("embed", paths["cover"], paths["secret"], paths["stego"], model=model, force=force)
        _run("extract", paths["stego"], paths["recovered"], model=model, force=force)
        pixels = {name: read_picture(paths[name]).rgb_u8 for name in ("cover", "stego", "secret", "recovered")}
        difference = amplified_difference(pixels["cover"], pixels["stego"])
        panels = [*pixels.items(), ("|cover - stego| x 20", difference)]
        write_picture(paths["overview"], side_by_side(panels), force=force)
    for reference, picture in (("cover", "stego"), ("secret", "recovered")):
        fidelity = decibels(psnr(pixels[reference], pixels[picture]))
        say(f"{reference:6} -> {picture:9}  PSNR {fidelity}, SSIM {ssim(pixels[reference], pixels[picture]):.4f}")
    say(f"look at {paths['overview']}")


def _hides_grey(model: str) -> bool:
    from liftveil.runtime import Session
    from liftveil.weights import find_model

    return Session(find_model(model)).secret_channels == 1


def _write_pair(cover: Path, secret: Path, *, grey: bool, force: bool) -> None:
    """Copy the pixels of the shipped photographs; the secret turned grey, if nothing else could come back."""
    from liftveil.imaging import Picture, read_picture, turn_grey, write_picture

    with as_file(files("liftveil") / "pictures") as shipped:
        for path in (cover, secret):
            picture = Picture(read_picture(shipped / f"{path.stem}.png").rgb_u8, name=str(path))
            picture = turn_grey(picture) if grey and path == secret else picture
            notify(picture.notices)
            write_picture(path, picture.rgb_u8, force=force)


def _run(command: str, *paths: Path, model: str, force: bool) -> None:
    """Run another command of liftveil in a process of its own, which sees only the files."""
    *sources, target = (str(path.absolute()) for path in paths)  # a name may begin like an option
    options = ["-o", target, "--model", model, *(["--force"] if force else [])]
    # -P: modules of the present folder are not ours to run.
    arguments = [sys.executable, "-P", "-m", "liftveil", command, *sources, *options]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if finished.returncode:
        said = finished.stderr.splitlines() or [f"'{command}' failed"]
        raise LiftveilError(said[-1].removeprefix("liftveil: "))
