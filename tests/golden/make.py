"""Write the golden files of a release: what it made of two small pictures on the day it was published.

    python tests/golden/make.py NAME            writes tests/golden/NAME/
    python tests/golden/make.py NAME FOLDER     writes FOLDER/NAME/

Run it once, when a release enters weights/manifest.toml, look at the pictures, and commit the folder. From then
on test_golden.py demands that every later version of liftveil makes the same of them, so an existing folder is
never written to again: a release whose golden files would change is another release.

cover.png and secret.png are pieces of the demo's photographs, stego.png hides one in the other, recovered.png
came back from it.
"""

import sys
from importlib.resources import files
from pathlib import Path

from liftveil.errors import LiftveilError
from liftveil.imaging import read_picture, turn_grey, write_picture
from liftveil.runtime import Session
from liftveil.weights import find_model, releases

HERE = Path(__file__).parent
WIDTH, HEIGHT = 96, 64
# Where the photographs have both smooth and busy parts.
LEFT, TOP = 208, 224


def make(name: str, root: Path = HERE) -> Path:
    """Make the golden folder of a release.

    Args:
        name: Full name of the release.
        root: Where to make the folder.

    Returns:
        The folder.

    Raises:
        LiftveilError: If there is no such release, or its folder exists.
    """
    if name not in releases():
        raise LiftveilError(f"{name} is no release; those are {', '.join(releases())}")
    session = Session(find_model(name))
    photographs = files("liftveil") / "pictures"
    cover, secret = (read_picture(Path(str(photographs / f"{role}.png"))) for role in ("cover", "secret"))
    cover = piece(cover.rgb_u8)
    secret = piece(secret.rgb_u8 if session.secret_channels == 3 else turn_grey(secret).rgb_u8[..., 0])
    stego = session.embed(cover, secret)
    pictures = {"cover": cover, "secret": secret, "stego": stego, "recovered": session.extract(stego)}
    folder = root / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise LiftveilError(f"{folder} exists already; golden files never change") from error
    for role, pixels in pictures.items():
        write_picture(folder / f"{role}.png", pixels)
    return folder


def piece(pixels):
    """The same small piece of each photograph."""
    return pixels[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH]


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit(__doc__)
    try:
        made = make(sys.argv[1], *map(Path, sys.argv[2:]))
    except LiftveilError as error:
        sys.exit(f"make.py: {error}")
    sys.stdout.write(f"{made}\n")
