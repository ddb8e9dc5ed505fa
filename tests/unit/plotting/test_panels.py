"""Panels, looked at before they become pixels."""

import io
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from liftveil.plotting import Ranges, draw_bars, draw_steps, panels, plot_panels, plot_ranges
from liftveil.plotting.style import COLOURS, INK

QUALITY = Ranges("JPEG", "quality", (100, 95, 50), (30.0, 20.0, 10.0), (28.0, 17.0, 9.0), (33.0, 22.0, 11.0))
NOISE = Ranges("noise", "deviation", (0.5, 10), (35.0, 12.0), (34.0, 12.0), (36.0, 12.5))
CURVES = {name: (0.1 * number, 0.5, 0.2) for number, name in enumerate("abcd", start=1)}
GROUPS = {"stego": (1.0, 2.0), "recovered": (3.0, 0.5), "third": (2.0, 2.0)}


@pytest.fixture
def axes():
    return Figure(figsize=(5, 3), layout="constrained").subplots()


@pytest.fixture
def drawn(monkeypatch):
    """Let the figure be drawn by what is given, and give it instead of its pixels."""

    def draw(plot):
        sizes = {}

        def render(paint, *, width_in, height_in):
            sizes["figure"] = Figure(figsize=(width_in, height_in), layout="constrained")
            paint(sizes["figure"])

        monkeypatch.setattr(panels, "render", render)
        plot()
        return sizes["figure"]

    return draw


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


def stands_between_axes_and_title(axes):
    axes.figure.draw_without_rendering()
    extent = axes.get_legend().get_window_extent()
    return axes.get_window_extent().y1 <= extent.y0 and extent.y1 <= axes.title.get_window_extent().y0


class TestPanels:
    @pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (1, 2, 1), (3, 3, 1), (4, 3, 2), (7, 2, 4)])
    def test_each_draws_its_own_axes_and_the_rest_is_empty(self, drawn, count, columns, rows):
        def title(axes, number):
            axes.set_title(f"{number}")

        draws = [lambda axes, number=number: title(axes, number) for number in range(count)]
        figure = drawn(lambda: plot_panels(draws, columns=columns))
        assert len(figure.axes) == rows * columns
        shown = [axes.get_title() for axes in figure.axes if axes.get_visible()]
        assert shown == [f"{number}" for number in range(count)]

    def test_more_rows_make_a_higher_figure(self, drawn):
        one, three = (
            drawn(lambda count=count: plot_panels([lambda _: None] * count, columns=2)).get_figheight()
            for count in (2, 6)
        )
        assert three > 2.5 * one

    def test_may_have_one_name_and_one_scale(self, drawn):
        draws = [lambda axes: axes.set_ylim(0, 3), lambda axes: axes.set_ylim(0, 8)]
        figure = drawn(lambda: plot_panels(draws, columns=2, ylabel="PSNR (dB)", sharey=True))
        assert figure.get_supylabel() == "PSNR (dB)"
        assert [axes.get_ylim() for axes in figure.axes] == [(0, 8)] * 2
        own = drawn(lambda: plot_panels(draws, columns=2))
        assert [axes.get_ylim() for axes in own.axes] == [(0, 3), (0, 8)]
        assert own.get_supylabel() == ""


class TestRanges:
    @pytest.fixture
    def figure(self, drawn):
        return drawn(
            lambda: plot_ranges([QUALITY, NOISE], ylabel="secret (dB)", reference=38.0, reference_name="untouched")
        )

    def test_say_what_they_are(self, figure):
        shown = [axes for axes in figure.axes if axes.get_visible()]
        assert [axes.get_title() for axes in shown] == ["JPEG", "noise"]
        assert [axes.get_xlabel() for axes in shown] == ["quality", "deviation"]
        assert figure.get_supylabel() == "secret (dB); dashed: untouched"

    def test_strengths_are_evenly_spaced_in_their_order(self, figure):
        axes = figure.axes[0]
        assert axes.get_xticks().tolist() == [0, 1, 2]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["100", "95", "50"]
        assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == ["0.5", "10"]

    def test_the_mean_is_a_line_in_a_band_from_worst_to_best(self, figure):
        axes = figure.axes[0]
        [mean] = [line for line in axes.lines if line.get_marker() != "None"]
        assert mean.get_xydata().tolist() == [[0, 30], [1, 20], [2, 10]]
        assert to_hex(mean.get_color()).upper() == COLOURS[0]
        [band] = axes.collections
        corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
        edges = {*enumerate(QUALITY.low), *enumerate(QUALITY.high)}
        assert corners == edges
        assert to_hex(band.get_facecolor()[0]).upper() == COLOURS[0]
        assert band.get_alpha() < 0.5

    def test_the_reference_is_dashed_and_inside_every_panel(self, figure):
        for axes in figure.axes[:2]:
            [reference] = [line for line in axes.lines if line.get_color() == INK]
            assert reference.is_dashed()
            assert set(reference.get_ydata()) == {38.0}
            low, high = axes.get_ylim()
            assert low < 9.0 < 38.0 < high

    def test_the_same_ranges_give_the_same_bytes(self):
        def images():
            return plot_ranges([QUALITY, NOISE], ylabel="secret (dB)", reference=38.0, reference_name="untouched")

        assert images() == images()
        with Image.open(io.BytesIO(images().png)) as picture:
            assert picture.size == (1600, 464)


class TestBars:
    def test_stand_side_by_side_and_are_as_high_as_they_say(self, axes):
        draw_bars(axes, GROUPS, ["ll", "hh"], title="Error", ylabel="rms")
        assert [[bar.get_height() for bar in bars] for bars in axes.containers] == [list(v) for v in GROUPS.values()]
        for number in range(2):
            group = [bars[number] for bars in axes.containers]
            edges = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in group]
            assert [one[1] for one in edges[:-1]] == pytest.approx([other[0] for other in edges[1:]])
            assert (edges[0][0] + edges[-1][1]) / 2 == pytest.approx(number)
            assert edges[-1][1] - edges[0][0] < 1
        assert [label.get_text() for label in axes.get_xticklabels()] == ["ll", "hh"]
        assert (axes.get_title(), axes.get_ylabel()) == ("Error", "rms")

    def test_are_told_apart_without_colour(self, axes):
        draw_bars(axes, GROUPS, ["ll", "hh"], title="Error", ylabel="rms")
        looks = [(to_hex(bars[0].get_facecolor()).upper(), bars[0].get_hatch()) for bars in axes.containers]
        assert [colour for colour, _ in looks] == list(COLOURS[:3])
        assert len({hatch for _, hatch in looks}) == 3
        handles = axes.get_legend().legend_handles
        assert [handle.get_hatch() for handle in handles] == [hatch for _, hatch in looks]

    def test_are_named_between_axes_and_title(self, axes):
        draw_bars(axes, GROUPS, ["ll", "hh"], title="Error", ylabel="rms")
        assert texts(axes.get_legend()) == list(GROUPS)
        assert stands_between_axes_and_title(axes)

    def test_of_one_thing_need_no_legend(self, axes):
        draw_bars(axes, {"stego": (1.0, 2.0)}, ["ll", "hh"], title="Error", ylabel="rms")
        assert axes.get_legend() is None

    def test_have_plain_names(self, axes):
        draw_bars(axes, {"$a$": (1.0,), "图": (2.0,)}, ["$b$"], title="Error", ylabel="rms")
        assert texts(axes.get_legend()) == [r"\$a\$", "?"]
        assert [label.get_text() for label in axes.get_xticklabels()] == [r"\$b\$"]


class TestSteps:
    def test_lie_around_their_places(self, axes):
        draw_steps(axes, CURVES, [-1, 0, 1], title="Differences", xlabel="levels", log=False)
        assert [line.get_xydata().tolist() for line in axes.lines] == [
            [[place, share] for place, share in zip((-1, 0, 1), shares, strict=True)] for shares in CURVES.values()
        ]
        assert {line.get_drawstyle() for line in axes.lines} == {"steps-mid"}
        assert (axes.get_title(), axes.get_xlabel()) == ("Differences", "levels")
        assert axes.get_ylabel() == "share of samples"

    def test_are_told_apart_without_colour(self, axes):
        draw_steps(axes, CURVES, [-1, 0, 1], title="Differences", xlabel="levels", log=False)
        assert [to_hex(line.get_color()).upper() for line in axes.lines] == list(COLOURS[:4])
        assert [line.is_dashed() for line in axes.lines] == [False, True, True, True]
        patterns = [line._dash_pattern for line in axes.lines]
        assert all(one != other for one, other in pairwise(map(str, patterns)))
        assert len(set(map(str, patterns))) == 4

    def test_are_named_between_axes_and_title(self, axes):
        draw_steps(axes, CURVES, [-1, 0, 1], title="Differences", xlabel="levels", log=False)
        assert texts(axes.get_legend()) == list(CURVES)
        assert stands_between_axes_and_title(axes)

    def test_of_one_thing_need_no_legend(self, axes):
        draw_steps(axes, {"a": (0.1, 0.9)}, [0, 1], title="Levels", xlabel="level", log=False)
        assert axes.get_legend() is None

    @pytest.mark.parametrize(("log", "scale"), [(False, "linear"), (True, "log")])
    def test_may_be_logarithmic(self, axes, log, scale):
        draw_steps(axes, CURVES, [-1, 0, 1], title="Levels", xlabel="level", log=log)
        assert axes.get_yscale() == scale

    def test_shares_of_nothing_can_be_drawn_on_a_logarithmic_axis(self, axes):
        draw_steps(axes, {"a": (0.0, 0.5, 0.0)}, [-1, 0, 1], title="Levels", xlabel="level", log=True)
        axes.figure.draw_without_rendering()
        assert axes.get_ylim()[0] > 0


def test_hatches_are_seen_in_grey():
    def bars(axes):
        draw_bars(axes, {"stego": (1.0,), "recovered": (1.0,)}, ["all"], title="Error", ylabel="rms")

    with Image.open(io.BytesIO(plot_panels([bars], columns=1).png)) as picture:
        grey = np.asarray(picture.convert("L"))
    row = grey[int(0.7 * len(grey))]
    plain, hatched = (row == np.asarray(Image.new("RGB", (1, 1), colour).convert("L"))[0, 0] for colour in COLOURS[:2])
    runs = [int((np.diff(mask.astype(int)) == 1).sum()) for mask in (plain, hatched)]
    assert runs[0] == 1
    assert runs[1] > 5
