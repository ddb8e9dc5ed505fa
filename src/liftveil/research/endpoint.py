"""Sender, receiver and laboratory: processes that see nothing but the files in their folder.

.. code-block:: text

    python -m liftveil.research.endpoint hide SYSTEM          cover.png, secret.png -> stego.png
    python -m liftveil.research.endpoint show SYSTEM          every stego* -> recovered/NAME.png
    python -m liftveil.research.endpoint probe SYSTEM         cover.png, secret.png -> probe.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import LiftveilError
from liftveil.imaging import read_picture, read_stego, write_picture
from liftveil.research.probe import probe
from liftveil.research.protocol import COVER, PROBE_FILE, RECOVERED, SECRET, SPEAKER, STEGO
from liftveil.research.systems import find_system, model_of


def main() -> None:
    """Do one thing in the current folder; what is refused ends with one line and exit code 1."""
    act, name = sys.argv[1:3]
    try:
        {"hide": _hide, "show": _show, "probe": _probe}[act](name)
    except LiftveilError as error:
        sys.exit(f"{SPEAKER}{error}")


def _hide(name: str) -> None:
    system = find_system(name)
    cover, secret = _pictures(system.secret_channels)
    write_picture(STEGO, system.hide(cover, secret))


def _show(name: str) -> None:
    system = find_system(name)
    folder = Path(RECOVERED)
    folder.mkdir()
    for stego in sorted(Path().glob("stego*")):
        write_picture(folder / f"{stego.stem}.png", system.show(read_stego(stego).rgb_u8))


def _probe(name: str) -> None:
    found = probe(model_of(name), *_pictures(find_system(name).secret_channels))
    Path(PROBE_FILE).write_text(json.dumps(found), encoding="utf-8")


def _pictures(secret_channels: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    cover, secret = (read_picture(name).rgb_u8 for name in (COVER, SECRET))
    return cover, secret if secret_channels == 3 else np.ascontiguousarray(secret[..., 0])


if __name__ == "__main__":
    main()
