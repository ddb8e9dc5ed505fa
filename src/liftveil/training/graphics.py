"""Drawn crops: what photographs hardly ever show and screens always do, such as flat colours, lines and patterns.

A network that has seen photographs alone may fail on them altogether: one trained so gave a stego of 3 dB for a
checkerboard of single pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liftveil.imaging import to_u8

_EXTREME = 0.5  # share of colours that are black or white
_MOST_CELL_PX = 32.0
_MOST_BOXES = 40

Crop = NDArray[np.uint8]
Colour = NDArray[np.float64]


def drawn(height: int, width: int, rng: np.random.Generator) -> Crop:
    """Draw a flat colour, a gradient, a checkerboard or stripes, noise, or boxes and lines.

    Args:
        height: In pixels.
        width: In pixels.
        rng: Decides everything.

    Returns:
        RGB (height, width, 3).
    """
    first, second = _colour(rng), _colour(rng)
    kind = rng.integers(5)
    if kind == 0:
        share = np.zeros((height, width, 1))
    elif kind == 1:
        share = _gradient(height, width, rng)
    elif kind == 2:
        share = _checkerboard(height, width, rng)
    elif kind == 3:
        share = rng.random((height, width, int(rng.choice([1, 3]))))
    else:
        return _boxes(height, width, rng)
    return to_u8(first + (second - first) * share)


def _colour(rng: np.random.Generator) -> Colour:
    return np.full(3, 255.0 * rng.integers(2)) if rng.random() < _EXTREME else rng.uniform(0, 255, 3)


def _gradient(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """From 0 to 1 in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.linspace(-1, 1, height)[:, np.newaxis], np.linspace(-1, 1, width)
    ramp = rows * np.sin(angle) + columns * np.cos(angle)
    share: NDArray[np.float64] = (ramp - ramp.min()) / np.ptp(ramp)
    return share[..., np.newaxis]


def _checkerboard(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Zeros and ones in cells of at least one pixel; stripes, where the cells are as long as the picture."""
    cells = np.exp(rng.uniform(0, np.log(_MOST_CELL_PX), 2)).astype(int)
    cells[rng.integers(2)] = rng.choice([*cells, max(height, width)])
    rows, columns = np.arange(height)[:, np.newaxis] // cells[0], np.arange(width) // cells[1]
    board: NDArray[np.float64] = ((rows + columns) % 2).astype(np.float64)
    return board[..., np.newaxis]


def _boxes(height: int, width: int, rng: np.random.Generator) -> Crop:
    """Boxes of all sizes, down to lines of one pixel, one over the other."""
    picture = np.tile(_colour(rng), (height, width, 1))
    for _ in range(rng.integers(1, _MOST_BOXES + 1)):
        top, left = rng.integers(0, height), rng.integers(0, width)
        rows, columns = np.exp(rng.uniform(0, np.log(max(height, width)), 2)).astype(int)
        picture[top : top + rows, left : left + columns] = _colour(rng)
    return to_u8(picture)
