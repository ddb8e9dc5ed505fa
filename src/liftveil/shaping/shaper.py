r"""Rounding with shaped noise: whole pixels whose error lies where the receiver hardly feels it.

The inverse of a network does not amplify all errors alike: an error :math:`e` of a block of the stego costs the
recovered picture about :math:`e^T A e`, with :math:`A` the mean of :math:`J^T J` over its Jacobians. The best whole
pixels of a block are therefore not the nearest ones to the levels :math:`z`, but those that minimise

.. math:: (x - z)^T M (x - z), \qquad M = A + \lambda I,

where :math:`\lambda` weighs the stego's own error. That is the search for the closest point of a lattice, which
successive decisions solve nearly: with :math:`M = L^T L` and :math:`L` lower triangular, samples are rounded one
after the other, each after what the earlier errors ask of it. All blocks of a picture are rounded side by side.

With :math:`M = I` this is rounding to the nearest.

The decisions do best where the diagonal of :math:`L` is even, and a lattice has many bases. Those of a reduced one
(whole combinations :math:`x = U w`, :math:`\det U = \pm 1`) cost less, but know nothing of black and white: blocks that
they would take out of range are decided directly.

References:
    Babai, "On Lovász' lattice reduction and the nearest lattice point problem", Combinatorica 1986 (the decisions).
"""

from __future__ import annotations

from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from liftveil.errors import ShapeError
from liftveil.shaping.lattice import decisions, reduced_basis

_COLUMNS_AT_ONCE = 100
_BAND_PX = 256  # rows of a picture that are rounded at once, so that memory does not grow with its height


@final
class NoiseShaper:
    """What decides the whole values of blocks.

    Args:
        metric: What errors of a block's samples cost together: (samples, samples), symmetric, positive definite.
        reduced: Whether to take the time for a reduced basis, which rounds better.

    Attributes:
        BLOCK_PX: Side of the blocks, which are rounded side by side.
        BLOCK_SAMPLES: Samples of a block: its RGB values, by channel, then row, then column.
        metric: As given.
        order: Indices of the samples in the order in which they are decided.
        feedback: Row ``i`` weighs the errors of the samples that were decided before the ``i``-th.
        basis: Whole combinations of samples, one in each column, that are decided instead where black and white are far
            away; None if none are.

    Raises:
        ShapeError: If the metric is not of :attr:`BLOCK_SAMPLES` samples.
        numpy.linalg.LinAlgError: If it is not finite or not positive definite.
    """

    BLOCK_PX: Final = 4
    BLOCK_SAMPLES: Final = 3 * BLOCK_PX**2

    def __init__(self, metric: NDArray[Any], *, reduced: bool = False) -> None:
        if metric.shape != (self.BLOCK_SAMPLES, self.BLOCK_SAMPLES):
            raise ShapeError(metric.shape, f"a matrix of {self.BLOCK_SAMPLES} samples")
        self.metric = metric
        exact = metric.astype(np.float64)
        if not np.isfinite(exact).all():
            raise np.linalg.LinAlgError("the metric is not finite")
        self.order, self.feedback = decisions(exact)
        self.basis: NDArray[np.float64] | None = None
        if reduced:
            self.basis = reduced_basis(exact, self.order)
            order, self._feedback = decisions(self.basis.T @ exact @ self.basis)
            self._combine, self._part = np.linalg.inv(self.basis)[order], self.basis[:, order].astype(np.float32)

    def whole(self, levels: NDArray[Any], low: float = 0.0, high: float = 255.0) -> NDArray[np.float32]:
        """Round and clip a picture.

        Args:
            levels: Grey levels (height, width, 3); where it ends within a block, its edge is continued.
            low: Least value.
            high: Largest value.

        Returns:
            Whole grey levels in ``low..high``, of the same shape; NaN, perhaps, in blocks with such levels.
        """
        height, width, px = *levels.shape[:2], self.BLOCK_PX
        whole = np.empty(levels.shape, np.float32)
        for first in range(0, height, _BAND_PX):
            band = levels[first : first + _BAND_PX].astype(np.float32)
            rows, columns = (-side % px for side in band.shape[:2])
            if rows or columns:
                band = np.pad(band, ((0, rows), (0, columns), (0, 0)), "edge")
            grid = (band.shape[0] // px, px, band.shape[1] // px, px, 3)
            blocks = band.reshape(grid).transpose(4, 1, 3, 0, 2)
            with np.errstate(invalid="ignore"):  # behind levels that are no numbers, a block's others become none
                decided = self._decided(blocks.reshape(self.BLOCK_SAMPLES, -1), low, high)
            band = decided.reshape(blocks.shape).transpose(3, 1, 4, 2, 0).reshape(band.shape)
            whole[first : first + _BAND_PX] = band[: height - first, :width]
        return whole

    def _decided(self, samples: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
        """Whole values of blocks (samples, blocks)."""
        if self.basis is None:
            return self._direct(samples, low, high)
        combined = _product(self._combine, samples.astype(np.float64)).astype(np.float32)
        whole: NDArray[np.float32] = _product(self._part, self.decide(combined, self._feedback, -np.inf, np.inf))
        outside = ~((whole >= low) & (whole <= high)).all(axis=0)
        whole[:, outside] = self._direct(samples[:, outside], low, high)
        return whole

    def _direct(self, samples: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
        whole = np.empty_like(samples)
        whole[self.order] = self.decide(samples[self.order], self.feedback, low, high)
        return whole

    @staticmethod
    def decide(
        rows: NDArray[np.float32], feedback: NDArray[np.float32], low: float, high: float
    ) -> NDArray[np.float32]:
        """Round the samples of every block one after the other, each after what the errors before it ask of it.

        Args:
            rows: Levels (samples, blocks), in the order of decision; they become the errors.
            feedback: As in the attribute.
            low: Least value.
            high: Largest value.

        Returns:
            Whole values (samples, blocks).
        """
        whole = np.empty_like(rows)
        for index, levels in enumerate(rows):
            wanted = levels - np.einsum("i,ib->b", feedback[index, :index], rows[:index])  # in one order of additions
            np.clip(np.rint(wanted), low, high, out=whole[index])
            np.subtract(whole[index], levels, out=levels)
        return whole


def _product(matrix: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    """Matrix times columns, in parts so small that BLAS computes them in this thread.

    Others that it would start go on spinning for a while, and then slow down the threads of whatever comes next.
    """
    result = np.empty((len(matrix), columns.shape[1]), columns.dtype)
    for first in range(0, columns.shape[1], _COLUMNS_AT_ONCE):
        part = slice(first, first + _COLUMNS_AT_ONCE)
        np.matmul(matrix, columns[:, part], out=result[:, part])
    return result
