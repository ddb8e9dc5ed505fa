"""What a value of the configuration may be, and values that change while a run goes on."""

from __future__ import annotations

from dataclasses import dataclass
from math import nextafter
from sys import float_info
from typing import Annotated, Literal


@dataclass(frozen=True)
class Range:
    """What a number may be.

    Attributes:
        words: The same in words that complete "must be".
        least: Smallest number, in the range.
        most: Largest number, in the range.
    """

    words: str
    least: float
    most: float

    def __contains__(self, value: float) -> bool:
        return self.least <= value <= self.most


_SHARE = Range("from 0 to 1", 0, 1)
_FINITE = Range("finite", -float_info.max, float_info.max)

# Bounds that nobody needs to reach keep slips of the keyboard away from arithmetic that would break on them.
Count = Annotated[int, Range("from 1 to 1e9", 1, 10**9)]
Natural = Annotated[int, Range("from 0 to 1e9", 0, 10**9)]
Size = Annotated[int, Range("from 1 to 10000", 1, 10_000)]
Side = Annotated[int, Range("from 16, the least side of a picture, to 10000", 16, 10_000)]
Levels = Annotated[int, Range("from 1 to 4", 1, 4)]
Workers = Annotated[int, Range("from 0 to 256", 0, 256)] | Literal["auto"]
Seed = Annotated[int, Range("from 0 to 2 ** 63 - 1", 0, 2**63 - 1)]
Share = Annotated[float, _SHARE]
Decay = Annotated[float, Range("at least 0 and below 1", 0, nextafter(1, 0))]
Positive = Annotated[float, Range("from 1e-9 to 1e9", 1e-9, 1e9)]


@dataclass(frozen=True)
class Ramp:
    """A number that depends on how far a run has come; a plain number in the file stands still.

    Attributes:
        first: Value up to ``begin``, included.
        last: Value behind ``end``; in between it changes in a straight line, or jumps if there is no between.
        begin: Share of the run's steps.
        end: Share of the run's steps, at least ``begin``.
    """

    first: Annotated[float, _FINITE]
    last: Annotated[float, _FINITE]
    begin: Share = 0.0
    end: Share = 1.0

    def at(self, progress: float) -> float:
        """The value when a share ``progress`` (0..1) of the run lies behind."""
        if progress <= self.begin:
            return self.first
        if progress >= self.end:
            return self.last
        return self.first + (self.last - self.first) * (progress - self.begin) / (self.end - self.begin)


RampedShare = Annotated[Ramp, _SHARE]
RampedWeight = Annotated[Ramp, Range("from 0 to 1e9", 0, 1e9)]
RampedQuality = Annotated[Ramp, Range("from 1 to 100", 1, 100)]
RampedFactor = Annotated[Ramp, Range("from 0.25 to 2", 0.25, 2)]
