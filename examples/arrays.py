"""Hide and find in memory, with NumPy arrays and Pillow pictures; only the PNG's bytes pass between the two.

python examples/arrays.py
"""

from importlib.resources import files
from io import BytesIO

import numpy as np
from PIL import Image

import liftveil

PHOTOGRAPHS = files("liftveil") / "pictures"


def send(cover: Image.Image, secret: np.ndarray) -> bytes:
    """Hide a picture.

    Args:
        cover: The picture to be seen.
        secret: The picture to hide, (height, width, 3) of uint8.

    Returns:
        The stego as a PNG file's content.
    """
    stego = liftveil.embed(cover, secret)
    file = BytesIO()
    Image.fromarray(stego).save(file, "PNG")  # lossless, as it must be
    return file.getvalue()


def receive(png: bytes) -> np.ndarray:
    """Find the hidden picture.

    Args:
        png: The content of the file.

    Returns:
        The hidden picture, (height, width, 3) of uint8.
    """
    return liftveil.extract(Image.open(BytesIO(png)))


if __name__ == "__main__":
    with PHOTOGRAPHS.joinpath("cover.png").open("rb") as file, Image.open(file) as opened:
        cover = opened.convert("RGB")
    with PHOTOGRAPHS.joinpath("secret.png").open("rb") as file:
        secret = np.array(Image.open(file))
    recovered = receive(send(cover, secret))
    error = np.abs(recovered.astype(int) - secret)
    print(
        f"{recovered.shape[1]}x{recovered.shape[0]} pixels came back, off by {error.mean():.2f} grey levels on average"
    )
