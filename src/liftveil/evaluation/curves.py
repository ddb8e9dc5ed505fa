"""The figure of training runs: quality, loss, noise gain, gradient, rate, and what went wrong when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import cycle, product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftveil.evaluation.runs import Run
from liftveil.evaluation.seeds import Seeds
from liftveil.plotting import (
    Curve,
    End,
    Images,
    draw_band,
    draw_curve,
    draw_faint,
    identity,
    label_ends,
    name_marks,
    name_quantities,
    name_things,
    render,
    say_empty,
    use_log_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MEDIANS_ACROSS = 10
_LONGEST_WINDOW = 51
_NOISY = "batches, running median"
_ROOM_FOR_MARKERS = 1.015
_EVENT_MARKS, _EVENT_ROW = ("x", "v", "P", "*"), 0.045


class _Panel(NamedTuple):
    """What one of the axes shows: keys of the journal, the first of them the one that counts."""

    title: str
    unit: str
    keys: tuple[str, ...]
    names: tuple[str, ...] = ()
    digits: str = ".2f"
    log: bool = False
    noisy: bool = False


_PANELS = (
    _Panel("Stego against cover", "PSNR (dB)", ("cover_db",), ("through the file",)),
    _Panel(
        "Recovered against secret",
        "PSNR (dB)",
        ("secret_file_db", "secret_rounded_db", "secret_clipped_db", "secret_float_db"),
        ("through the file", "rounded", "clipped", "float"),
    ),
    _Panel("Loss", _NOISY, ("loss",), digits=".3g", log=True, noisy=True),
    _Panel("Noise gain of extraction", "rms out / rms in", ("noise_gain",)),
    _Panel("Gradient norm before clipping", _NOISY, ("gradient_norm",), digits=".3g", log=True, noisy=True),
    _Panel("Learning rate", "rate", ("rate",), digits=".2g", log=True),
)


def plot_runs(runs: Sequence[Run | Seeds]) -> Images:
    """Draw the curves of training runs.

    Args:
        runs: At least one; of several seeds, the mean is drawn in a band from the least to the greatest value.

    Returns:
        The figure.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    return render(partial(_draw, runs), width_in=10, height_in=9)


def running_median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a noisy curve is about: the median around each value, over a tenth of the curve.

    Args:
        values: Any number of them.

    Returns:
        As many, each of at most 51 values; near the ends, of as many as there are.
    """
    half = min(len(values) // _MEDIANS_ACROSS, _LONGEST_WINDOW) // 2
    return np.array([np.median(values[max(0, i - half) : i + half + 1]) for i in range(len(values))], np.float64)


def _draw(runs: Sequence[Run | Seeds], figure: Figure) -> None:
    grid = figure.subplots(3, 2, sharex=True)
    grid[0, 0].set_xlim(0, _ROOM_FOR_MARKERS * max(1, *(run.last_step for run in runs)))
    grid[0, 0].xaxis.set_major_formatter("{x:,.0f}")
    for panel, axes in zip(_PANELS, grid.flat, strict=True):
        _draw_panel(axes, panel, runs)
    for axes in grid[-1]:
        axes.set_xlabel("step")
    name_things(figure, [run.name for run in runs])
    _mark_events(figure, runs)
    figure.draw_without_rendering()  # from here on, the axes have their heights
    for panel, axes in zip(_PANELS, grid.flat, strict=True):
        label_ends(axes, list(_ends(panel, runs)))


def _draw_panel(axes: Axes, panel: _Panel, runs: Sequence[Run | Seeds]) -> None:
    axes.set_title(panel.title, pad=22 if panel.names else None)
    axes.set_ylabel(panel.unit)
    for number, run in enumerate(runs):
        for quantity, key in enumerate(panel.keys):
            curve = _drawable(panel, run.curve(key))
            if isinstance(run, Seeds) and not quantity:
                low, high = (_shown(panel, _drawable(panel, edge)) for edge in run.band(key))
                draw_band(axes, low, high, thing=number)
            elif panel.noisy:
                draw_faint(axes, curve, thing=number)
            draw_curve(axes, _shown(panel, curve), thing=number, quantity=quantity)
    if panel.names:
        name_quantities(axes, panel.names)
    if not any(len(_drawable(panel, run.curve(key)).steps) for run in runs for key in panel.keys):
        say_empty(axes)
    elif panel.log:
        use_log_axis(axes)


def _drawable(panel: _Panel, curve: Curve) -> Curve:
    """Without what a logarithmic axis has no place for, such as a rate of 0 at the end."""
    kept = curve.values > 0 if panel.log else np.full(curve.values.shape, fill_value=True)
    return Curve(curve.steps[kept], curve.values[kept])


def _shown(panel: _Panel, curve: Curve) -> Curve:
    return Curve(curve.steps, running_median(curve.values)) if panel.noisy else curve


def _ends(panel: _Panel, runs: Sequence[Run | Seeds]) -> Iterator[End]:
    """Last values of the lines that count; of all lines, where there is room for them."""
    keys = panel.keys if len(runs) == 1 else panel.keys[:1]
    for number, run in enumerate(runs):
        for key in keys:
            values = _shown(panel, _drawable(panel, run.curve(key))).values
            if len(values):
                yield End(float(values[-1]), format(values[-1], panel.digits), number if len(runs) > 1 else None)


def _mark_events(figure: Figure, runs: Sequence[Run | Seeds]) -> None:
    """Mark the steps on each horizontal axis, and name the marks below all axes."""
    marks = dict(zip(sorted({kind for run in runs for kind in run.events}), cycle(_EVENT_MARKS), strict=False))
    for axes, (thing, run) in product(figure.axes, enumerate(runs)):
        for height, (kind, mark) in enumerate(marks.items()):
            look = identity(thing) | {"marker": mark, "linestyle": ""} | _on_step_axis(axes)
            if steps := run.events.get(kind):  # an empty line outside the axes would upset their arrangement
                axes.plot(steps, [height * _EVENT_ROW] * len(steps), **look)
    if marks:
        name_marks(figure, marks)


def _on_step_axis(axes: Axes) -> dict[str, Any]:
    """Heights count from the axis, as shares of the axes' height."""
    return {"transform": axes.get_xaxis_transform(), "clip_on": False, "zorder": 5}
