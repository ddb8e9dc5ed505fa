"""Labels beside their points, measured after drawing."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from liftveil.plotting.labels import place_labels

NOTHING = np.empty((0, 2))


@pytest.fixture
def axes():
    figure = Figure(figsize=(5, 4))
    axes = figure.subplots()
    axes.set(xlim=(0, 10), ylim=(0, 10))
    return axes


def boxes(axes, *labels, marks=NOTHING, texts=()):
    """Where the labels are drawn, in pixels."""
    place_labels(axes, labels, marks_px=axes.transData.transform(marks), texts=texts)
    return [text.get_window_extent() for text in axes.texts]


def pixels(axes, *place):
    return axes.transData.transform(place)


def test_a_label_alone_stands_to_the_right_above_its_point(axes):
    [box] = boxes(axes, (5, 5, "alone"))
    x, y = pixels(axes, 5, 5)
    assert 0 < box.x0 - x < 12
    assert 0 < box.y0 - y < 12
    assert [text.get_text() for text in axes.texts] == ["alone"]


def test_points_without_a_text_get_no_label(axes):
    assert boxes(axes, (5, 5, ""), (6, 6, "")) == []


def test_labels_of_neighbours_do_not_cover_each_other(axes):
    crowd = boxes(axes, *((5 + number / 20, 5, f"label {number}") for number in range(6)))
    assert len(crowd) == 6
    assert [one.overlaps(other) for one, other in combinations(crowd, 2)] == [False] * 15


@pytest.mark.parametrize("corner", [(0.1, 0.1), (9.9, 0.1), (0.1, 9.9), (9.9, 9.9)])
def test_no_label_leaves_the_axes(axes, corner):
    [box] = boxes(axes, (*corner, "in a corner"))
    assert (axes.bbox.x0 <= box.x0, box.x1 <= axes.bbox.x1) == (True, True)
    assert (axes.bbox.y0 <= box.y0, box.y1 <= axes.bbox.y1) == (True, True)


def test_marks_stay_visible(axes):
    line = np.stack([np.linspace(5, 8, 100)] * 2, axis=-1)  # to the right above, where a label would stand
    [free] = boxes(axes, (5, 5, "free"))
    [_, box] = boxes(axes, (5, 5, "free"), marks=line)
    assert free.count_contains(axes.transData.transform(line)) > 0
    assert box.count_contains(axes.transData.transform(line)) == 0


def test_other_texts_stay_readable(axes):
    x, y = pixels(axes, 5, 5)
    written = Bbox([[x, y], [x + 60, y + 40]])
    [box] = boxes(axes, (5, 5, "free"), texts=[written])
    assert not box.overlaps(written)


def test_without_room_the_label_is_written_all_the_same(axes):
    everywhere = np.stack(np.meshgrid(np.linspace(0, 10, 100), np.linspace(0, 10, 100)), axis=-1).reshape(-1, 2)
    [box] = boxes(axes, (5, 5, "somewhere"), marks=everywhere)
    assert np.hypot(*(pixels(axes, 5, 5) - (box.x0, box.y0))) < 100


def test_labels_are_plain_text(axes):
    boxes(axes, (5, 5, "$m_2$ 图"))
    assert [text.get_text() for text in axes.texts] == [r"\$m_2\$ ?"]
