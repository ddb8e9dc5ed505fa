"""Hide a picture in another and find it again: files in, files out.

python examples/hide_and_find.py                        hides one of the demo's photographs in the other
python examples/hide_and_find.py COVER SECRET FOLDER    does so with your pictures, and writes to FOLDER
"""

import sys
from importlib.resources import files
from pathlib import Path

import liftveil

PHOTOGRAPHS = Path(str(files("liftveil") / "pictures"))


def main(cover: Path, secret: Path, folder: Path) -> None:
    """Write stego.png, then recovered.png from it.

    Args:
        cover: The picture to be seen.
        secret: The picture to hide.
        folder: Where to write.
    """
    stego = liftveil.embed(cover, secret)
    liftveil.save(folder / "stego.png", stego, force=True)
    # From here on only the file is needed; anybody who has liftveil can do this.
    recovered = liftveil.extract(folder / "stego.png")
    liftveil.save(folder / "recovered.png", recovered, force=True)
    print(f"{folder / 'stego.png'} hides {secret.name}; it came back as {folder / 'recovered.png'}")


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    try:
        main(*(given or [PHOTOGRAPHS / "cover.png", PHOTOGRAPHS / "secret.png", Path()]))
    except liftveil.LiftveilError as error:
        sys.exit(f"not done: {error}")
