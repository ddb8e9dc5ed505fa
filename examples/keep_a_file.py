"""Hide any file in a picture, encrypted, and get it back bit for bit.

python examples/keep_a_file.py                         hides this script in one of the demo's photographs
python examples/keep_a_file.py COVER FILE FOLDER       does so with your picture and file, and writes to FOLDER

The password is read from the environment variable WORD; a service would take it from where it keeps its secrets.
"""

import os
import sys
from importlib.resources import files
from pathlib import Path

import liftveil

COVER = Path(str(files("liftveil") / "pictures" / "cover.png"))


def main(cover: Path, file: Path, folder: Path) -> None:
    """Write kept.png, and beside it what was found in it.

    Args:
        cover: The picture to be seen.
        file: What to hide.
        folder: Where to write.
    """
    password = os.environ.get("WORD", "correct horse battery staple")
    stego = liftveil.embed_bytes(cover, file.read_bytes(), name=file.name, password=password)
    liftveil.save(folder / "kept.png", stego, force=True)

    found = liftveil.extract_bytes(folder / "kept.png", password=password)
    # The name was cleaned, but a stranger may have chosen it: never overwrite by it.
    target = folder / f"found-{found.name}"
    target.write_bytes(found.content)
    print(f"{folder / 'kept.png'} keeps {file.name}; found again as {target}, {len(found.content)} bytes")


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    try:
        main(*(given or [COVER, Path(__file__), Path()]))
    except liftveil.LiftveilError as error:
        sys.exit(f"not done: {error}")
