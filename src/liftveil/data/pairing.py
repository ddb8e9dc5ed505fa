"""Which picture hides which."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from liftveil.imaging import Picture, fit_to, flatten_on_white, turn_grey

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


def fitted_secret(secret: Picture, cover: Picture, channels: int) -> Picture:
    """A secret as it is hidden in the benchmark: opaque, turned and fitted to its cover, grey if need be.

    Args:
        secret: Any picture.
        cover: The cover.
        channels: 3 if secrets are hidden in colour, 1 if in grey.

    Returns:
        A picture of the cover's size; its notices tell what was done.
    """
    fitted = fit_to(_turned(flatten_on_white(secret), cover), cover.width, cover.height)
    return fitted if channels == 3 else turn_grey(fitted)


def _turned(secret: Picture, cover: Picture) -> Picture:
    turned = oriented_like(secret.rgb_u8, cover.rgb_u8)
    if turned is secret.rgb_u8:
        return secret
    notice = f"{secret.name}: turned by 90 degrees to lie like the cover"
    return replace(secret, rgb_u8=turned, notices=(*secret.notices, notice))
