"""One look for every figure: for colour-blind readers and grey printers too, and the same bytes every time.

References:
    Okabe and Ito, "Color Universal Design" (2002): the colours; their yellow is left out, too pale for lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from liftveil.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#000000", "#D55E00", "#56B4E9", "#CC79A7")
"""For the things compared, such as runs; the lightness of neighbours differs, too."""

MARKERS = ("o", "s", "^", "D", "v", "P")
"""Beside the colours; one fewer, so that pairs repeat late."""

DASHES: tuple[Any, ...] = ("solid", (0, (1, 1.4)), (0, (4, 1.4, 1, 1.4)), (0, (5, 2)))
"""For the quantities of one thing; the first is the one that counts."""

INK, PALE, GRID = "#262626", "#767676", "#E3E3E3"

_DOTS_PER_INCH = 160
_FIRST_UNKNOWN = "\u0590"  # Latin, Greek and Cyrillic lie below
_LONGEST_NAME = 80
_LOOK = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that letters are the same everywhere
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": PALE,
    "axes.labelcolor": PALE,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.8,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlepad": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": PALE,
    "ytick.color": PALE,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "lines.linewidth": 1.7,
    "lines.markersize": 4.5,
    "lines.markeredgewidth": 0.8,
    "lines.dash_capstyle": "round",
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 2.6,
    "figure.constrained_layout.h_pad": 0.1,
    "figure.constrained_layout.w_pad": 0.1,
    "svg.fonttype": "path",
    "svg.hashsalt": "liftveil",
}
_FORMATS: dict[str, dict[str, Any]] = {
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "png": {"metadata": {"Software": None}, "dpi": _DOTS_PER_INCH},
}


class Images(NamedTuple):
    """A figure as files.

    Attributes:
        svg: For pages and papers.
        png: For everything else.
    """

    svg: bytes
    png: bytes


def render(draw: Callable[[Figure], None], *, width_in: float, height_in: float) -> Images:
    """Draw a figure in the common look, without any display.

    Args:
        draw: Puts everything into an empty figure, which arranges its axes by itself.
        width_in: Width in inches.
        height_in: Height in inches.

    Returns:
        The same bytes for the same figure and version of matplotlib.

    Raises:
        MissingExtraError: If matplotlib is not installed.
    """
    with _look():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        draw(figure)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # arranged once, both files alike
        return Images(**{name: _saved(figure, name) for name in _FORMATS})


def identity(thing: int) -> dict[str, Any]:
    """Colour and marker of a thing.

    Args:
        thing: Its number among the things compared.

    Returns:
        Properties of a line.
    """
    colour, marker = COLOURS[thing % len(COLOURS)], MARKERS[thing % len(MARKERS)]
    return {"color": colour, "marker": marker, "markerfacecolor": "white"}


def weight(quantity: int) -> dict[str, Any]:
    """Dashes and width of a quantity.

    Args:
        quantity: Its number among the quantities.

    Returns:
        Properties of a line.
    """
    return {"linestyle": DASHES[quantity], "linewidth": 1.1 if quantity else 1.9}


def printable(name: str) -> str:
    r"""A name as plain text of a figure.

    Args:
        name: For example of a folder.

    Returns:
        The text for matplotlib: what the font lacks is a question mark, dollars begin no formula, and of a long
        name the end is shown.
    """
    known = "".join(letter if letter.isprintable() and letter < _FIRST_UNKNOWN else "?" for letter in name)
    short = known if len(known) <= _LONGEST_NAME else "..." + known[3 - _LONGEST_NAME :]
    return short.replace("$", r"\$")


@contextmanager
def _look() -> Iterator[None]:
    """Matplotlib's defaults, whatever the user's are, with our own on top."""
    try:
        from matplotlib import style
    except ModuleNotFoundError as error:
        raise MissingExtraError("research", "plotting") from error
    with style.context(["default", _LOOK]):
        yield


def _saved(figure: Figure, name: str) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format=name, **_FORMATS[name])
    return buffer.getvalue()
