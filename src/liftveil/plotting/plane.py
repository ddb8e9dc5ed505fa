"""The rate-distortion plane of hiding pictures: how well the cover is kept against how well the secret comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from liftveil.plotting.labels import place_labels
from liftveil.plotting.style import GRID, PALE, Images, identity, printable, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_SUMS_DB = range(0, 201, 5)
_SUM_PLACES = np.linspace(0.045, 0.955, 15)  # of the axes' width, from the lower end
_SUM_ROOM = (0.05, 0.035)  # of the axes' sides
_MARGIN_DB = 1.5
_MARKER_ROOM = (0.012, 0.018)  # of the axes' sides
_SIZE_POINTS, _GROWTH_POINTS = 6.5, 4.5
_MOST_COLUMNS = 3
_SAMPLES = np.linspace(0, 1, 33)[:, None]


@dataclass(frozen=True)
class Series:
    """Systems that belong together, such as one method at several rates.

    Attributes:
        name: For the legend.
        points: Cover and secret PSNR in dB, and a label or nothing.
        connected: Whether a line runs through the points.
        by_file: Whether the figures were measured through files; others are hollow.
    """

    name: str
    points: Sequence[tuple[float, float, str]]
    connected: bool = False
    by_file: bool = True

    @property
    def places(self) -> NDArray[np.float64]:
        """The points alone, of shape (n, 2)."""
        return np.array([point[:2] for point in self.points], np.float64).reshape(-1, 2)


def plot_plane(series: Sequence[Series], *, title: str, width_in: float = 7.0, height_in: float = 5.0) -> Images:
    """Draw systems in the plane; diagonal lines join equal sums.

    Args:
        series: At least one, with at least one point. Where several lie at the same place, the later ones are
            larger and surround the earlier ones.
        title: Above the axes.
        width_in: Width in inches.
        height_in: Height in inches, without the legend below.

    Returns:
        The figure.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    return render(partial(_draw, series, title), width_in=width_in, height_in=height_in)


def _draw(series: Sequence[Series], title: str, figure: Figure) -> None:
    axes = figure.subplots()
    axes.set_title(printable(title))
    axes.set_xlabel("cover against stego, PSNR (dB)")
    axes.set_ylabel("secret against recovered, PSNR (dB)")
    places = np.concatenate([one.places for one in series])
    (left, bottom), (right, top) = places.min(axis=0) - _MARGIN_DB, places.max(axis=0) + _MARGIN_DB
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    marks = np.concatenate([_marked(one) for one in series])
    sums = _draw_sums(axes, marks)
    sizes = [_sizes(axes, one, series[:number]) for number, one in enumerate(series)]
    for number in reversed(range(len(series))):  # the first lies above all others
        _draw_series(axes, series[number], _look(series[number], number), sizes[number])
    _name_series(figure, series)
    figure.draw_without_rendering()  # from here on, the axes have their size
    rims = _circles(axes.transData.transform(places), np.concatenate(sizes) / 2 / 72 * figure.dpi)
    labels = [point for one in series for point in one.points]
    marks_px = np.concatenate([axes.transData.transform(marks), rims])
    place_labels(axes, labels, marks_px=marks_px, texts=[text.get_window_extent() for text in sums])


def _look(series: Series, number: int) -> dict[str, Any]:
    """Filled with a white edge, or hollow with an edge in colour."""
    look = identity(number)
    filled = {"markerfacecolor": look["color"], "markeredgecolor": "white"} if series.by_file else {}
    return look | filled | {"linewidth": 1.2, "linestyle": "-" if series.connected else "", "zorder": 3}


def _sizes(axes: Axes, series: Series, earlier: Sequence[Series]) -> NDArray[np.float64]:
    """Of each marker, in points: the larger, the more earlier systems lie at its place."""
    room = np.multiply(_MARKER_ROOM, np.ptp([axes.get_xlim(), axes.get_ylim()], axis=1))
    others = np.concatenate([np.empty((0, 2)), *(one.places for one in earlier)])
    near = (np.abs(series.places[:, None] - others) < room).all(axis=-1)
    return np.asarray(_SIZE_POINTS + _GROWTH_POINTS * near.sum(axis=1), np.float64)


def _draw_series(axes: Axes, series: Series, look: dict[str, Any], sizes: NDArray[np.float64]) -> None:
    if series.connected:
        axes.plot(*series.places.T, **look | {"marker": "", "zorder": 2.5})
    for place, size in zip(series.places, sizes, strict=True):
        axes.plot(*place[:, None], **look | {"markersize": float(size), "linestyle": ""})


def _circles(centres: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Some points (n, 2) of circles."""
    angles = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    around = radii[:, None, None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return np.asarray(centres[:, None] + around, np.float64).reshape(-1, 2)


def _draw_sums(axes: Axes, marks: NDArray[np.float64]) -> list[Text]:
    """Draw lines of equal sums, and their names upon them: near their lower ends, or where no mark hides them."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    width, height = right - left, top - bottom
    room = np.multiply(_SUM_ROOM, (width, height))
    names = []
    for total in _SUMS_DB:
        start, end = max(left, total - top), min(right, total - bottom)
        if start < end:
            axes.plot([start, end], [total - start, total - end], color=GRID, linewidth=1.0, zorder=1)
        for x in end - _SUM_PLACES * width:
            if x - start > _SUM_PLACES[0] * width and not (np.abs(marks - (x, total - x)) < room).all(axis=1).any():
                names.append(_name_sum(axes, float(x), total))
                break
    return names


def _name_sum(axes: Axes, x: float, total: int) -> Text:
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": "x-small", "color": PALE}
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    return axes.text(x, total - x, f"sum {total}", bbox=paper, zorder=1, in_layout=False, **look)


def _name_series(figure: Figure, series: Sequence[Series]) -> None:
    """Name the series below the axes, in as many columns as have room, and make the figure higher by that."""
    from matplotlib.lines import Line2D

    names = [printable(one.name) for one in series]
    handles = [Line2D([], [], **_look(one, number), markersize=_SIZE_POINTS) for number, one in enumerate(series)]
    for columns in range(min(len(names), _MOST_COLUMNS), 0, -1):
        legend = figure.legend(handles, names, loc="outside lower left", ncols=columns, borderpad=0)
        extent = legend.get_window_extent()
        if columns == 1 or extent.width <= figure.bbox.width:
            break
        legend.remove()
    figure.set_figheight(figure.get_figheight() + extent.height / figure.dpi)


def _marked(series: Series) -> NDArray[np.float64]:
    """Where a series has marks: its points, and the line through them."""
    if not series.connected:
        return series.places
    return np.concatenate([series.places, *(a + _SAMPLES * (b - a) for a, b in pairwise(series.places))])
