"""The plane of cover and secret, looked at before it becomes pixels."""

import io
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from PIL import Image

from liftveil.plotting import Series, plane, plot_plane
from liftveil.plotting.style import COLOURS, GRID, MARKERS

NETWORK = Series("network, through files", [(42.2, 40.5, "")])
FLOAT = Series("network, float", [(42.3, 44.1, "")], by_file=False)
# At m = 7 close to the network, at m = 2 in the very place of both ways of using the lowest bits.
RATES = ((2, 51.14, 31.2), (3, 49.9, 34.6), (4, 46.4, 37.0), (5, 45.1, 38.5), (6, 43.1, 39.8), (7, 42.1, 40.7))
DIGITS = Series("digits", [(cover, secret, f"m = {m}") for m, cover, secret in RATES], connected=True)
LOWEST = [Series(f"LSB {way}", [(51.14, 31.2, "")]) for way in ("replacement", "matching")]
ALL = [NETWORK, FLOAT, DIGITS, *LOWEST]


@pytest.fixture(scope="module")
def drawn():
    """Draw series and give the axes instead of their pixels."""

    def draw(*series, title="All systems"):
        figure = Figure(figsize=(7, 5), layout="constrained")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(plane, "render", lambda paint, **_: paint(figure))
            plot_plane(series, title=title)
        return figure.axes[0]

    return draw


@pytest.fixture(scope="module")
def axes(drawn):
    """All systems; only looked at."""
    return drawn(*ALL, title="All systems on $x$")


def markers(axes):
    """Marks of points, the ones above later."""
    return [line for line in axes.lines if line.get_marker() not in ("", "None")]


def marker_at(axes, cover, secret, thing):
    """The mark of a thing at a point."""
    [found] = [
        line
        for line in markers(axes)
        if (line.get_xdata()[0], line.get_ydata()[0]) == (cover, secret)
        and to_hex(line.get_color()).upper() == COLOURS[thing]
    ]
    return found


def sums(axes):
    return [line for line in axes.lines if line.get_color() == GRID]


def labels(axes):
    return [text for text in axes.texts if isinstance(text, Annotation)]


def names_of_sums(axes):
    return [text for text in axes.texts if not isinstance(text, Annotation)]


def legend_of(axes):
    [legend] = axes.figure.legends
    return legend


def test_axes_say_what_they_are_and_in_which_unit(axes):
    assert axes.get_title() == r"All systems on \$x\$"
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        "cover against stego, PSNR (dB)",
        "secret against recovered, PSNR (dB)",
    )


def test_every_point_has_a_mark_inside_the_axes(axes):
    marked = sorted((float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in markers(axes))
    assert marked == sorted(point[:2] for one in ALL for point in one.points)
    low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
    assert ((low < marked) & (marked < high)).all()


def test_a_thing_has_the_same_look_in_plane_and_legend(axes):
    handles = legend_of(axes).legend_handles
    assert [text.get_text() for text in legend_of(axes).get_texts()] == [one.name for one in ALL]
    assert [to_hex(handle.get_color()).upper() for handle in handles] == list(COLOURS[:5])
    assert [handle.get_marker() for handle in handles] == list(MARKERS[:5])
    for thing, one in enumerate(ALL):
        mark = marker_at(axes, *one.points[0][:2], thing)
        assert mark.get_marker() == MARKERS[thing]
        assert mark.get_markerfacecolor() == handles[thing].get_markerfacecolor()


def test_figures_that_went_through_no_file_are_hollow(axes):
    faces = [marker_at(axes, *one.points[0][:2], thing).get_markerfacecolor() for thing, one in enumerate(ALL)]
    assert faces[1] == "white"
    assert faces[:1] + faces[2:] == [COLOURS[0], *COLOURS[2:5]]
    assert marker_at(axes, *FLOAT.points[0][:2], 1).get_markeredgecolor() == COLOURS[1]


def test_only_what_belongs_together_is_connected(drawn, axes):
    [line] = [line for line in axes.lines if line.get_marker() == "" and line.get_color() == COLOURS[2]]
    assert line.get_xydata().tolist() == [list(point[:2]) for point in DIGITS.points]
    others = [line for line in drawn(NETWORK, FLOAT).lines if line.get_color() != GRID]
    assert {line.get_linestyle() for line in others} == {"None"}


def test_systems_at_one_place_surround_each_other_and_the_first_is_above(axes):
    here = [marker_at(axes, 51.14, 31.2, thing) for thing in (2, 3, 4)]
    sizes = [mark.get_markersize() for mark in here]
    assert sizes == sorted(set(sizes))
    above = [markers(axes).index(mark) for mark in here]
    assert above == sorted(above, reverse=True)
    near, alone = (marker_at(axes, *DIGITS.points[index][:2], 2).get_markersize() for index in (5, 1))
    assert sizes[0] == alone < near  # m = 7 looks out from behind the network
    assert marker_at(axes, 42.2, 40.5, 0).get_markersize() == alone


def test_points_of_one_series_do_not_grow_for_each_other(drawn):
    axes = drawn(Series("close", [(40.0, 40.0, ""), (40.0, 40.0, ""), (30.0, 30.0, "")]))
    assert len({mark.get_markersize() for mark in markers(axes)}) == 1


class TestSums:
    def test_are_equal_along_their_lines(self, axes):
        totals = [line.get_xydata().sum(axis=1) for line in sums(axes)]
        assert np.ptp(totals, axis=1).max() < 1e-9
        found = [round(total[0], 9) for total in totals]
        assert found == [75, 80, 85, 90, 95]
        assert [text.get_text() for text in names_of_sums(axes)] == [f"sum {total:g}" for total in found]

    def test_have_their_names_upon_their_lines_inside_the_axes(self, axes):
        for text in names_of_sums(axes):
            assert sum(text.get_position()) == pytest.approx(float(text.get_text().removeprefix("sum ")))
            extent = text.get_window_extent()
            assert axes.bbox.x0 < extent.x0 < extent.x1 <= axes.bbox.x1

    def test_lines_end_at_the_axes(self, axes):
        low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
        ends = np.concatenate([line.get_xydata() for line in sums(axes)])
        assert ((low - 1e-9 <= ends) & (ends <= high + 1e-9)).all()

    @pytest.mark.parametrize("point", [(3.0, 2.0), (60.0, 60.0), (98.0, 99.0)])
    def test_there_is_one_wherever_the_points_lie(self, drawn, point):
        assert len(sums(drawn(Series("one", [(*point, "")])))) >= 1


class TestTexts:
    def test_every_labelled_point_has_its_label(self, axes):
        found = labels(axes)
        assert [(note.xy, note.get_text()) for note in found] == [(point[:2], point[2]) for point in DIGITS.points]

    def test_none_covers_another_or_a_mark(self, axes):
        extents = [text.get_window_extent() for text in axes.texts]
        assert [one.overlaps(other) for one, other in combinations(extents, 2) if one.overlaps(other)] == []
        centres = axes.transData.transform([point[:2] for one in ALL for point in one.points])
        assert [extent.count_contains(centres) for extent in extents] == [0] * len(extents)

    def test_a_label_keeps_clear_of_marks_that_have_grown(self, axes):
        [note] = [note for note in labels(axes) if note.get_text() == "m = 2"]
        largest = marker_at(axes, 51.14, 31.2, 4).get_markersize() / 2 / 72 * axes.figure.dpi
        x, y = axes.transData.transform((51.14, 31.2))
        extent = note.get_window_extent()
        nearest = np.array([np.clip(x, extent.x0, extent.x1) - x, np.clip(y, extent.y0, extent.y1) - y])
        assert np.hypot(*nearest) > 0.9 * largest

    def test_names_are_plain_text(self, drawn):
        axes = drawn(Series("$a$ 图", [(40.0, 40.0, "$m$")]), Series("_hidden", [(41.0, 40.0, "")]))
        assert [text.get_text() for text in legend_of(axes).get_texts()] == [r"\$a\$ ?", "_hidden"]
        assert [note.get_text() for note in labels(axes)] == [r"\$m\$"]


class TestLegend:
    @pytest.mark.parametrize(("count", "length"), [(1, 4), (3, 10), (7, 45), (12, 12), (4, 65)])
    def test_hides_nothing_and_fits_on_the_page(self, drawn, count, length):
        axes = drawn(*(Series(f"{number}" * length, [(30.0 + number, 40.0, "")]) for number in range(count)))
        extent = legend_of(axes).get_window_extent()
        assert extent.y1 <= axes.get_tightbbox().y0
        assert (extent.x0 >= 0, extent.y0 >= 0, extent.x1 <= axes.figure.bbox.x1) == (True, True, True)

    def test_takes_no_height_from_the_axes(self, drawn):
        few, many = (
            drawn(*(Series(f"{number}" * 50, [(30.0 + number, 40.0, "")]) for number in range(count)))
            for count in (1, 12)
        )
        assert many.bbox.height == pytest.approx(few.bbox.height, abs=2)
        assert many.figure.get_figheight() > few.figure.get_figheight() + 1

    def test_short_names_stand_side_by_side(self, drawn):
        texts = legend_of(drawn(*ALL[:3])).get_texts()
        assert len({round(text.get_window_extent().y0) for text in texts}) == 1


def test_the_same_series_give_the_same_bytes():
    images = plot_plane(ALL, title="All systems")
    assert images == plot_plane(ALL, title="All systems")
    with Image.open(io.BytesIO(images.png)) as picture:
        assert picture.width == 1120
        assert picture.height > 800


def test_marks_are_told_apart_on_grey_printers():
    """Where three systems lie at one place, more than one shade is left of them."""
    with Image.open(io.BytesIO(plot_plane([DIGITS, *LOWEST], title="").png)) as picture:
        grey = np.asarray(picture.convert("L"))
    shades = [np.asarray(Image.new("RGB", (1, 1), COLOURS[thing]).convert("L"))[0, 0] for thing in range(3)]
    assert [int((grey == shade).sum()) > 30 for shade in shades] == [True] * 3
