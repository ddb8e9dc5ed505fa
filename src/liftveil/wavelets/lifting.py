r"""The lifting engine: one dimension, one level, NumPy arrays and torch tensors alike.

It knows slices, sums and products only; what differs between array libraries, and between the integer and
the float transform, is handed in as an :class:`Arithmetic`. All functions work along the last axis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from liftveil.errors import ShapeError
from liftveil.wavelets.schemes import LiftingScheme, LiftingStep

Array = TypeVar("Array", bound=Any)  # numpy.ndarray or torch.Tensor: slices, arithmetic, shape, reshape


@dataclass(frozen=True)
class Arithmetic:
    """The few operations that array libraries spell differently.

    Attributes:
        concatenate: ``concatenate(arrays, axis)``.
        permute: ``permute(array, axes)``.
        floor: Rounding towards minus infinity inside each step (the integer transform), or None (the float
            transform, which is also scaled to (bi)orthonormal gain).
    """

    concatenate: Callable[..., Any]
    permute: Callable[..., Any]
    floor: Callable[[Any], Any] | None


_OTHER = {"approximation": "detail", "detail": "approximation"}

NUMPY_INTEGER = Arithmetic(np.concatenate, np.transpose, np.floor)
NUMPY_FLOAT = Arithmetic(np.concatenate, np.transpose, None)


def forward(signal: Array, scheme: LiftingScheme, arithmetic: Arithmetic) -> tuple[Array, Array]:
    """Split the last axis into a low and a high band.

    Args:
        signal: Floating-point array of any shape whose last axis has at least two samples. For the integer
            transform the values are integers of any size that the type holds exactly.
        scheme: The lifting steps.
        arithmetic: Array library and rounding.

    Returns:
        Approximation and detail, with ceil and floor of half the samples.

    Raises:
        ShapeError: If the last axis has fewer than two samples.
    """
    if signal.shape[-1] < 2:
        raise ShapeError(tuple(signal.shape), "at least two samples along each transformed axis")
    halves = {"approximation": signal[..., 0::2], "detail": signal[..., 1::2]}
    for step in scheme.steps:
        halves[step.target] = halves[step.target] + step.sign * _term(halves, step, scheme, arithmetic)
    approximation, detail = halves["approximation"], halves["detail"]
    if arithmetic.floor is None:
        return approximation * scheme.approximation_gain, detail * scheme.detail_gain
    return approximation, detail


def inverse(approximation: Array, detail: Array, scheme: LiftingScheme, arithmetic: Arithmetic) -> Array:
    """Put the two bands of :func:`forward` together again.

    Args:
        approximation: Low band.
        detail: High band, as long as the low band or one sample shorter.
        scheme: The lifting steps used to split.
        arithmetic: Array library and rounding used to split.

    Returns:
        The signal; for the integer transform exactly the one that was split.

    Raises:
        ShapeError: If the bands' shapes do not fit each other, or the high band is empty.
    """
    aligned = approximation.shape[:-1] == detail.shape[:-1] and detail.shape[-1] > 0
    if not aligned or approximation.shape[-1] - detail.shape[-1] not in (0, 1):
        raise ShapeError(tuple(detail.shape), "a high band as long as the low band or one sample shorter")
    if arithmetic.floor is None:
        approximation = approximation * (1 / scheme.approximation_gain)
        detail = detail * (1 / scheme.detail_gain)
    halves = {"approximation": approximation, "detail": detail}
    for step in reversed(scheme.steps):
        halves[step.target] = halves[step.target] - step.sign * _term(halves, step, scheme, arithmetic)
    return _interleave(halves["approximation"], halves["detail"], arithmetic)


def _term(halves: dict[str, Array], step: LiftingStep, scheme: LiftingScheme, arithmetic: Arithmetic) -> Array:
    """What a step adds to its target: the weighted neighbours, rounded down in the integer transform."""
    count = halves[step.target].shape[-1]
    read = _neighbours(halves, step, scheme, arithmetic)
    total: Array = read[..., :count] * step.weights[0]
    for k, weight in enumerate(step.weights[1:], start=1):
        total = total + read[..., k : k + count] * weight
    if arithmetic.floor is None:
        return total
    rounded: Array = arithmetic.floor(total + step.rounding)
    return rounded


def _neighbours(halves: dict[str, Array], step: LiftingStep, scheme: LiftingScheme, arithmetic: Arithmetic) -> Array:
    """Samples ``first`` to ``first + count + len(weights) - 2`` of the half that the step reads, extended."""
    target, other = halves[step.target], halves[_OTHER[step.target]]
    parity = 1 if step.target == "approximation" else 0
    length = target.shape[-1] + other.shape[-1]
    before = max(0, -step.first)
    after = step.first + target.shape[-1] + len(step.weights) - 1 - other.shape[-1]

    def sample(n: int) -> Array:
        n = 0 if scheme.boundary == "zero" else _reflect(2 * n + parity, length) // 2
        found: Array = other[..., n : n + 1]
        if scheme.boundary == "zero":
            found = found * 0
        return found

    left = [sample(n) for n in range(-before, 0)]
    read: Array = other[..., max(0, step.first) : other.shape[-1] + min(0, after)]
    right = [sample(other.shape[-1] + n) for n in range(after)]
    if left or right:
        read = arithmetic.concatenate([*left, read, *right], -1)
    return read


def _reflect(position: int, length: int) -> int:
    """Whole-sample symmetric extension: x[-i] = x[i], x[N-1+i] = x[N-1-i], repeated; it keeps parity."""
    while not 0 <= position < length:
        position = -position if position < 0 else 2 * (length - 1) - position
    return position


def _interleave(even: Array, odd: Array, arithmetic: Arithmetic) -> Array:
    """Merge two halves of a last axis, sample by sample."""
    pairs = odd.shape[-1]
    stacked = arithmetic.concatenate([even[..., :pairs, None], odd[..., None]], -1)
    merged: Array = stacked.reshape((*odd.shape[:-1], 2 * pairs))
    if even.shape[-1] > pairs:
        merged = arithmetic.concatenate([merged, even[..., pairs:]], -1)
    return merged
