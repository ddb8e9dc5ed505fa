"""The rate-distortion plane of hiding pictures: how well the cover is kept against how well the secret comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from liftveil.plotting.style import GRID, INK, PALE, Images, identity, printable, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SUMS_DB = range(50, 131, 5)
_MARGIN_DB = 1.5


@dataclass(frozen=True)
class Series:
    """Systems that belong together, such as one method at several rates.

    Attributes:
        name: For the legend.
        points: Cover and secret PSNR in dB, and a label or nothing.
        connected: Whether a line runs through the points.
        by_file: Whether the figures were measured through files; others are hollow and pale.
    """

    name: str
    points: Sequence[tuple[float, float, str]]
    connected: bool = False
    by_file: bool = True


def plot_plane(series: Sequence[Series], *, title: str, width_in: float = 7.0, height_in: float = 5.0) -> Images:
    """Draw systems in the plane; diagonal lines join equal sums.

    Args:
        series: At least one, with at least one point.
        title: Above the axes.
        width_in: Width in inches.
        height_in: Height in inches.

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
    for number, one in enumerate(series):
        _draw_series(axes, one, number)
    points = np.array([point[:2] for one in series for point in one.points])
    (left, bottom), (right, top) = points.min(axis=0) - _MARGIN_DB, points.max(axis=0) + _MARGIN_DB
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    _draw_sums(axes)
    axes.legend(loc="best", frameon=True, framealpha=0.9, edgecolor=GRID)


def _draw_series(axes: Axes, series: Series, number: int) -> None:
    look: dict[str, Any] = dict(identity(number)) | {"linestyle": "-" if series.connected else ""}
    look |= {"linewidth": 1.2, "zorder": 3}
    if series.by_file:
        look["markerfacecolor"] = look["color"]
    x, y, labels = zip(*series.points, strict=True)
    axes.plot(x, y, label=printable(series.name), **look)
    for point in zip(x, y, labels, strict=True):
        axes.annotate(
            printable(point[2]), point[:2], (5, 4), textcoords="offset points", fontsize="small", color=INK, zorder=4
        )


def _draw_sums(axes: Axes) -> None:
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    for total in _SUMS_DB:
        if left + bottom < total < right + top:
            axes.plot([left, right], [total - left, total - right], color=GRID, linewidth=1.0, zorder=1)
            x = min(right, total - bottom)
            axes.annotate(
                f"sum {total}", (x, total - x), (-4, 3), textcoords="offset points", ha="right",
                fontsize="x-small", color=PALE, zorder=1,
            )  # fmt: skip
