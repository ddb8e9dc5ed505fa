"""What figures are made of: lines, and their names and last values where they hide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftveil.plotting.style import INK, PALE, identity, printable, weight

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKS_PER_LINE = 8
_LABEL_POINTS = 11.0
_LABEL_AT, _LABEL_AFTER_MARKER = 1.025, 0.025  # of the axes' width
_LETTERS_ACROSS, _LETTERS_OF_HANDLE = 110, 8
_MOST_DECADES = 5
_FEW_DECADES = 2


class Curve(NamedTuple):
    """Values over steps.

    Attributes:
        steps: In ascending order.
        values: As many.
    """

    steps: NDArray[np.int64]
    values: NDArray[np.float64]


class End(NamedTuple):
    """The last value of a line.

    Attributes:
        value: Where the line ends.
        text: What to write there.
        thing: Number of the thing compared, whose marker goes with the text; None for none.
    """

    value: float
    text: str
    thing: int | None = None


def draw_curve(axes: Axes, curve: Curve, *, thing: int, quantity: int = 0) -> None:
    """Draw a line in the colour and with the marker of a thing, dashed as its quantity demands.

    Args:
        axes: Where.
        curve: The line.
        thing: Number of the thing compared, such as a run.
        quantity: Number of the quantity; the first counts most, and it alone has markers.
    """
    look = {**identity(thing), **weight(quantity)} | ({"marker": ""} if quantity else {})
    marked = np.unique(np.linspace(0, len(curve.steps) - 1, _MARKS_PER_LINE).round().astype(int)).tolist()
    axes.plot(*curve, **look, markevery=marked if len(curve.steps) else None, zorder=2.5 if quantity else 3)


def draw_faint(axes: Axes, curve: Curve, *, thing: int) -> None:
    """Draw noisy values as a background for what they are about.

    Args:
        axes: Where.
        curve: The values.
        thing: Number of the thing compared.
    """
    axes.plot(*curve, color=identity(thing)["color"], alpha=0.25, linewidth=0.7)


def draw_band(axes: Axes, low: Curve, high: Curve, *, thing: int) -> None:
    """Draw the range in which several curves of a thing lie.

    Args:
        axes: Where.
        low: Least values.
        high: Greatest values; the steps that both have count.
        thing: Number of the thing compared.
    """
    steps = np.intersect1d(low.steps, high.steps)
    least, greatest = (edge.values[np.isin(edge.steps, steps)] for edge in (low, high))
    axes.fill_between(steps, least, greatest, color=identity(thing)["color"], alpha=0.2, linewidth=0)


def label_ends(axes: Axes, ends: Sequence[End]) -> None:
    """Write last values to the right of the axes, moved apart where they come close.

    Args:
        axes: With all lines drawn, and of the height that it will have.
        ends: What to write.
    """
    least = _LABEL_POINTS / 72 * axes.figure.dpi / axes.get_window_extent().height
    to_display, to_share = axes.transData, axes.transAxes.inverted()
    places = [float(to_share.transform(to_display.transform((0, end.value)))[1]) for end in ends]
    for end, place in zip(ends, spread(places, least), strict=True):
        x = _LABEL_AT
        if end.thing is not None:
            axes.plot([x], [place], transform=axes.transAxes, clip_on=False, **identity(end.thing))
            x += _LABEL_AFTER_MARKER
        axes.text(x, place, end.text, va="center_baseline", fontsize="small", transform=axes.transAxes)


def spread(places: Sequence[float], least: float) -> list[float]:
    """Move places between 0 and 1 apart, each as little as their order allows.

    Args:
        places: Any numbers.
        least: Distance that neighbours shall have.

    Returns:
        New places in the order of the old ones, whose order by size they keep; they leave 0..1 only where there
        is no room for all.

    References:
        The pool-adjacent-violators algorithm of isotonic regression: Barlow, Bartholomew, Bremner and Brunk,
        "Statistical inference under order restrictions" (1972).
    """
    order = sorted(range(len(places)), key=places.__getitem__)
    pools: list[list[float]] = []
    for rank, which in enumerate(order):
        pools.append([places[which] - rank * least])
        while len(pools) > 1 and np.mean(pools[-2]) >= np.mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    highest = max(0.0, 1 - (len(places) - 1) * least)
    starts = [min(max(float(np.mean(pool)), 0.0), highest) for pool in pools for _ in pool]
    moved = {which: start + rank * least for rank, (which, start) in enumerate(zip(order, starts, strict=True))}
    return [moved[which] for which in range(len(places))]


def name_things(figure: Figure, names: Sequence[str]) -> None:
    """Name the things compared, above all axes.

    Args:
        figure: The figure.
        names: In the order of their numbers.
    """
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **identity(thing)) for thing in range(len(names))]
    texts = [printable(name) for name in names]
    columns = _LETTERS_ACROSS // (max(map(len, texts)) + _LETTERS_OF_HANDLE)
    figure.legend(handles, texts, loc="outside upper left", ncols=max(1, min(columns, 4)), fontsize="large")


def name_marks(figure: Figure, marks: Mapping[str, str]) -> None:
    """Name the marks that stand for events, below all axes.

    Args:
        figure: The figure.
        marks: Markers by name.
    """
    from matplotlib.lines import Line2D

    look: dict[str, Any] = {"color": INK, "linestyle": "", "markerfacecolor": "white"}
    handles = [Line2D([], [], marker=mark, **look) for mark in marks.values()]
    figure.legend(handles, [printable(name) for name in marks], loc="outside lower left", ncols=2)


def name_quantities(axes: Axes, names: Sequence[str]) -> None:
    """Name the quantities, between the axes and their title.

    Args:
        axes: Whose title has room below it.
        names: In the order of their numbers.
    """
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=INK, **weight(quantity)) for quantity in range(len(names))]
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2, "borderpad": 0}
    axes.legend(handles, names, ncols=len(names), columnspacing=1.2, **place)


def use_log_axis(axes: Axes) -> None:
    """Make the vertical axis logarithmic with plain numbers on it; call it when all lines are drawn.

    Args:
        axes: With lines of positive values; at most five decades below the highest are shown.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    axes.set_yscale("log", nonpositive="mask")
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, high / 10**_MOST_DECADES), high)
    few = high / low < 10**_FEW_DECADES
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def say_empty(axes: Axes) -> None:
    """Say that there is nothing to draw.

    Args:
        axes: Without lines.
    """
    axes.text(0.5, 0.5, "no records", ha="center", va="center", color=PALE, transform=axes.transAxes)
    axes.set_yticks([])
