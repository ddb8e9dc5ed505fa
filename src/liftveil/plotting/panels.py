"""Panels beside each other: ranges over a strength, histograms, bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from liftveil.plotting.style import DASHES, INK, PALE, Images, identity, printable, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Draw = Callable[["Axes"], None]


@dataclass(frozen=True)
class Ranges:
    """A figure over the strength of something, with what it was at worst and at best.

    Attributes:
        title: Above the panel.
        xlabel: What the strengths are.
        strengths: In the order in which they are drawn, evenly spaced, since they are no amounts of one thing.
        mean: One for each strength.
        low: The same, at worst.
        high: The same, at best.
    """

    title: str
    xlabel: str
    strengths: Sequence[float]
    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def plot_ranges(panels: Sequence[Ranges], *, ylabel: str, reference: float, reference_name: str) -> Images:
    """Draw ranges in panels of one scale.

    Args:
        panels: At least one.
        ylabel: What the figures are.
        reference: A level to compare with.
        reference_name: What it is.

    Returns:
        The figure.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    draws = [partial(_draw_ranges, panel, reference) for panel in panels]
    named = f"{ylabel}; dashed: {reference_name}"
    return plot_panels(draws, columns=3, ylabel=named, sharey=True)


def plot_panels(draws: Sequence[Draw], *, columns: int, ylabel: str = "", sharey: bool = False) -> Images:
    """Draw panels in rows.

    Args:
        draws: At least one; each fills its axes.
        columns: Panels in a row.
        ylabel: Left of all of them.
        sharey: Whether they have one vertical scale.

    Returns:
        The figure.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    rows = -(-len(draws) // columns)

    def fill(figure: Figure) -> None:
        grid = figure.subplots(rows, columns, sharey=sharey, squeeze=False)
        for axes in grid.flat[len(draws) :]:
            axes.set_visible(False)
        for draw, axes in zip(draws, grid.flat, strict=False):
            draw(axes)
        if ylabel:
            figure.supylabel(ylabel, fontsize="medium", color=PALE)

    return render(fill, width_in=10, height_in=2.6 * rows + 0.3)


def draw_bars(
    axes: Axes, groups: Mapping[str, Sequence[float]], names: Sequence[str], *, title: str, ylabel: str
) -> None:
    """Draw bars side by side.

    Args:
        axes: Where.
        groups: Heights by what they are of.
        names: Of the bars in each group.
        title: Above the panel.
        ylabel: What the heights are.
    """
    width = 0.8 / len(groups)
    for number, (group, heights) in enumerate(groups.items()):
        places = np.arange(len(names)) + (number - (len(groups) - 1) / 2) * width
        axes.bar(places, heights, width, label=printable(group), **_fill(number))
    axes.set_xticks(range(len(names)), [printable(name) for name in names])
    axes.grid(visible=False, axis="x")
    _finish(axes, title, ylabel, things=len(groups))


def draw_steps(
    axes: Axes, curves: Mapping[str, Sequence[float]], places: Sequence[float], *, title: str, xlabel: str, log: bool
) -> None:
    """Draw histograms as steps.

    Args:
        axes: Where.
        curves: Shares by what they are of.
        places: Where the shares belong.
        title: Above the panel.
        xlabel: What the places are.
        log: Whether the vertical axis is logarithmic.
    """
    for number, (name, shares) in enumerate(curves.items()):
        look = {"color": identity(number)["color"], "linestyle": DASHES[-number % len(DASHES)]}
        axes.step(places, shares, where="mid", label=printable(name), **look)
    axes.set_xlabel(xlabel)
    if log:
        axes.set_yscale("log")
    _finish(axes, title, "share of samples", things=len(curves))


def _draw_ranges(panel: Ranges, reference: float, axes: Axes) -> None:
    places = np.arange(len(panel.strengths))
    look: dict[str, Any] = identity(0)
    axes.axhline(reference, color=INK, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.fill_between(places, panel.low, panel.high, color=look["color"], alpha=0.18, linewidth=0)
    axes.plot(places, panel.mean, **look)
    axes.set_xticks(places, [f"{strength:g}" for strength in panel.strengths])
    axes.set_xlabel(panel.xlabel)
    axes.set_title(panel.title)


def _fill(number: int) -> dict[str, Any]:
    """Colours that differ in lightness, and hatches beside them for grey printers."""
    return {
        "color": identity(number)["color"],
        "hatch": ("", "///", "...")[number % 3],
        "edgecolor": "white",
        "linewidth": 0.5,
    }


def _finish(axes: Axes, title: str, ylabel: str, *, things: int) -> None:
    """Write what is drawn, with the names of several things between the axes and their title."""
    axes.set_title(title, pad=22 if things > 1 else None)
    axes.set_ylabel(ylabel)
    if things > 1:
        place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2, "borderpad": 0}
        axes.legend(ncols=things, columnspacing=1.2, **place)
