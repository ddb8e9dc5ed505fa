"""The figure of training runs, looked at before it becomes pixels."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from scipy.ndimage import median_filter

from liftveil.evaluation import curves
from liftveil.evaluation.curves import plot_runs, running_median
from liftveil.evaluation.runs import Run
from liftveil.evaluation.seeds import Seeds
from liftveil.plotting.style import COLOURS, MARKERS

TITLES = [
    "Stego against cover",
    "Recovered against secret",
    "Loss",
    "Noise gain of extraction",
    "Gradient norm before clipping",
    "Learning rate",
]
COVER, SECRET, LOSS, GAIN, GRADIENT, RATE = range(6)


@pytest.fixture
def drawn(monkeypatch):
    """Draw runs and give the figure instead of its pixels."""

    def draw(*runs):
        figure = Figure(figsize=(10, 9))  # not arranged, which would take most of the time
        monkeypatch.setattr(curves, "render", lambda paint, **_: paint(figure))
        plot_runs(runs)
        return figure

    return draw


def lines(axes):
    """The lines over steps; labels and events are drawn elsewhere."""
    return [line for line in axes.lines if line.get_transform() == axes.transData]


def events(axes):
    return [line for line in axes.lines if line.get_linestyle() == "None"]


def labels(axes):
    return [text.get_text() for text in axes.texts]


def names(figure):
    return [[text.get_text() for text in legend.get_texts()] for legend in figure.legends]


def test_panels_say_what_they_show_and_in_which_unit(drawn, run_of):
    figure = drawn(run_of("mine"))
    assert [axes.get_title() for axes in figure.axes] == TITLES
    assert [axes.get_ylabel() for axes in figure.axes][:2] == ["PSNR (dB)"] * 2
    assert all(axes.get_ylabel() for axes in figure.axes)
    assert [axes.get_xlabel() for axes in figure.axes] == [""] * 4 + ["step"] * 2
    assert [axes.get_yscale() for axes in figure.axes] == ["linear", "linear", "log", "linear", "log", "log"]
    assert names(figure) == [["mine"]]


def test_the_secret_has_a_line_for_each_loss_on_the_way(drawn, run_of):
    axes = drawn(run_of()).axes[SECRET]
    assert [line.get_ydata().tolist() for line in lines(axes)] == [[32 + k, 33 + k, 34 + k, 35 + k] for k in range(4)]
    assert [line.is_dashed() for line in lines(axes)] == [False, True, True, True]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "through the file",
        "rounded",
        "clipped",
        "float",
    ]
    assert labels(axes) == ["35.00", "36.00", "37.00", "38.00"]


def test_batches_stand_faint_behind_their_median(drawn, run_of):
    for panel in (LOSS, GRADIENT):
        batches, median = lines(drawn(run_of()).axes[panel])
        assert batches.get_xdata().tolist() == list(range(10, 201, 10))
        assert batches.get_alpha() < 0.5
        assert median.get_alpha() is None


def test_each_run_has_its_colour_and_marker(drawn, run_of):
    figure = drawn(run_of("a"), run_of("b", gain=6.0))
    assert names(figure) == [["a", "b"]]
    assert [line.get_ydata()[0] for line in lines(figure.axes[GAIN])] == [7.0, 6.0]
    assert [line.get_color() for line in lines(figure.axes[GAIN])] == list(COLOURS[:2])
    assert [line.get_marker() for line in lines(figure.axes[GAIN])] == list(MARKERS[:2])
    assert labels(figure.axes[SECRET]) == ["35.00", "35.00"]  # of the files only, else they would be too many


def test_no_line_leaves_its_axes(drawn, run_of):
    figure = drawn(run_of("a"), run_of("b"))
    assert [axes.get_xlim() for axes in figure.axes] == [pytest.approx((0, 200 * 1.015))] * 6
    for axes in figure.axes:
        low, high = axes.get_ylim()
        assert all(low < line.get_ydata().min() and line.get_ydata().max() < high for line in lines(axes))


def test_events_are_marked_on_every_step_axis_and_named(drawn, run_of):
    figure = drawn(run_of("a"), run_of("b", events={"skipped": [33, 44], "went back": [45]}))
    assert names(figure) == [["a", "b"], ["skipped", "went back"]]
    for axes in figure.axes:
        skipped, back = events(axes)
        assert (list(skipped.get_xdata()), list(back.get_xdata())) == ([33, 44], [45])
        assert {skipped.get_color(), back.get_color()} == {COLOURS[1]}
        assert skipped.get_marker() != back.get_marker()
        assert [0 <= share < 0.1 for share in (*skipped.get_ydata(), *back.get_ydata())] == [True] * 3


def test_more_kinds_of_events_than_marks(drawn, run_of):
    kinds = [f"kind {number}" for number in range(6)]
    figure = drawn(run_of(events={kind: [50] for kind in kinds}))
    assert names(figure)[1] == kinds
    assert len(events(figure.axes[0])) == 6


def test_a_rate_of_zero_ends_the_line_before_it(drawn):
    records = [{"step": step, "rate": rate} for step, rate in ((10, 1e-2), (20, 1e-3), (30, 0.0))]
    axes = drawn(Run("run", records, {})).axes[RATE]
    assert [line.get_xdata().tolist() for line in lines(axes)] == [[10, 20]]
    assert labels(axes) == ["0.001"]


def test_panels_without_records_say_so(drawn):
    figure = drawn(Run("run", [{"step": 10, "cover_db": 30.0, "loss": 0.0}], {}))
    assert [labels(axes) for axes in figure.axes] == [["30.00"], *[["no records"]] * 5]


@pytest.mark.parametrize("records", [[{"step": 0, "loss": 1.0}], [{"step": 5, "loss": 1.0}]])
def test_a_single_record_is_enough(drawn, records):
    [batches, median] = lines(drawn(Run("run", records, {})).axes[LOSS])
    assert batches.get_ydata().tolist() == median.get_ydata().tolist() == [1.0]


def test_the_same_runs_give_the_same_bytes(run_of):
    images = plot_runs([run_of("a", events={"skipped": [10]}), run_of("b")])
    assert images == plot_runs([run_of("a", events={"skipped": [10]}), run_of("b")])
    with Image.open(io.BytesIO(images.png)) as picture:
        assert picture.size == (1600, 1440)
        assert picture.convert("RGB").getcolors(1 << 20)


class TestSeeds:
    @pytest.fixture
    def seeds(self, run_of):
        """Two runs whose noise gains are 6 and 8."""
        events = {"skipped": [33]}
        return Seeds("mine, 2 seeds", [run_of("a", gain=6.0, events=events), run_of("b", gain=8.0, events=events)])

    def band(self, axes):
        """Least and greatest value of the only band."""
        [band] = axes.collections
        heights = band.get_paths()[0].vertices[:, 1]
        return heights.min(), heights.max()

    def test_are_a_mean_in_a_band(self, drawn, seeds):
        figure = drawn(seeds)
        [mean] = lines(figure.axes[GAIN])
        assert mean.get_xydata().tolist() == [[step, 7.0] for step in (50, 100, 150, 200)]
        assert self.band(figure.axes[GAIN]) == (6.0, 8.0)
        assert names(figure)[0] == ["mine, 2 seeds"]
        assert labels(figure.axes[GAIN]) == ["7.00"]

    def test_have_a_band_around_the_quantity_that_counts_alone(self, drawn, seeds):
        axes = drawn(seeds).axes[SECRET]
        assert len(lines(axes)) == 4
        assert self.band(axes) == (32.0, 35.0)

    def test_have_a_band_in_place_of_single_batches(self, drawn, seeds):
        for panel in (LOSS, GRADIENT):
            axes = drawn(seeds).axes[panel]
            assert [line.get_alpha() for line in lines(axes)] == [None]
            assert len(axes.collections) == 1

    def test_mark_the_events_of_all_runs(self, drawn, seeds):
        figure = drawn(seeds)
        assert [list(line.get_xdata()) for line in events(figure.axes[COVER])] == [[33, 33]]
        assert names(figure)[1] == ["skipped"]

    def test_stand_beside_single_runs_in_colours_of_their_own(self, drawn, seeds, run_of):
        figure = drawn(seeds, run_of("alone"))
        axes = figure.axes[GAIN]
        assert [line.get_color() for line in lines(axes)] == list(COLOURS[:2])
        assert self.band(axes) == (6.0, 8.0)
        assert names(figure)[0] == ["mine, 2 seeds", "alone"]

    def test_of_different_lengths_end_with_the_shorter_one(self, drawn):
        runs = [
            Run(name, [{"step": step, "rate": rate} for step in range(10, last + 1, 10)], {})
            for name, rate, last in (("a", 1e-3, 50), ("b", 3e-3, 30))
        ]
        axes = drawn(Seeds("both", runs)).axes[RATE]
        [mean] = lines(axes)
        np.testing.assert_allclose(mean.get_xydata(), [[10, 2e-3], [20, 2e-3], [30, 2e-3]])
        assert axes.get_xlim() == pytest.approx((0, 50 * 1.015))

    def test_of_which_one_lacks_a_key_say_so(self, drawn, run_of):
        bare = Run("bare", [{"step": 50, "cover_db": 30.0}], {})
        figure = drawn(Seeds("both", [run_of("a"), bare]))
        assert [labels(axes) for axes in figure.axes] == [["30.50"], *[["no records"]] * 5]

    def test_a_rate_of_zero_of_one_run_is_drawn_as_far_as_it_can_be(self, drawn):
        rates = {"a": (1e-2, 1e-3, 0.0), "b": (1e-2, 3e-3, 2e-3)}
        runs = [
            Run(name, [{"step": 10 * number, "rate": rate} for number, rate in enumerate(values, start=1)], {})
            for name, values in rates.items()
        ]
        axes = drawn(Seeds("both", runs)).axes[RATE]
        assert [line.get_xdata().tolist() for line in lines(axes)] == [[10, 20, 30]]
        assert self.band(axes) == (1e-3, 1e-2)


@pytest.mark.parametrize(("count", "half"), [(1, 0), (15, 0), (30, 1), (130, 6), (5000, 25)])
def test_running_median(count, half):
    values = np.random.default_rng(0).normal(size=count)
    found = running_median(values)
    expected = median_filter(values, size=2 * half + 1)
    np.testing.assert_array_equal(found[half : count - half], expected[half : count - half])
    assert found[0] == np.median(values[: half + 1])
    assert found[-1] == np.median(values[count - half - 1 :])


def test_running_median_of_nothing():
    assert running_median(np.array([])).shape == (0,)
