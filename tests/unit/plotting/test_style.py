"""The common look: the same bytes whatever the machine is set to, and things that can be told apart."""

import io
import sys
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from liftveil.errors import MissingExtraError
from liftveil.plotting.style import COLOURS, DASHES, MARKERS, identity, printable, render, weight


def draw_line(figure):
    axes = figure.subplots()
    axes.plot([1, 2, 3], [1, 4, 9], **identity(0))
    axes.set_title("squares")


def rendered():
    return render(draw_line, width_in=4, height_in=3)


def lightness(colour):
    rgb = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return float(rgb2lab(np.array([[rgb]]))[0, 0, 0])


def test_both_files_are_what_they_are_called():
    images = rendered()
    with Image.open(io.BytesIO(images.png)) as picture:
        assert (picture.format, picture.size, picture.info.keys() - {"dpi"}) == ("PNG", (640, 480), set())
    assert ElementTree.fromstring(images.svg).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_same_figure_gives_the_same_bytes():
    assert rendered() == rendered()
    assert b"date" not in rendered().svg.lower()
    assert rendered() != render(lambda _: None, width_in=4, height_in=3)


def test_settings_of_the_user_do_not_matter_and_are_kept():
    before = rendered()
    with matplotlib.rc_context({"axes.facecolor": "black", "font.size": 30, "savefig.dpi": 20, "lines.linewidth": 9}):
        assert rendered() == before
        assert matplotlib.rcParams["axes.facecolor"] == "black"


def test_needs_no_display(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    with matplotlib.rc_context({"backend": "tkagg"}):
        assert rendered().png


def test_missing_matplotlib_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"^plotting needs more packages.*liftveil\[research\]") as refusal:
        rendered()
    assert refusal.value.extra == "research"


def test_neighbours_differ_in_lightness_on_grey_printers():
    around = [*COLOURS, COLOURS[0]]
    assert min(abs(lightness(a) - lightness(b)) for a, b in pairwise(around)) > 8
    assert max(map(lightness, COLOURS)) < 75  # on white paper


def test_things_are_told_apart_by_colour_and_marker():
    looks = [(identity(thing)["color"], identity(thing)["marker"]) for thing in range(len(COLOURS) * len(MARKERS))]
    assert len(set(looks)) == len(looks)
    assert looks[0] == (COLOURS[0], MARKERS[0])
    assert identity(len(looks)) == identity(0)


def test_the_first_quantity_is_solid_and_stands_out():
    widths = [weight(quantity)["linewidth"] for quantity in range(len(DASHES))]
    assert weight(0)["linestyle"] == "solid"
    assert widths[0] > max(widths[1:])
    assert len({str(weight(quantity)["linestyle"]) for quantity in range(len(DASHES))}) == len(DASHES)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("starinn-1 (b)", "starinn-1 (b)"),
        ("Größe Ωж", "Größe Ωж"),
        ("图\n\udcff", "???"),
        ("$x$", r"\$x\$"),
        ("a" * 80, "a" * 80),
        ("b" + "a" * 80, "..." + "a" * 77),
    ],
)
def test_names_are_plain_text(name, text):
    assert printable(name) == text


@pytest.mark.parametrize("name", ["$x", "$x$", "$\\frac$", "_hidden", "a_b^c", "图\n", "Ωж"])
def test_any_name_can_be_drawn(name):
    def draw(figure):
        figure.subplots().set_title(printable(name))

    assert render(draw, width_in=4, height_in=3) != render(lambda figure: figure.subplots(), width_in=4, height_in=3)
