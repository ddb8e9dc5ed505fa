"""Lines, labels and axes, as matplotlib has them after drawing."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from liftveil.plotting.lines import (
    Curve,
    End,
    draw_band,
    draw_curve,
    draw_faint,
    label_ends,
    name_marks,
    name_quantities,
    name_things,
    say_empty,
    spread,
    use_log_axis,
)
from liftveil.plotting.style import COLOURS, MARKERS


@pytest.fixture
def figure():
    return Figure(figsize=(5, 4), layout="constrained")


@pytest.fixture
def axes(figure):
    return figure.subplots()


def curve(*values):
    return Curve(np.arange(1, len(values) + 1), np.array(values, np.float64))


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


class TestCurves:
    def test_a_thing_has_its_colour_and_marker(self, axes):
        for thing in (0, 1):
            draw_curve(axes, curve(1, 2, 3), thing=thing)
        assert [to_hex(line.get_color()).upper() for line in axes.lines] == list(COLOURS[:2])
        assert [line.get_marker() for line in axes.lines] == list(MARKERS[:2])
        assert axes.lines[0].get_xydata().tolist() == [[1, 1], [2, 2], [3, 3]]

    def test_a_quantity_has_its_dashes_and_the_first_one_markers(self, axes):
        for quantity in range(4):
            draw_curve(axes, curve(1, 2, 3), thing=0, quantity=quantity)
        assert [line.is_dashed() for line in axes.lines] == [False, True, True, True]
        assert [line.get_marker() for line in axes.lines] == [MARKERS[0], "", "", ""]
        assert len({line.get_color() for line in axes.lines}) == 1

    @pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 500])
    def test_markers_are_few_and_at_both_ends(self, axes, count):
        draw_curve(axes, curve(*range(count)), thing=0)
        marked = axes.lines[0].get_markevery()
        assert (marked[0], marked[-1], len(marked)) == (0, count - 1, min(count, 8))

    def test_nothing_can_be_drawn(self, figure, axes):
        draw_curve(axes, curve(), thing=0)
        draw_faint(axes, curve(), thing=0)
        figure.draw_without_rendering()
        assert [len(line.get_xdata()) for line in axes.lines] == [0, 0]

    def test_noise_stays_behind(self, axes):
        draw_curve(axes, curve(1, 2), thing=1)
        draw_faint(axes, curve(1, 2), thing=1)
        line, noise = axes.lines
        assert noise.get_color() == line.get_color()
        assert noise.get_alpha() < 0.5
        assert noise.get_linewidth() < line.get_linewidth()
        assert noise.get_zorder() < line.get_zorder()


class TestBands:
    def edges(self, axes):
        """Steps of the band with the least and the greatest value there."""
        [band] = axes.collections
        corners = band.get_paths()[0].vertices if band.get_paths() else np.empty((0, 2))
        steps = sorted(set(corners[:, 0].tolist()))
        return {step: tuple(np.unique(corners[corners[:, 0] == step, 1]).tolist()) for step in steps}

    def test_lie_between_least_and_greatest_values(self, axes):
        draw_band(axes, curve(1, 2, 3), curve(4, 2, 5), thing=0)
        assert self.edges(axes) == {1: (1, 4), 2: (2,), 3: (3, 5)}

    def test_reach_as_far_as_both_edges(self, axes):
        low, high = Curve(np.array([1, 2, 4]), np.array([1.0, 2.0, 3.0])), curve(5, 6, 7, 8, 9)
        draw_band(axes, low, high, thing=0)
        assert self.edges(axes) == {1: (1, 5), 2: (2, 6), 4: (3, 8)}

    def test_have_the_colour_of_their_thing_and_stay_behind_its_line(self, axes):
        draw_curve(axes, curve(1, 2), thing=2)
        draw_band(axes, curve(0, 1), curve(2, 3), thing=2)
        [band] = axes.collections
        assert to_hex(band.get_facecolor()[0]).upper() == COLOURS[2]
        assert band.get_alpha() < 0.5
        assert band.get_linewidth() == 0
        assert band.get_zorder() < axes.lines[0].get_zorder()

    @pytest.mark.parametrize("high", [curve(), Curve(np.array([9]), np.array([3.0]))])
    def test_of_nothing_can_be_drawn(self, figure, axes, high):
        draw_band(axes, curve(1, 2), high, thing=0)
        figure.draw_without_rendering()
        assert self.edges(axes) == {}


class TestLabels:
    def drawn(self, figure, axes, *ends):
        axes.set_ylim(0, 10)
        figure.draw_without_rendering()
        label_ends(axes, ends)
        return {text.get_text(): text.get_position() for text in axes.texts}

    def test_stand_beside_the_ends_outside_the_axes(self, figure, axes):
        places = self.drawn(figure, axes, End(2.0, "low"), End(9.0, "high"))
        assert [place[0] > 1 for place in places.values()] == [True, True]
        assert [place[1] for place in places.values()] == pytest.approx([0.2, 0.9])
        assert axes.lines[:] == []

    def test_do_not_cover_each_other(self, figure, axes):
        self.drawn(figure, axes, *(End(9.9 + rank / 100, f"{rank}") for rank in range(6)))
        boxes = [text.get_window_extent() for text in axes.texts]
        assert [a.y1 <= b.y0 for a, b in pairwise(boxes)] == [True] * 5

    def test_have_the_marker_of_their_thing(self, figure, axes):
        places = self.drawn(figure, axes, End(2.0, "a", 0), End(9.0, "b", 2))
        assert [line.get_marker() for line in axes.lines] == [MARKERS[0], MARKERS[2]]
        assert [line.get_xdata()[0] > 1 for line in axes.lines] == [True, True]
        assert all(place[0] > axes.lines[0].get_xdata()[0] for place in places.values())
        assert axes.get_ylim() == (0, 10)

    @given(st.lists(st.floats(-2, 3), max_size=12), st.floats(0.001, 0.3))
    def test_are_moved_as_little_as_possible(self, places, least):
        moved = spread(places, least)
        order = np.argsort(places, kind="stable")
        ranks = least * np.arange(len(places))
        highest = max(0.0, 1 - ranks[-1]) if places else 0
        expected = [] if not places else isotonic_regression(np.array(places)[order] - ranks).x.clip(0, highest) + ranks
        np.testing.assert_allclose(np.array(moved)[order], expected, atol=1e-9)


class TestNames:
    def test_of_things_stand_above_all_axes(self, figure, axes):
        name_things(figure, ["one", "$two$"])
        figure.draw_without_rendering()
        [legend] = figure.legends
        assert texts(legend) == ["one", r"\$two\$"]
        assert [handle.get_marker() for handle in legend.legend_handles] == list(MARKERS[:2])
        assert legend.get_window_extent().y0 >= axes.get_tightbbox().y1

    @pytest.mark.parametrize("name", ["_", "_hidden", "ordinary"])
    def test_of_things_are_all_shown(self, figure, name):
        name_things(figure, [name])
        assert texts(figure.legends[0]) == [name]

    @pytest.mark.parametrize(("length", "count"), [(1, 9), (30, 5), (80, 3)])
    def test_of_things_fit_on_the_page(self, length, count):
        figure = Figure(figsize=(10, 9), layout="constrained")
        figure.subplots()
        name_things(figure, [f"{number}" * length for number in range(count)])
        figure.draw_without_rendering()
        assert figure.legends[0].get_window_extent().x1 <= figure.bbox.x1

    def test_of_marks_stand_below_all_axes(self, figure, axes):
        name_marks(figure, {"skipped": "x", "went back": "v"})
        figure.draw_without_rendering()
        [legend] = figure.legends
        assert texts(legend) == ["skipped", "went back"]
        assert [handle.get_marker() for handle in legend.legend_handles] == ["x", "v"]
        assert legend.get_window_extent().y1 <= axes.get_tightbbox().y0

    def test_of_quantities_stand_between_axes_and_title(self, figure, axes):
        axes.set_title("title", pad=22)
        name_quantities(axes, ["file", "float"])
        figure.draw_without_rendering()
        legend = axes.get_legend()
        assert texts(legend) == ["file", "float"]
        assert [handle.is_dashed() for handle in legend.legend_handles] == [False, True]
        assert legend.get_window_extent().y0 >= axes.get_window_extent().y1
        assert legend.get_window_extent().y1 <= axes.title.get_window_extent().y0


class TestLogAxis:
    def ticks(self, figure, axes, *values):
        draw_curve(axes, curve(*values), thing=0)
        use_log_axis(axes)
        figure.draw_without_rendering()
        low, high = axes.get_ylim()
        return [label.get_text() for label in axes.get_yticklabels() if low <= label.get_position()[1] <= high]

    def test_has_plain_numbers(self, figure, axes):
        assert self.ticks(figure, axes, 0.003, 0.07) == ["0.005", "0.01", "0.02", "0.05"]
        assert axes.get_yscale() == "log"

    def test_of_many_decades_has_powers_of_ten(self, figure, axes):
        assert self.ticks(figure, axes, 0.03, 300) == ["0.1", "1", "10", "100"]

    def test_ends_five_decades_below_the_highest(self, figure, axes):
        self.ticks(figure, axes, 1e-12, 1.0)
        low, high = axes.get_ylim()
        assert high / low == pytest.approx(1e5)
        assert high > 1


def test_empty_axes_say_so(axes):
    say_empty(axes)
    assert [text.get_text() for text in axes.texts] == ["no records"]
    assert list(axes.get_yticks()) == []
