"""Which picture hides which."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BENCHMARK_SHIFT = 5


def benchmark_partner(index: int, count: int) -> int:
    """The picture that picture ``index`` hides in the benchmark: ``(index + 5) mod count``.

    Args:
        index: Position of the cover in the sorted list.
        count: Length of the list.

    Returns:
        Position of the secret; with five pictures, where the shift comes round to the cover, the next one.
    """
    partner = (index + BENCHMARK_SHIFT) % count
    return partner if partner != index else (index + 1) % count


def oriented_like(secret: NDArray[np.uint8], cover: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The secret, turned by 90 degrees counter-clockwise if its orientation differs from the cover's.

    Args:
        secret: Picture (height, width, channel).
        cover: Picture (height, width, channel).

    Returns:
        The secret or a turned copy.
    """
    differs = (secret.shape[0] > secret.shape[1]) != (cover.shape[0] > cover.shape[1])
    return np.ascontiguousarray(np.rot90(secret)) if differs else secret
