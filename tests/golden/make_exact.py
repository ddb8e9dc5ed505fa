"""Write the golden files of the exact carrier's format 1: pictures that every later version has to open.

    python tests/golden/make_exact.py FOLDER

They were written once, when the format was published; what is there is never written to again. Their messages and
passwords stand below, for test_exact.py.
"""

import sys
from importlib.resources import files
from pathlib import Path

import numpy as np

from liftveil.errors import LiftveilError
from liftveil.exact import Message, embed_message
from liftveil.exact.pictures import picture_message
from liftveil.imaging import read_picture, write_picture

PASSWORD = "Straße 42"
SECRET_SIDE = 24


def secret():
    """A small picture, from a rule."""
    rows, columns = np.mgrid[:SECRET_SIDE, :SECRET_SIDE]
    return np.dstack([10 * rows, 10 * columns, 255 - 5 * (rows + columns)]).astype(np.uint8)


FILES = {
    "digits-open": (Message(bytes(range(256)) * 6, "file", "bytes.bin", "application/octet-stream"), None),
    "digits-password": (Message(bytes(range(256)) * 12, "file", "größe.bin"), PASSWORD),
    "code-open": (Message(b"hello", "file", "hello.txt", "text/plain"), None),
    "code-password": (Message(b""), PASSWORD),
}
"""Message and password of each file's picture; a hidden picture beside them is without a password."""

PICTURE = "picture-open"


def make(folder: Path) -> None:
    """Write all pictures.

    Args:
        folder: Where to.

    Raises:
        LiftveilError: If one exists already.
    """
    cover = read_picture(Path(str(files("liftveil") / "pictures" / "cover.png"))).rgb_u8[224:288, 208:304]
    folder.mkdir(parents=True, exist_ok=True)
    for name, (message, password) in [*FILES.items(), (PICTURE, (picture_message(secret(), name="secret.png"), None))]:
        write_picture(folder / f"{name}.png", embed_message(cover, message, password))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        make(Path(sys.argv[1]))
    except LiftveilError as error:
        sys.exit(f"make_exact.py: {error}")
