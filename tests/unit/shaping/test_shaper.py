"""Rounding with shaped noise: the mathematics of successive decisions, each fact found a second way."""

import numpy as np
import pytest

from liftveil.errors import ShapeError
from liftveil.shaping import NoiseShaper

SAMPLES, PX = NoiseShaper.BLOCK_SAMPLES, NoiseShaper.BLOCK_PX
SIZES = [(1, 1), (4, 4), (5, 7), (3, 18), (16, 2), (513, 6)]
BOUNDS = [(0, 255), (-np.inf, np.inf), (100, 120)]

seeds = pytest.mark.parametrize("seed", [0, 1, 2])


def metric_of(seed):
    """Its eigenvalues, between 1 and 100, are far apart, as a network's are; its eigenvectors are random."""
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(SAMPLES, SAMPLES)))
    return (turn * np.geomspace(1, 100, SAMPLES)) @ turn.T


def exact_shaper(seed):
    """One whose sums are exact in float32 for levels that are eighths, so that no order of additions matters."""
    shaper = NoiseShaper(metric_of(seed))
    shaper.feedback = np.round(16 * shaper.feedback) / 16
    return shaper


def eighths(rng, *shape):
    return np.round(8 * rng.uniform(-6, 261, shape)) / 8


def blocks_of(picture):
    """Its blocks as rows of samples, one after the other."""
    height, width = picture.shape[:2]
    corners = [(top, left) for top in range(0, height, PX) for left in range(0, width, PX)]
    parts = [picture[top : top + PX, left : left + PX] for top, left in corners]
    return np.array([part.transpose(2, 0, 1).ravel() for part in parts])


def cost_left(metric, decided):
    """What errors of some samples cost when all others make up for them as well as real numbers can."""
    others = np.setdiff1d(np.arange(len(metric)), decided)
    across = metric[np.ix_(decided, others)]
    repaired = across @ np.linalg.solve(metric[np.ix_(others, others)], across.T) if len(others) else 0
    return metric[np.ix_(decided, decided)] - repaired


def greedy(metric):
    """The order of V-BLAST: always the sample whose own error would cost most, and those costs."""
    left, order, costs = list(range(len(metric))), [], []
    while left:
        among = metric[np.ix_(left, left)]
        alone = [cost_left(among, [index])[0, 0] for index in range(len(left))]
        costs.append(max(alone))
        order.append(left.pop(int(np.argmax(alone))))
    return order, costs


class TestTheIdentity:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("size", SIZES)
    def test_rounds_to_the_nearest(self, size, dtype):
        levels = np.random.default_rng(0).normal(128, 150, (*size, 3)).astype(np.float32).astype(dtype)
        for low, high in BOUNDS:
            whole = NoiseShaper(np.eye(SAMPLES)).whole(levels, low, high)
            np.testing.assert_array_equal(whole, np.rint(levels).clip(low, high))

    def test_rounds_halves_to_even(self):
        halves = np.arange(48).reshape(4, 4, 3) + 0.5
        np.testing.assert_array_equal(NoiseShaper(np.eye(SAMPLES)).whole(halves), np.rint(halves))

    def test_may_weigh_samples_differently(self):
        levels = np.random.default_rng(0).uniform(0, 255, (9, 10, 3)).astype(np.float32)
        shaper = NoiseShaper(np.diag(np.arange(1.0, SAMPLES + 1)))
        np.testing.assert_array_equal(shaper.whole(levels), np.rint(levels))


class TestWholeLevels:
    @seeds
    @pytest.mark.parametrize(("low", "high"), BOUNDS)
    def test_are_whole_and_within_bounds(self, seed, low, high):
        levels = np.random.default_rng(seed).normal(128, 150, (21, 34, 3))
        whole = NoiseShaper(metric_of(seed)).whole(levels, low, high)
        assert (whole.shape, whole.dtype) == (levels.shape, np.float32)
        np.testing.assert_array_equal(whole, np.rint(whole))
        assert whole.min() >= low
        assert whole.max() <= high

    def test_are_those_of_a_file_if_not_told_otherwise(self):
        levels = np.random.default_rng(0).normal(128, 150, (8, 8, 3))
        shaper = NoiseShaper(metric_of(0))
        np.testing.assert_array_equal(shaper.whole(levels), shaper.whole(levels, 0, 255))

    def test_stay_as_they_are(self):
        pixels = np.random.default_rng(0).integers(0, 256, (11, 6, 3), np.uint8)
        np.testing.assert_array_equal(NoiseShaper(metric_of(0)).whole(pixels), pixels)

    def test_are_new_ones(self):
        levels = np.random.default_rng(0).uniform(0, 255, (12, 8, 3)).astype(np.float32)
        before = levels.copy()
        NoiseShaper(metric_of(0)).whole(levels)
        np.testing.assert_array_equal(levels, before)

    @pytest.mark.parametrize("size", SIZES)
    def test_of_a_block_depend_on_nothing_else(self, size):
        """The block's edge is continued where the picture ends; 513 rows are more than are rounded at once."""
        shaper, levels = exact_shaper(0), eighths(np.random.default_rng(1), *size, 3)
        whole = shaper.whole(levels)
        assert (whole != np.rint(levels).clip(0, 255)).any()
        for top in range(0, size[0], PX):
            for left in range(0, size[1], PX):
                part = levels[top : top + PX, left : left + PX]
                margins = [(0, PX - side) for side in part.shape[:2]]
                alone = shaper.whole(np.pad(part, [*margins, (0, 0)], "edge"))[: part.shape[0], : part.shape[1]]
                np.testing.assert_array_equal(whole[top : top + PX, left : left + PX], alone)

    @pytest.mark.parametrize("level", [np.nan, np.inf, -np.inf])
    def test_are_no_numbers_at_most_in_the_block_of_a_level_that_is_none(self, level):
        shaper, levels = exact_shaper(0), eighths(np.random.default_rng(1), 8, 12, 3)
        expected = shaper.whole(levels)
        levels[5, 6] = level
        whole = shaper.whole(levels)
        assert np.isnan(whole).any()
        expected[4:8, 4:8] = whole[4:8, 4:8] = 0
        np.testing.assert_array_equal(whole, expected)


class TestDecisions:
    @seeds
    def test_come_in_the_greedy_order(self, seed):
        metric = metric_of(seed)
        order = NoiseShaper(metric).order
        assert sorted(order) == list(range(SAMPLES))
        assert list(order) == greedy(metric)[0]

    @seeds
    def test_weigh_earlier_errors_by_the_metric_s_triangular_factor(self, seed):
        metric = metric_of(seed)
        shaper, (order, costs) = NoiseShaper(metric), greedy(metric)
        factor = np.sqrt(costs)[:, np.newaxis] * (np.eye(SAMPLES) + shaper.feedback)
        assert not np.triu(shaper.feedback).any()
        np.testing.assert_allclose(factor.T @ factor, metric[np.ix_(order, order)], atol=1e-5 * np.abs(metric).max())

    @seeds
    @pytest.mark.parametrize(("low", "high"), BOUNDS)
    def test_are_each_the_best_in_view_of_those_before(self, seed, low, high):
        """No other allowed value would cost less if the samples after it could be any real numbers."""
        metric, levels = metric_of(seed), np.random.default_rng(seed).uniform(90, 130, (4, 12, 3))
        shaper = NoiseShaper(metric)
        errors = (blocks_of(shaper.whole(levels, low, high)) - blocks_of(levels)).T[shaper.order]
        for count in range(1, SAMPLES + 1):
            matrix = cost_left(metric, shaper.order[:count])
            costs = {}
            for change in (-2, -1, 0, 1, 2):
                tried = errors[:count].copy()
                tried[-1] += change
                value = blocks_of(levels).T[shaper.order[count - 1]] + tried[-1]
                allowed = (value > low - 0.5) & (value < high + 0.5)
                costs[change] = np.where(allowed, np.einsum("ib,ij,jb->b", tried, matrix, tried), np.inf)
            assert (costs[0] <= np.min(list(costs.values()), axis=0) + 1e-3).all()

    @seeds
    def test_cost_as_little_as_theory_says(self, seed):
        """Each adds an error that is uniform over a unit, times its share of the determinant.

        The sum is least, the geometric mean of the eigenvalues for each sample, if all shares are alike; rounding
        to the nearest costs the arithmetic mean.
        """
        metric = metric_of(seed)
        levels = np.random.default_rng(seed).uniform(40, 215, (160, 192, 3)).astype(np.float32)

        def cost(whole):
            errors = blocks_of(whole - levels.astype(np.float64))
            return np.einsum("bi,ij,bj->b", errors, metric, errors).mean()

        shaped, nearest = cost(NoiseShaper(metric).whole(levels)), cost(np.rint(levels))
        least = SAMPLES * np.exp(np.linalg.slogdet(metric).logabsdet / SAMPLES) / 12
        assert nearest == pytest.approx(np.trace(metric) / 12, rel=0.03)
        assert shaped == pytest.approx(sum(greedy(metric)[1]) / 12, rel=0.03)
        assert least < shaped < 1.2 * least
        assert shaped < 0.6 * nearest

    @seeds
    def test_of_few_samples_are_nearly_the_best_of_all(self, seed):
        """Three samples, whose best whole values can be searched for."""
        rng = np.random.default_rng(seed)
        factor = np.tril(rng.normal(size=(3, 3)), -1) + np.diag([1.0, 0.9, 1.1])
        levels = rng.uniform(0, 255, (3, 500))
        feedback = factor / factor.diagonal()[:, np.newaxis] - np.eye(3)
        steps = np.array(np.meshgrid(*[np.arange(-4, 5)] * 3)).reshape(3, -1, 1)

        def cost(whole):
            return np.square(np.tensordot(factor, whole - levels.reshape(3, *[1] * (whole.ndim - 2), -1), 1)).sum(0)

        decided = cost(NoiseShaper.decide(levels.copy(), feedback, 0, 255))
        best = cost(np.rint(levels)[:, np.newaxis] + steps).min(axis=0)
        assert (decided >= best - 1e-9).all()
        assert decided.mean() < 1.3 * best.mean()
        assert decided.mean() < 0.8 * cost(np.rint(levels)).mean()


class TestRefusals:
    @pytest.mark.parametrize("shape", [(47, 47), (48,), (48, 47), (49, 49), (1, 48, 48)])
    def test_of_another_number_of_samples(self, shape):
        with pytest.raises(ShapeError, match="a matrix of 48 samples") as refusal:
            NoiseShaper(np.ones(shape))
        assert refusal.value.actual_shape == shape

    @pytest.mark.parametrize("spoilt", [0.0, -1.0, np.nan, np.inf])
    @pytest.mark.parametrize("where", [7, slice(None)])
    def test_of_what_is_not_positive_definite(self, spoilt, where):
        metric = np.eye(SAMPLES)
        metric[where, where] = spoilt
        with pytest.raises(np.linalg.LinAlgError):
            NoiseShaper(metric)


class TestReducedBasis:
    @pytest.fixture(params=[0, 1, 2])
    def metric(self, request):
        return 100 * metric_of(request.param) @ metric_of(request.param)

    def test_costs_less_and_never_less_than_the_bound(self, metric):
        levels = np.random.default_rng(3).uniform(40, 215, (120, 160, 3)).astype(np.float32)

        def cost(shaper):
            errors = blocks_of(shaper.whole(levels).astype(np.float64) - levels)
            return np.einsum("bi,ij,bj->b", errors, metric, errors).mean()

        bound = SAMPLES * np.exp(np.linalg.slogdet(metric)[1] / SAMPLES) / (2 * np.pi * np.e)
        assert bound < cost(NoiseShaper(metric, reduced=True)) < cost(NoiseShaper(metric))

    def test_leaves_the_blocks_near_black_and_white_to_direct_decisions(self, metric):
        levels = np.random.default_rng(4).uniform(100, 155, (8, 8, 3)).astype(np.float32)
        levels[:4, :4, 1] = 300
        reduced, direct = (NoiseShaper(metric, reduced=choice).whole(levels) for choice in (True, False))
        assert 0 <= reduced.min() <= reduced.max() <= 255
        np.testing.assert_array_equal(reduced[:4, :4], direct[:4, :4])
        assert (reduced != direct).any()

    def test_of_the_identity_rounds_to_the_nearest(self):
        levels = np.random.default_rng(5).uniform(-20, 275, (16, 16, 3)).astype(np.float32)
        shaper = NoiseShaper(np.eye(SAMPLES), reduced=True)
        np.testing.assert_array_equal(shaper.whole(levels), np.rint(levels).clip(0, 255))

    def test_leaves_no_number_where_there_is_none(self, metric):
        levels = np.full((8, 8, 3), 100.5, np.float32)
        levels[1, 2, 0] = np.nan
        whole = NoiseShaper(metric, reduced=True).whole(levels)
        assert np.isnan(whole[1, 2, 0])
        assert np.isfinite(whole[4:]).all()
