"""Cutting large pictures into overlapping tiles, so that the memory for a picture does not grow with its size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A stretch of one side of a picture, in pixels.

    Attributes:
        first: First pixel of the tile's own part.
        end: One behind its last pixel.
        read_first: First pixel of the part that has to be read, context included.
        read_end: One behind its last pixel.
    """

    first: int
    end: int
    read_first: int
    read_end: int

    @property
    def read(self) -> slice:
        """What to read of the picture."""
        return slice(self.read_first, self.read_end)

    @property
    def own(self) -> slice:
        """What to write of the picture."""
        return slice(self.first, self.end)

    @property
    def kept(self) -> slice:
        """What of the result for :attr:`read` belongs to :attr:`own`."""
        return slice(self.first - self.read_first, self.end - self.read_first)


def spans(length: int, *, tile_px: int, context_px: int) -> Iterator[Span]:
    """Cut one side into stretches that cover it once and see their surroundings.

    Args:
        length: Length of the side.
        tile_px: Length of a stretch; the last one may be shorter.
        context_px: How far a stretch sees beyond its ends, where the picture goes on that far.

    Yields:
        The stretches in order.
    """
    for first in range(0, length, tile_px):
        end = min(first + tile_px, length)
        yield Span(first, end, max(0, first - context_px), min(length, end + context_px))
