"""What fits into a budget of memory: a straight line through measured peaks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from statistics import linear_regression
from types import MappingProxyType
from typing import Final, NamedTuple

from liftveil.errors import ConfigError

UNITS: Final[Mapping[str, int]] = MappingProxyType(
    {
        f"{prefix}{kind}": base**power
        for kind, base in (("iB", 1024), ("B", 1000))
        for power, prefix in enumerate("KMGT", 1)
    }
)


def parse_bytes(text: str, source: str = "budget") -> int:
    """Read an amount of memory.

    Args:
        text: A number above 0 and its unit, such as ``"16GiB"``, ``"1.5GB"`` or ``"800MiB"``.
        source: What an error names as the origin.

    Returns:
        Bytes, rounded down.

    Raises:
        ConfigError: If the text is anything else.
    """
    found = re.fullmatch(rf"(\d+(?:\.\d+)?)({'|'.join(UNITS)})", text, re.ASCII)
    size = int(float(found[1]) * UNITS[found[2]]) if found else 0
    if size < 1:
        raise ConfigError(source, f"{text!r} is no amount of memory; write it like 16GiB, 800MiB or 12GB")
    return size


class MemoryModel(NamedTuple):
    """Memory as a function of the batch size, an estimate: ``fixed + slope * batch``.

    Attributes:
        fixed_bytes: What every batch needs.
        bytes_per_pair: What each pair of a batch adds.
    """

    fixed_bytes: float
    bytes_per_pair: float

    def at(self, batch: int) -> float:
        """Bytes for a batch size."""
        return self.fixed_bytes + self.bytes_per_pair * batch

    def largest_batch(self, budget_bytes: int) -> int | None:
        """The largest batch size that fits.

        Args:
            budget_bytes: Memory to fill.

        Returns:
            A batch size, 0 if not even one pair fits; None if the line does not rise, so that nothing can be said.
        """
        if self.bytes_per_pair <= 0:
            return None
        return max(0, int((budget_bytes - self.fixed_bytes) // self.bytes_per_pair))


def fit_memory(peaks: Mapping[int, int]) -> MemoryModel | None:
    """Fit the line by least squares.

    Args:
        peaks: Bytes by batch size.

    Returns:
        The line; None with fewer than two batch sizes.
    """
    if len(peaks) < 2:
        return None
    slope, intercept = linear_regression(list(peaks), list(peaks.values()))
    return MemoryModel(intercept, slope)
