"""Lattices under a metric: the order in which to decide coordinates, and bases that are easier to decide in.

References:
    Wolniansky, Foschini, Golden, Valenzuela, "V-BLAST", ISSSE 1998 (the order).
    Lenstra, Lenstra, Lovász, "Factoring polynomials with rational coefficients", Math. Ann. 1982 (the bases).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_LOVASZ: Final = 0.99  # how nearly orthogonal a basis shall be, below 1


def decisions(metric: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """How the samples of a block are rounded in turn.

    Args:
        metric: What errors cost together; symmetric and positive definite.

    Returns:
        The order of the samples, and the feedback: row ``i`` weighs the errors of the samples that are decided before
        the ``i``-th.
    """
    order = _order(metric)
    backwards = order[::-1]
    lower = np.linalg.cholesky(metric[np.ix_(backwards, backwards)]).T[::-1, ::-1]
    return order, np.tril(lower / lower.diagonal()[:, np.newaxis], -1).astype(np.float32)


def _order(metric: NDArray[np.float64]) -> NDArray[np.intp]:
    """First those whose errors stay the dearest, whatever the others do to make up for them."""
    covariance = np.linalg.inv(metric)  # one over its diagonal is that cost, among the samples that are left
    left = list(range(len(metric)))
    order = []
    while left:
        chosen = min(left, key=lambda index: covariance[index, index])
        order.append(chosen)
        left.remove(chosen)
        covariance -= np.outer(covariance[:, chosen], covariance[chosen]) / covariance[chosen, chosen]
    return np.array(order)


def reduced_basis(metric: NDArray[np.float64], order: NDArray[np.intp]) -> NDArray[np.float64]:
    """A basis of the whole vectors that is nearly orthogonal in a metric.

    Lenstra, Lenstra and Lovász's algorithm, begun with the samples in the opposite of an order.

    Args:
        metric: Symmetric and positive definite.
        order: Of :func:`decisions`.

    Returns:
        Whole numbers, with a determinant of 1 or -1; one vector in each column.
    """
    backwards = order[::-1]
    basis = np.eye(len(metric))[:, backwards]
    upper = np.linalg.cholesky(metric[np.ix_(backwards, backwards)]).T.copy()
    column = 1
    while column < len(metric):
        for other in range(column - 1, -1, -1):
            times = np.rint(upper[other, column] / upper[other, other])
            upper[: other + 1, column] -= times * upper[: other + 1, other]
            basis[:, column] -= times * basis[:, other]
        before = column - 1
        if _LOVASZ * upper[before, before] ** 2 <= upper[column, column] ** 2 + upper[before, column] ** 2:
            column += 1
            continue
        for matrix in (upper, basis):
            matrix[:, [before, column]] = matrix[:, [column, before]]
        cosine, sine = upper[before : column + 1, before] / np.hypot(*upper[before : column + 1, before])
        turn = np.array([[cosine, sine], [-sine, cosine]])
        upper[before : column + 1, before:] = turn @ upper[before : column + 1, before:]
        column = max(before, 1)
    return basis
