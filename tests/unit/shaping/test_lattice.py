"""Bases of lattices, and decisions in them, against what defines both."""

import numpy as np
import pytest

from liftveil.shaping.lattice import decisions, reduced_basis


@pytest.fixture(params=[(2, 3.0), (5, 30.0), (24, 1e3), (48, 1e4)], ids=str)
def metric(request):
    """Random directions, whose costs are as far apart as given."""
    count, apart = request.param
    turn, _ = np.linalg.qr(np.random.default_rng(count).normal(size=(count, count)))
    return (turn * np.geomspace(1, apart, count)) @ turn.T


@pytest.fixture
def basis(metric):
    return reduced_basis(metric, decisions(metric)[0])


def test_the_decisions_are_those_of_a_triangular_factor(metric):
    order, feedback = decisions(metric)
    assert sorted(order) == list(range(len(metric)))
    unit = np.eye(len(metric)) + feedback
    assert not np.triu(feedback).any()
    costs = np.linalg.inv(unit).T @ metric[np.ix_(order, order)] @ np.linalg.inv(unit)
    np.testing.assert_allclose(costs - np.diag(costs.diagonal()), 0, atol=1e-4 * costs.max())


def test_a_basis_reaches_every_whole_point_and_no_other(basis):
    for matrix in (basis, np.linalg.inv(basis)):
        np.testing.assert_allclose(matrix, np.rint(matrix), atol=1e-6)
    assert abs(np.linalg.det(basis)) == pytest.approx(1)


def test_a_basis_is_reduced(metric, basis):
    """The two conditions of Lenstra, Lenstra and Lovász, by Gram and Schmidt's definition."""
    vectors = np.linalg.cholesky(metric).T @ basis
    upper = np.linalg.qr(vectors)[1]
    steps = np.abs(upper / upper.diagonal()[:, np.newaxis])
    assert np.triu(steps, 1).max() <= 0.5 + 1e-6
    lengths = upper.diagonal() ** 2
    assert (lengths[1:] >= (0.99 - np.diagonal(steps, 1) ** 2) * lengths[:-1] - 1e-6).all()


def test_a_basis_decides_at_lower_cost(metric, basis):
    def mean_cost(of):
        order, _ = decisions(of)
        return (np.linalg.cholesky(of[np.ix_(order[::-1], order[::-1])]).diagonal() ** 2).mean()

    assert mean_cost(basis.T @ metric @ basis) <= mean_cost(metric) + 1e-9


def test_two_dimensions_by_hand():
    """(1, 0) and (3, 1) in a plane whose second axis counts little: their difference thrice is (0, 1)."""
    vectors = np.array([[1.0, 3.0], [0.0, 0.5]])
    basis = reduced_basis(vectors.T @ vectors, np.array([0, 1]))
    np.testing.assert_allclose(np.sort(np.abs(vectors @ basis).ravel()), [0, 0, 0.5, 1])
