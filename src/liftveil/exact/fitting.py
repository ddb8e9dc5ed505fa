"""The highest quality whose file is small enough, in few encodes."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, prod
from typing import NamedTuple

_TRIES = 6
_LEAST_SHARE = 0.997
"""A result that takes this share of the room ends the search: what is left is worth less than 0.05 dB."""

# libjxl's distance from quality 30 up is 0.09 (_ORIGIN - quality), and log(size) is nearly straight over log(distance).
_ORIGIN = 100 + 0.1 / 0.09
_SLOPE = 0.65
_FIRST = log(_ORIGIN - 97)  # near what modular digits have room for
_FINEST = log(_ORIGIN - 99.99)  # 100 would mean another mode of coding
_COARSEST = log(_ORIGIN)


class Attempt(NamedTuple):
    """One encode.

    Attributes:
        data: What came out.
        quality: On libjxl's scale, 0 up to below 100.
    """

    data: bytes
    quality: float

    @property
    def place(self) -> float:
        """Where it lies on the scale that is searched: log of libjxl's distance, up to a constant."""
        return log(_ORIGIN - self.quality)


def highest_that_fits(encode: Callable[[float], bytes], *, most_bytes: int) -> Attempt:
    """Search for the highest quality that fits.

    The search interpolates log(distance) over log(size), kept inside the interval that is known to hold the
    answer. It ends when the room is used to 99.7 %, when the finest quality (99.99) fits, when the coarsest does not,
    or after six encodes, the last of which goes to the coarsest if nothing has fitted yet.

    Args:
        encode: Gives the file for a quality; higher qualities should give larger files.
        most_bytes: What the file may take.

    Returns:
        The attempt of the highest quality that fits; if there is none, the one at quality 0, which is too large.
    """
    tried: list[Attempt] = []
    while len(tried) < _TRIES and not (tried and _settles(tried[-1], most_bytes)):
        fits = any(len(attempt.data) <= most_bytes for attempt in tried)
        place = _COARSEST if len(tried) == _TRIES - 1 and not fits else _next_place(tried, most_bytes)
        quality = max(0.0, _ORIGIN - exp(place))
        tried.append(Attempt(encode(quality), quality))
    fitting = [attempt for attempt in tried if len(attempt.data) <= most_bytes]
    return max(fitting, key=lambda attempt: attempt.quality) if fitting else tried[-1]


def _settles(attempt: Attempt, most_bytes: int) -> bool:
    size = len(attempt.data)
    if size > most_bytes:
        return attempt.quality <= 0
    return size >= _LEAST_SHARE * most_bytes or attempt.place <= _FINEST + 1e-9


def _next_place(tried: list[Attempt], most_bytes: int) -> float:
    """Where to try next."""
    aim = (1 + _LEAST_SHARE) / 2 * most_bytes
    if not tried or aim <= 0:
        return _COARSEST if tried else _FIRST
    fine = [attempt for attempt in tried if len(attempt.data) > most_bytes]
    coarse = [attempt for attempt in tried if len(attempt.data) <= most_bytes]
    if fine and coarse:
        return _between(max(fine, key=_place), min(coarse, key=_place), tried, aim)
    near = max(fine, key=_place) if fine else min(coarse, key=_place)
    # Ever longer strides: near the aim one too long is welcome, since it shuts the interval.
    stride = len(tried) * log(len(near.data) / aim) / _SLOPE
    return min(max(near.place + stride, _FINEST), _COARSEST)


def _between(fine: Attempt, coarse: Attempt, tried: list[Attempt], aim: float) -> float:
    """Where a curve through the attempts meets the aim, a little inside the two that enclose it.

    With a third attempt the curve is bent, as the law is: a straight line would creep up to the aim from one side.
    """
    others = [attempt for attempt in tried if _continues(attempt, fine, coarse)]
    third = sorted(others, key=lambda attempt: abs(log(len(attempt.data) / aim)))[:1]
    share = (_crossing([fine, coarse, *third], aim) - fine.place) / (coarse.place - fine.place)
    return fine.place + min(max(share, 0.03), 0.97) * (coarse.place - fine.place)


def _continues(attempt: Attempt, fine: Attempt, coarse: Attempt) -> bool:
    """Whether it is finer and larger than two others, or coarser and smaller."""
    finer, coarser = attempt.place < fine.place, attempt.place > coarse.place
    return (finer and len(attempt.data) > len(fine.data)) or (coarser and len(attempt.data) < len(coarse.data))


def _crossing(attempts: list[Attempt], aim: float) -> float:
    """Where the polynomial through attempts of different sizes, place over log(size), meets the aim (Lagrange)."""
    places = {log(len(attempt.data) / aim): attempt.place for attempt in attempts}
    return sum(place * prod(x / (x - size) for x in places if x != size) for size, place in places.items())


def _place(attempt: Attempt) -> float:
    return attempt.place
