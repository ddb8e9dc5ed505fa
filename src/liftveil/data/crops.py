"""Training samples: random crops of random pairs, as functions of seed and sample index alone."""

from __future__ import annotations

from pathlib import Path
from typing import final

import numpy as np
import torch
from jaxtyping import UInt8
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from liftveil.data.folders import find_pictures, load_rgb
from liftveil.data.pairing import benchmark_partner
from liftveil.errors import DataError
from liftveil.imaging import to_u8

_MIDDLE = 127.5
_MOST_STRETCH = 2.0

PairOfCrops = UInt8[Tensor, "2 3 side side"]


@final
class CropPairs(Dataset[PairOfCrops]):
    """Endless pairs (cover, secret) of crops from two different pictures, each turned and mirrored at random.

    Sample ``index`` is the same in every process and every run with the same seed and folder.

    Args:
        folder: Pictures to crop.
        crop_px: Side of the crops.
        seed: Seed of pairings, positions and turns.
        length: Number of samples.
        stretch: Share of crops whose contrast is stretched, so that bright and dark parts saturate.

    Raises:
        DataError: If the folder is missing or holds fewer than two pictures; when a sample is drawn, if a
            picture of it is smaller than a crop.
    """

    def __init__(self, folder: Path, *, crop_px: int, seed: int, length: int, stretch: float = 0.0) -> None:
        self.paths = find_pictures(folder)
        self.crop_px = crop_px
        self.seed = seed
        self.length = length
        self.stretch = stretch

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> PairOfCrops:
        rng = np.random.default_rng((self.seed, index))
        chosen = rng.choice(len(self.paths), size=2, replace=False)
        crops = np.stack([self._crop(self.paths[which], rng) for which in chosen])
        return torch.from_numpy(crops.transpose(0, 3, 1, 2).copy())

    def _crop(self, path: Path, rng: np.random.Generator) -> NDArray[np.uint8]:
        picture, side = _large_enough(path, self.crop_px), self.crop_px
        top, left = (int(rng.integers(0, length - side + 1)) for length in picture.shape[:2])
        crop = np.rot90(picture[top : top + side, left : left + side], int(rng.integers(4)))
        crop = crop[:, ::-1] if rng.integers(2) else crop
        return _stretched(crop, rng.uniform(1, _MOST_STRETCH)) if rng.random() < self.stretch else crop


def _stretched(crop: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """More contrast about middle grey, with saturated ends, which are hard to embed in."""
    return to_u8((crop - _MIDDLE) * factor + _MIDDLE)


def validation_pairs(folder: Path, *, crop_px: int, count: int) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Fixed pairs of centre crops, paired as in the benchmark.

    Args:
        folder: Pictures never trained on.
        crop_px: Side of the crops.
        count: Number of pairs, at most; the folder may hold fewer.

    Returns:
        Covers and secrets (crop_px, crop_px, 3).

    Raises:
        DataError: If the folder is missing or holds fewer than two pictures, or one is smaller than a crop.
    """
    paths = find_pictures(folder)
    crops = [_centre(_large_enough(path, crop_px), crop_px) for path in paths]
    return [(crops[i], crops[benchmark_partner(i, len(crops))]) for i in range(min(count, len(crops)))]


def _centre(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    return picture[top : top + side, left : left + side]


def _large_enough(path: Path, side: int) -> NDArray[np.uint8]:
    picture = load_rgb(path)
    if min(picture.shape[:2]) < side:
        raise DataError(path, f"is smaller than the crops of {side}x{side}; remove it or crop smaller")
    return picture
