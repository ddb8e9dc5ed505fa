"""Training samples: random crops of random pairs, as functions of seed and sample index alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, final

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from liftveil.data import LEAST_PX, benchmark_partner, load_rgb, require_least_size
from liftveil.imaging import luma, to_u8
from liftveil.training.graphics import drawn

_MIDDLE = 127.5
_MOST_STRETCH = 2.0
_MOST_MISSING = 3
_RAGGED_STREAM, _DRAWN_STREAM = 0, 1

SecretChannels = Literal[3, 1]
"""3 for colour, 1 for the rounded luma of BT.601."""


class Sample(NamedTuple):
    """A pair of crops, or a batch of them, padded to squares.

    Attributes:
        cover: What shall be seen, continued beyond its real part by reflection, over and over if need be.
        secret: What shall be hidden, of the same size and continued alike.
        size: Height and width in pixels of the real part, which begins at the top left.
        index: Which sample it is.
    """

    cover: UInt8[Tensor, "*batch 3 side side"]
    secret: UInt8[Tensor, "*batch channel side side"]
    size: Int64[Tensor, "*batch 2"]
    index: Int64[Tensor, "*batch"]  # type: ignore[assignment]  # the method of tuples makes way


@final
class CropPairs(Dataset[Sample]):
    """Endless pairs (cover, secret) of crops from two different pictures, each turned and mirrored at random.

    Sample ``index`` is the same in every process and every run with the same seed and pictures. A side of a
    picture that is shorter than the crops is used whole, and both crops are cut to their common size.

    Args:
        paths: Pictures to crop, at least two, with sides of at least 16 pixels.
        crop_px: Side of the crops, at least 16.
        seed: Seed of pairings, positions and turns, at least 0.
        length: Number of samples.
        ragged: Share of samples whose sides are up to 3 pixels shorter, but not below 16.
        stretch: Share of crops whose contrast is stretched, so that bright and dark parts saturate.
        drawn: Share of crops that are drawn instead (:mod:`liftveil.training.graphics`).
        secret_channels: 3 for colour secrets, 1 for their luma.

    Raises:
        UnreadablePicture: When a sample is drawn, if a picture of it cannot be decoded.
        PictureSizeError: When a sample is drawn, if a picture of it is too small.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        crop_px: int,
        seed: int,
        length: int,
        ragged: float = 0.0,
        stretch: float = 0.0,
        drawn: float = 0.0,
        secret_channels: SecretChannels = 3,
    ) -> None:
        self.paths = list(paths)
        self.crop_px = crop_px
        self.seed = seed
        self.length = length
        self.ragged = ragged
        self.stretch = stretch
        self.drawn = drawn
        self.secret_channels = secret_channels

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng((self.seed, index))
        chosen = rng.choice(len(self.paths), size=2, replace=False)
        crops = [self._crop(self.paths[which], rng) for which in chosen]
        cover, secret = (self._perhaps_drawn(crop, index, role) for role, crop in enumerate(crops))
        common = np.minimum(cover.shape[:2], secret.shape[:2])
        height, width = np.maximum(common - self._missing(index), LEAST_PX)
        return Sample(
            cover=_square(cover[:height, :width], self.crop_px),
            secret=_square(_channels(secret[:height, :width], self.secret_channels), self.crop_px),
            size=torch.tensor([height, width], dtype=torch.int64),
            index=torch.tensor(index, dtype=torch.int64),
        )

    def _crop(self, path: Path, rng: np.random.Generator) -> NDArray[np.uint8]:
        picture, side = _usable(path), self.crop_px
        top, left = (int(rng.integers(0, max(length - side, 0) + 1)) for length in picture.shape[:2])
        crop = np.rot90(picture[top : top + side, left : left + side], int(rng.integers(4)))
        crop = crop[:, ::-1] if rng.integers(2) else crop
        return _stretched(crop, rng.uniform(1, _MOST_STRETCH)) if rng.random() < self.stretch else crop

    def _perhaps_drawn(self, crop: NDArray[np.uint8], index: int, role: int) -> NDArray[np.uint8]:
        """The crop, or a drawn one of its size; drawn apart, like :meth:`_missing`."""
        rng = np.random.default_rng(np.random.SeedSequence((self.seed, index), spawn_key=(_DRAWN_STREAM, role)))
        return drawn(crop.shape[0], crop.shape[1], rng) if rng.random() < self.drawn else crop

    def _missing(self, index: int) -> NDArray[np.int64]:
        """How much shorter height and width are; drawn apart, so that nothing else depends on it."""
        rng = np.random.default_rng(np.random.SeedSequence((self.seed, index), spawn_key=(_RAGGED_STREAM,)))
        drawn = rng.integers(0, _MOST_MISSING + 1, size=2)
        return drawn if rng.random() < self.ragged else np.zeros_like(drawn)


def validation_pairs(
    paths: Sequence[Path], *, crop_px: int, count: int, secret_channels: SecretChannels = 3
) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Fixed pairs of centre crops, paired as in the benchmark.

    Args:
        paths: Pictures never trained on, at least two, with sides of at least 16 pixels.
        crop_px: Longest side of a crop; shorter sides are used whole, up to the common size of both.
        count: Number of pairs, at most; there may be fewer pictures.
        secret_channels: 3 for colour secrets, 1 for their luma.

    Returns:
        Covers (height, width, 3) and secrets (height, width, secret_channels).

    Raises:
        UnreadablePicture: If a picture cannot be decoded.
        PictureSizeError: If a picture is too small.
    """
    partners = [(i, benchmark_partner(i, len(paths))) for i in range(min(count, len(paths)))]
    pairs = [_centres(_usable(paths[i]), _usable(paths[partner]), crop_px) for i, partner in partners]
    return [(cover, _channels(secret, secret_channels)) for cover, secret in pairs]


def _usable(path: Path) -> NDArray[np.uint8]:
    picture = load_rgb(path)
    require_least_size(path, picture)
    return picture


def _stretched(crop: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """More contrast about middle grey, with saturated ends, which are hard to embed in."""
    return to_u8((crop - _MIDDLE) * factor + _MIDDLE)


def _channels(secret: NDArray[np.uint8], count: SecretChannels) -> NDArray[np.uint8]:
    return secret if count == 3 else to_u8(luma(secret))[..., np.newaxis]


def _square(crop: NDArray[np.uint8], side: int) -> UInt8[Tensor, "channel side side"]:
    """Channels first, continued about its last row and column, as the wavelets' padding does."""
    height, width = crop.shape[:2]
    padded = np.pad(crop, ((0, side - height), (0, side - width), (0, 0)), mode="reflect")
    return torch.from_numpy(np.ascontiguousarray(padded.transpose(2, 0, 1)))


def _centres(
    cover: NDArray[np.uint8], secret: NDArray[np.uint8], most_px: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    height, width = (min(*sides, most_px) for sides in zip(cover.shape[:2], secret.shape[:2], strict=True))
    return _centre(cover, height, width), _centre(secret, height, width)


def _centre(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """The middle, as a copy: a view would keep the whole picture in memory."""
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width].copy()
