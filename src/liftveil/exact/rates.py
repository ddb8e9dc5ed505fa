r"""How many digits of which moduli carry a body, and what that does to a cover.

Odd moduli alone are used, since an even one wastes the tie between two values at the same distance: per bit, a sample
away from 0 and 255 pays (m^2 - 1) / 12 for log2 m bits if m is odd, (m^2 + 2) / 12 if it is even, and mixing two odd
moduli beats the even one in between. Modulus 1 means a sample that stays as it is. The slots are in random order, so
the first ones may as well take one modulus and the rest the other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import isnan

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import CapacityError, ConfigError
from liftveil.exact.digits import nearest_values
from liftveil.exact.head import GREATEST_MODULUS, DigitLayout
from liftveil.exact.radix import capacity_bytes

_FIRST_MODULI = range(1, GREATEST_MODULUS, 2)
_LEVELS = 256
_PEAK = 255.0
_LEAST_DB = -300.0  # worse than any change
_SPREAD = 4  # standard deviations of the sum of squared changes that an expectation keeps clear of


def layout_bytes(layout: DigitLayout) -> tuple[int, int]:
    """What both parts of a layout hold.

    Args:
        layout: Moduli and counts.

    Returns:
        Bytes in the digits modulo m1 and modulo m2.
    """
    first = 0 if layout.first_modulus == 1 else capacity_bytes(layout.first_count, layout.first_modulus)
    return first, capacity_bytes(layout.second_count, layout.second_modulus)


def smallest_layout(slots: int, needed_bytes: int) -> DigitLayout:
    """The smallest moduli that carry a body.

    Args:
        slots: Slots there are.
        needed_bytes: Length of the sealed body.

    Returns:
        The layout with the smallest m1, and with the fewest slots modulo m2.

    Raises:
        CapacityError: If no layout holds so much.
    """
    for modulus in _FIRST_MODULI:
        if sum(layout_bytes(_layout(modulus, slots, slots))) >= needed_bytes:
            return _layout(modulus, slots, _least(slots, lambda n: _holds(_layout(modulus, slots, n), needed_bytes)))  # noqa: B023
    raise CapacityError(needed_bytes, most_bytes(slots))


def most_bytes(slots: int) -> int:
    """What so many slots hold at most, whatever becomes of the cover."""
    return sum(layout_bytes(_layout(_FIRST_MODULI[-1], slots, slots)))


def capacity_at(cover_u8: NDArray[np.uint8], slots: int, least_db: float) -> int:
    """What a cover holds while its stego stays at a PSNR.

    The digits to come are random, so the error is known by its expectation only; the capacity is a little smaller, so
    that the stego hardly ever comes out worse. Slots without digits count as changed by one grey level.

    Args:
        cover_u8: Samples of the cover, any shape.
        slots: Those of them that digits are written in.
        least_db: Expected PSNR over all samples in dB.

    Returns:
        Bytes of the sealed body.

    Raises:
        ConfigError: If the PSNR is no number.
    """
    if isnan(least_db):
        raise ConfigError("config", "the PSNR to keep is no number")
    errors = squared_errors(cover_u8)
    total = _PEAK**2 * 10 ** (-max(least_db, _LEAST_DB) / 10) * cover_u8.size * (1 - _SPREAD / cover_u8.size**0.5)
    budget = (total - (cover_u8.size - slots)) / slots
    first = max((m for m in _FIRST_MODULI if errors[m] <= budget), default=1)
    share = (budget - errors[first]) / (errors[first + 2] - errors[first])
    share = min(max(share, 0.0), 1.0)
    return sum(layout_bytes(_layout(first, slots, int(share * slots))))


def squared_errors(cover_u8: NDArray[np.uint8]) -> dict[int, float]:
    """Expected squared change of a sample of this cover, for each odd modulus, with uniform digits.

    Args:
        cover_u8: Samples of the cover, any shape.
    """
    shares = np.bincount(cover_u8.reshape(-1), minlength=_LEVELS) / cover_u8.size
    return {modulus: float(shares @ _errors_by_level(modulus)) for modulus in range(1, GREATEST_MODULUS + 1, 2)}


@cache
def _errors_by_level(modulus: int) -> NDArray[np.float64]:
    """Expected squared change of each sample value; near 0 and 255 it is larger."""
    if modulus == 1:
        return np.zeros(_LEVELS)
    values = nearest_values(modulus).reshape(_LEVELS, modulus, 2).astype(np.float64)
    changes = values - np.arange(_LEVELS)[:, np.newaxis, np.newaxis]
    means: NDArray[np.float64] = np.square(changes).mean(axis=(1, 2))
    return means


def _layout(modulus: int, slots: int, second: int) -> DigitLayout:
    return DigitLayout(modulus, modulus + 2, slots - second, second)


def _holds(layout: DigitLayout, needed_bytes: int) -> bool:
    return sum(layout_bytes(layout)) >= needed_bytes


def _least(most: int, serves: Callable[[int], bool]) -> int:
    """The least number in 0..most that serves; all above it do, up to a few by which rounding may go astray."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if serves(middle) else (middle + 1, high)
    return low
