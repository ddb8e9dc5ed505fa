"""Labels of points, each beside its point where it hides the least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import hypot
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from liftveil.plotting.style import INK, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox, BboxBase

_SIDES = ((1, 1), (1, 0), (-1, -1), (-1, 0), (0, 1), (0, -1), (-1, 1), (1, -1))
"""To the right and above is positive; the first is taken if nothing lies there."""

_GAPS_POINTS = (6.0, 12.0, 20.0)
_ROOM_POINTS = 1.0
_TEXT_COST, _OUTSIDE_COST = 20, 1000


def place_labels(
    axes: Axes,
    labels: Sequence[tuple[float, float, str]],
    *,
    marks_px: NDArray[np.float64],
    texts: Sequence[BboxBase] = (),
) -> None:
    """Write labels beside points: clear of marks, of each other and of other texts, as far as there is room.

    Args:
        axes: With their limits, and of the size that they will have.
        labels: Where each point lies, and what to write there; points without a text get none.
        marks_px: What labels should not hide, as points (n, 2) of the figure.
        texts: Where something is written already.
    """
    taken = list(texts)
    for x, y, text in labels:
        if text:
            look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": "small", "color": INK}
            note = axes.annotate(
                printable(text), (x, y), (0, 0), textcoords="offset points", zorder=4, in_layout=False, **look
            )
            taken.append(_settle(axes, note, marks_px, taken))


def _settle(axes: Axes, note: Annotation, marks_px: NDArray[np.float64], taken: Sequence[BboxBase]) -> BboxBase:
    """Move a label to the place that costs least, the first of several."""
    dots = axes.figure.dpi / 72

    def cost(box: BboxBase) -> int:
        hidden = box.padded(_ROOM_POINTS * dots).count_contains(marks_px)
        return hidden + _TEXT_COST * box.count_overlaps(taken) + _OUTSIDE_COST * (not _lies_in(box, axes.bbox))

    centred = note.get_window_extent()
    shifts = list(_shifts(centred.width / dots, centred.height / dots))
    boxes = [centred.translated(x * dots, y * dots) for x, y in shifts]
    best = min(range(len(boxes)), key=lambda place: cost(boxes[place]))
    note.set_position(shifts[best])
    return boxes[best]


def _shifts(width: float, height: float) -> Iterator[tuple[float, float]]:
    """Ways from a point to the middle of a label of that size."""
    for gap, (right, up) in product(_GAPS_POINTS, _SIDES):
        each = gap / hypot(right, up)
        yield right * (each + width / 2), up * (each + height / 2)


def _lies_in(box: BboxBase, frame: Bbox) -> bool:
    return bool(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1)
