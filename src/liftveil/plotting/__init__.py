"""Figures in one look, readable in grey and by colour-blind people: their pieces, and their files."""

from liftveil.plotting.files import image_paths, save_images
from liftveil.plotting.lines import (
    Curve,
    End,
    draw_band,
    draw_curve,
    draw_faint,
    label_ends,
    name_marks,
    name_quantities,
    name_things,
    say_empty,
    use_log_axis,
)
from liftveil.plotting.panels import Ranges, draw_bars, draw_steps, plot_panels, plot_ranges
from liftveil.plotting.plane import Series, plot_plane
from liftveil.plotting.style import Images, identity, printable, render, weight

__all__ = [
    "Curve",
    "End",
    "Images",
    "Ranges",
    "Series",
    "draw_band",
    "draw_bars",
    "draw_curve",
    "draw_faint",
    "draw_steps",
    "identity",
    "image_paths",
    "label_ends",
    "name_marks",
    "name_quantities",
    "name_things",
    "plot_panels",
    "plot_plane",
    "plot_ranges",
    "printable",
    "render",
    "save_images",
    "say_empty",
    "use_log_axis",
    "weight",
]
