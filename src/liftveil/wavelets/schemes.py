r"""Wavelets written down as data: the lifting steps of each scheme.

A signal :math:`x` is split into even samples :math:`s_n = x_{2n}` and odd samples
:math:`d_n = x_{2n+1}`. Each lifting step then changes one of the two from the other,

.. math:: t_n \leftarrow t_n \pm \Big\lfloor \sum_k w_k \, o_{n + f + k} + \rho \Big\rfloor

with weights :math:`w`, first neighbour :math:`f` and rounding offset :math:`\rho`; the float transform
leaves out floor and offset. Whatever the right-hand side is, the step is undone by the opposite sign.

References:
    Calderbank, Daubechies, Sweldens, Yeo, "Wavelet transforms that map integers to integers", ACHA 5 (1998),
    332-369 (S and the method); ISO/IEC 15444-1 Annex F (5/3, 9/7); Adams and Kossentini, "Reversible
    integer-to-integer wavelet transforms for image compression", IEEE TIP 9 (2000), 1010-1024 (9/7-M).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType
from typing import Final, Literal


@dataclass(frozen=True)
class LiftingStep:
    """One predict or update step; the letters are those of the module's formula.

    Attributes:
        target: The half that changes; the other one is read.
        sign: +1 or -1, in front of the floor.
        weights: The weights ``w``, one for each neighbour.
        first: The first neighbour ``f``, relative to ``n``.
        rounding: The offset inside the floor; 0.5 rounds to the nearest integer, ties upwards.
    """

    target: Literal["approximation", "detail"]
    sign: Literal[1, -1]
    weights: tuple[float, ...]
    first: int
    rounding: float


@dataclass(frozen=True)
class LiftingScheme:
    """A wavelet as a chain of lifting steps.

    Attributes:
        name: Key in :data:`SCHEMES`.
        steps: Steps in forward order.
        approximation_gain: Factor that makes the low band (bi)orthonormal.
        detail_gain: The same for the high band.
        boundary: What a step reads beyond the ends: the whole-sample symmetric extension of the signal, or
            zeros (for the Haar pair, whose only missing neighbour is the detail of an odd last sample; zero
            there is the half-sample symmetric extension).
    """

    name: str
    steps: tuple[LiftingStep, ...]
    approximation_gain: float
    detail_gain: float
    boundary: Literal["symmetric", "zero"] = "symmetric"

    @property
    def reach(self) -> int:
        """An upper bound on how many samples beyond its pair a coefficient of one level can see."""
        return sum(_farthest(step) for step in self.steps)


def _farthest(step: LiftingStep) -> int:
    """Distance in samples of the farthest neighbour that a step reads, 0 for the other one of the pair."""
    shift = -1 if step.target == "detail" else 1
    neighbours = range(step.first, step.first + len(step.weights))
    return max(abs(2 * n + shift) if n else 0 for n in neighbours)


_UPDATE_53 = LiftingStep("approximation", 1, (0.25, 0.25), -1, 0.5)
_K: Final = 1.230174104914001  # ISO/IEC 15444-1 Annex F.4.8


def _pair(target: Literal["approximation", "detail"], weight: float) -> LiftingStep:
    """A rounded step with one weight for both nearest neighbours."""
    return LiftingStep(target, 1, (weight, weight), 0 if target == "detail" else -1, 0.5)


_HAAR = LiftingScheme(
    "haar",
    (LiftingStep("detail", -1, (1.0,), 0, 0.0), LiftingStep("approximation", 1, (0.5,), 0, 0.0)),
    sqrt(2),
    1 / sqrt(2),
    boundary="zero",
)
_LEGALL_5_3 = LiftingScheme(
    "legall5/3",
    (LiftingStep("detail", -1, (0.5, 0.5), 0, 0.0), _UPDATE_53),
    sqrt(2),
    1 / sqrt(2),
)
# Ties of the prediction are rounded upwards after the minus sign, as in Adams and Kossentini.
_CDF_9_7_M = LiftingScheme(
    "9/7-m",
    (LiftingStep("detail", 1, (1 / 16, -9 / 16, -9 / 16, 1 / 16), -1, 0.5), _UPDATE_53),
    sqrt(2),
    1 / sqrt(2),
)
_CDF_9_7 = LiftingScheme(
    "cdf9/7",
    (
        _pair("detail", -1.586134342059924),
        _pair("approximation", -0.052980118572961),
        _pair("detail", 0.882911075530934),
        _pair("approximation", 0.443506852043971),
    ),
    sqrt(2) / _K,
    _K / sqrt(2),
)

SCHEMES: Final[Mapping[str, LiftingScheme]] = MappingProxyType(
    {scheme.name: scheme for scheme in (_HAAR, _LEGALL_5_3, _CDF_9_7_M, _CDF_9_7)}
)
"""Every scheme by name: ``haar`` (as integers: the S-transform), ``legall5/3``, ``9/7-m``, ``cdf9/7``."""
