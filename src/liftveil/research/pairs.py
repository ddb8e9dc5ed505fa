"""Pairs of a study: which picture hides which, as pixels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liftveil.data import benchmark_partner, fitted_secret
from liftveil.imaging import read_picture


@dataclass(frozen=True)
class Pair:
    """A cover and its secret, as files.

    Attributes:
        number: From 1.
        cover: File of the cover.
        secret: File of the secret.
        folder: In which both lie, at any depth.
    """

    number: int
    cover: Path
    secret: Path
    folder: Path

    @property
    def cover_name(self) -> str:
        """The cover's path below the folder."""
        return self.cover.relative_to(self.folder).as_posix()

    @property
    def secret_name(self) -> str:
        """The secret's path below the folder."""
        return self.secret.relative_to(self.folder).as_posix()

    @property
    def label(self) -> str:
        """Number with leading zeros, for file names."""
        return f"{self.number:02}"

    def job(self, step: str) -> str:
        """Name of a job.

        Args:
            step: What is done with the pair, or the system that does it.
        """
        return f"{self.label}-{step}"


@dataclass(frozen=True, eq=False)
class Loaded:
    """A pair as pixels.

    Attributes:
        cover: RGB (height, width, 3).
        secret: As it is hidden: RGB of the same shape, or grey (height, width).
        notices: How the secret was fitted to the cover, if it had to be.
    """

    cover: NDArray[np.uint8]
    secret: NDArray[np.uint8]
    notices: tuple[str, ...]


def pairs_of(paths: Sequence[Path], count: int | None = None) -> list[Pair]:
    """Pairs as in the benchmark: picture ``i`` hides picture ``(i + 5) mod n``.

    Args:
        paths: Pictures, at least two, sorted.
        count: Number of pairs; None for as many as there are pictures.

    Returns:
        The first pairs.
    """
    partners = [(i, benchmark_partner(i, len(paths))) for i in range(len(paths))][:count]
    folder = Path(os.path.commonpath([path.parent for path in paths]))
    return [Pair(i + 1, paths[i], paths[partner], folder) for i, partner in partners]


def load_pair(pair: Pair, secret_channels: int) -> Loaded:
    """Read a pair.

    Args:
        pair: Its files.
        secret_channels: 3 for secrets in colour, 1 for grey ones.

    Returns:
        The pixels.

    Raises:
        UnreadablePicture: If a file cannot be read.
    """
    cover, secret = read_picture(pair.cover), read_picture(pair.secret)
    secret = replace(secret, name=pair.secret_name)  # the same study says the same, wherever its pictures are
    fitted = fitted_secret(secret, cover, secret_channels)
    hidden = fitted.rgb_u8 if secret_channels == 3 else np.ascontiguousarray(fitted.rgb_u8[..., 0])
    return Loaded(cover.rgb_u8, hidden, fitted.notices[len(secret.notices) :])
