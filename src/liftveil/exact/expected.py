"""How good a hidden photograph may be expected to be, before any is compressed."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np


class Expected(NamedTuple):
    """What to expect of a photograph.

    Attributes:
        psnr_db: Mean PSNR in dB; identical pictures count as 60 dB.
        identical: Share of photographs that come back bit for bit.
    """

    psnr_db: float
    identical: float


EXPECTED: Final = {
    0.05: Expected(26.58, 0.0),
    0.1: Expected(29.29, 0.0),
    0.2: Expected(32.97, 0.0),
    0.3: Expected(35.18, 0.0),
    0.4: Expected(36.81, 0.0),
    0.6: Expected(39.14, 0.0),
    0.8: Expected(40.79, 0.0),
    1.0: Expected(42.21, 0.0),
    1.2: Expected(43.38, 0.0),
    1.4: Expected(44.55, 0.025),
    1.6: Expected(45.81, 0.05),
    1.8: Expected(46.71, 0.075),
    2.0: Expected(48.03, 0.175),
    2.3: Expected(50.49, 0.35),
    2.6: Expected(53.33, 0.575),
    3.0: Expected(56.58, 0.8),
    3.5: Expected(57.88, 0.875),
    4.0: Expected(59.57, 0.975),
}
"""Of 40 validation photographs as JPEG XL, by bits a sample: benchmarks/results/jxl-rates.json."""


def expected_secret(bits_per_sample: float) -> Expected | None:
    """What photographs reach at a rate.

    Args:
        bits_per_sample: Room for the secret over the number of its samples.

    Returns:
        Read between the rates of :data:`EXPECTED`, over their logarithms; beyond 4 bits, that of 4; None below 0.05
        bits, where nothing was measured. Photographs differ by several dB.
    """
    rates, found = list(EXPECTED), np.array(list(EXPECTED.values()))
    if bits_per_sample < rates[0]:
        return None
    return Expected(*(float(np.interp(np.log(bits_per_sample), np.log(rates), column)) for column in found.T))
