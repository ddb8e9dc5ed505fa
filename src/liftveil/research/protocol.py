"""The protocol by which everything is measured: processes that share nothing but a picture file.

The sender writes a PNG. Its RGB samples alone are written anew, by an encoder that has nothing in common with the
sender's, into an empty folder. The receiver is told of that folder only: nothing of cover or secret goes its way. All
metrics are of 8-bit pixels.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftveil.comparison import Figures, score
from liftveil.errors import LiftveilError, RefusalError
from liftveil.imaging import read_picture, write_picture
from liftveil.runtime import THREADS

Pixels = NDArray[np.uint8]

COVER, SECRET, STEGO, PROBE_FILE = "cover.png", "secret.png", "stego.png", "probe.json"
RECOVERED = "recovered"
"""The folder of what a receiver writes."""

SPEAKER = "liftveil: "
"""How the line begins in which a process says why it refuses."""


class Exchange(NamedTuple):
    """What came of a pair.

    Attributes:
        stego: RGB (height, width, 3), as read from the sender's file.
        recovered: What the receiver wrote, of the secret's shape.
    """

    stego: Pixels
    recovered: Pixels


def exchange(system: str, cover: Pixels, secret: Pixels, *, work: Path | None = None) -> Exchange:
    """Hide a picture, send it, and get it back.

    Args:
        system: Name of a system.
        cover: RGB (height, width, 3).
        secret: As the system hides it: RGB of the same shape, or grey (height, width).
        work: Where folders of sender and receiver are made and removed; None for the system's temporary folder.

    Returns:
        Stego and recovered picture.

    Raises:
        LiftveilError: If sender or receiver refuses.
    """
    stego = send(system, cover, secret, work=work)
    return Exchange(stego, receive(system, {STEGO: plain_png(stego)}, grey=secret.ndim == 2, work=work)[STEGO])


def send(system: str, cover: Pixels, secret: Pixels, *, work: Path | None = None) -> Pixels:
    """The sender's side.

    Args:
        system: Name of a system.
        cover: As in :func:`exchange`.
        secret: As in :func:`exchange`.
        work: As in :func:`exchange`.

    Returns:
        Pixels of the stego's file.

    Raises:
        LiftveilError: If the sender refuses.
    """
    with process_folder(work) as folder:
        write_picture(folder / COVER, cover)
        write_picture(folder / SECRET, secret)
        run_endpoint("hide", system, folder)
        return read_picture(folder / STEGO).rgb_u8


def receive(system: str, files: Mapping[str, bytes], *, grey: bool, work: Path | None = None) -> dict[str, Pixels]:
    """The receiver's side: a process in a folder that holds stegos and nothing else.

    Args:
        system: Name of a system.
        files: Content of the stegos' files; the names begin with ``stego`` and differ without their suffixes.
        grey: Whether secrets are grey.
        work: As in :func:`exchange`.

    Returns:
        The recovered pictures by the same names.

    Raises:
        LiftveilError: If the receiver refuses.
    """
    with process_folder(work) as folder:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        run_endpoint("show", system, folder)
        found = {name: read_picture(folder / RECOVERED / f"{Path(name).stem}.png").rgb_u8 for name in files}
    return {name: np.ascontiguousarray(rgb[..., 0]) if grey else rgb for name, rgb in found.items()}


def scores_of(cover: Pixels, secret: Pixels, result: Exchange) -> Figures:
    """Figures of an exchange.

    Args:
        cover: As in :func:`exchange`.
        secret: As in :func:`exchange`.
        result: What came of them.

    Returns:
        See :func:`liftveil.comparison.score`.
    """
    return score("cover", cover, result.stego) | score("secret", secret, result.recovered)


@contextmanager
def process_folder(work: Path | None) -> Iterator[Path]:
    """A folder for a process of its own, which is gone afterwards.

    Args:
        work: Where to make it; None for the system's temporary folder.

    Yields:
        The folder.
    """
    with tempfile.TemporaryDirectory(dir=work) as folder:
        yield Path(folder).absolute()


def run_endpoint(act: str, name: str, folder: Path) -> None:
    """Run a process of :mod:`liftveil.research.endpoint`, with one thread and no home but its folder.

    Args:
        act: What it shall do.
        name: Of the system or the model.
        folder: Where.

    Raises:
        RefusalError: If it refuses.
        LiftveilError: If it fails in any other way.
    """
    environment = dict(os.environ) | {"HOME": str(folder), THREADS: "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-m", "liftveil.research.endpoint", act, name]
    finished = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if finished.returncode:
        said = finished.stderr.strip().splitlines() or [f"'{act}' of {name} ended with {finished.returncode}"]
        if said[-1].startswith(SPEAKER):
            raise RefusalError(name, said[-1].removeprefix(SPEAKER))
        raise LiftveilError(said[-1])


def plain_png(rgb_u8: Pixels) -> bytes:
    """A PNG of nothing but the pixels, written without the library that writes stegos.

    Args:
        rgb_u8: RGB (height, width, 3).

    Returns:
        The file: header, unfiltered rows, end.

    References:
        ISO/IEC 15948:2004.
    """
    height, width = rgb_u8.shape[:2]
    rows = np.concatenate([np.zeros((height, 1), np.uint8), rgb_u8.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
