"""Hide one picture in every picture of a folder; what cannot be used is named and skipped.

python examples/folder.py                          takes the folder of the demo's photographs
python examples/folder.py FOLDER SECRET OUTPUT     writes OUTPUT/<name>.png for each picture of FOLDER
"""

import sys
import warnings
from importlib.resources import files
from pathlib import Path

import liftveil

PHOTOGRAPHS = Path(str(files("liftveil") / "pictures"))


def main(folder: Path, secret: Path, output: Path) -> None:
    """Write a stego for every picture.

    Args:
        folder: Pictures to be seen.
        secret: The picture to hide, fitted to each of them.
        output: Folder for the stegos.
    """
    warnings.simplefilter("ignore", liftveil.LiftveilNotice)  # that the secret was resized, mostly
    output.mkdir(exist_ok=True)
    for cover in sorted(folder.iterdir()):
        try:
            stego = liftveil.embed(cover, secret)
            liftveil.save(output / f"{cover.stem}.png", stego)
        except liftveil.LiftveilError as error:
            print(f"skipped: {error}")
        else:
            print(f"{cover.name} -> {output / cover.stem}.png")


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    main(*(given or [PHOTOGRAPHS, PHOTOGRAPHS / "secret.png", Path("stegos")]))
