"""What happens to pictures on their way: each attack opens the stego's file and writes another, by a real codec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liftveil.errors import LiftveilError
from liftveil.imaging import to_u8

Pixels = NDArray[np.uint8]
Encode = Callable[[Image.Image, float, np.random.Generator], bytes]

_STREAM = 11  # of random numbers


@dataclass(frozen=True)
class Family:
    """One kind of attack in several strengths.

    Attributes:
        name: Short, without blanks.
        title: For people.
        unit: What the strengths are.
        strengths: From what harms least to what harms most, except for scaling, where 1 is left out and both
            directions harm.
        suffix: Of the files it writes.
        encode: Content of the attacked file.
    """

    name: str
    title: str
    unit: str
    strengths: tuple[float, ...]
    suffix: str
    encode: Encode

    def attack(self, stego: bytes, strength: float, *, seed: int) -> bytes:
        """Attack a file.

        Args:
            stego: Its content, any lossless format.
            strength: One of the strengths.
            seed: Of what is random about it.

        Returns:
            Content of another file.

        Raises:
            LiftveilError: If the codec does not take the picture; WebP has at most 16383 pixels a side.
        """
        rng = np.random.default_rng((seed, _STREAM))
        with Image.open(BytesIO(stego)) as picture:
            pixels = picture.convert("RGB")
        try:
            return self.encode(pixels, strength, rng)
        except (OSError, ValueError) as trouble:
            raise LiftveilError(f"{self.title}: {trouble}; leave the attacks out") from trouble


def _jpeg(subsampling: Literal["4:2:0", "4:4:4"]) -> Encode:
    def encode(picture: Image.Image, quality: float, _rng: np.random.Generator) -> bytes:
        return _saved(picture, "JPEG", quality=int(quality), subsampling=subsampling)

    return encode


def _webp(picture: Image.Image, quality: float, _rng: np.random.Generator) -> bytes:
    return _saved(picture, "WEBP", quality=quality, method=4)


def _noise(picture: Image.Image, sigma: float, rng: np.random.Generator) -> bytes:
    pixels = np.asarray(picture)
    return _png(to_u8(pixels + rng.normal(0, sigma, pixels.shape)))


def _rescale(picture: Image.Image, factor: float, _rng: np.random.Generator) -> bytes:
    width, height = (max(1, round(side * factor)) for side in picture.size)
    away = picture.resize((width, height), Image.Resampling.BICUBIC)
    return _saved(away.resize(picture.size, Image.Resampling.BICUBIC), "PNG")


def _flips(picture: Image.Image, share: float, rng: np.random.Generator) -> bytes:
    pixels = np.asarray(picture)
    hit = rng.random(pixels.shape) < share
    steps = rng.choice((-1, 1), pixels.shape)
    moved = pixels + np.where(pixels == 0, 1, np.where(pixels == 255, -1, steps))  # no sample stays where it was
    return _png(np.where(hit, moved, pixels).astype(np.uint8))


def _png(pixels: Pixels) -> bytes:
    return _saved(Image.fromarray(pixels), "PNG")


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


_QUALITIES = (100, 95, 90, 80, 70, 60, 50)

FAMILIES: Final[dict[str, Family]] = {
    family.name: family
    for family in (
        Family("jpeg-444", "JPEG 4:4:4", "quality", _QUALITIES, ".jpg", _jpeg("4:4:4")),
        Family("jpeg-420", "JPEG 4:2:0", "quality", _QUALITIES, ".jpg", _jpeg("4:2:0")),
        Family("webp", "WebP, lossy", "quality", _QUALITIES, ".webp", _webp),
        Family("noise", "Gaussian noise", "deviation in grey levels", (0.5, 1, 2, 3, 5, 7, 10), ".png", _noise),
        Family("rescale", "Scaled and scaled back", "factor", (2, 1.5, 1.25, 0.9, 0.75, 0.5), ".png", _rescale),
        Family("flips", "Samples moved by one grey level", "share", (0.001, 0.01, 0.1, 0.5, 1), ".png", _flips),
    )
}
"""All attacks by name."""
