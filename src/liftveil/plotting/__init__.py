"""Figures in one look, readable in grey and by colour-blind people: their pieces, and their files."""

from liftveil.plotting.files import image_paths, save_images
from liftveil.plotting.lines import (
    Curve,
    End,
    draw_curve,
    draw_faint,
    label_ends,
    name_marks,
    name_quantities,
    name_things,
    say_empty,
    use_log_axis,
)
from liftveil.plotting.style import Images, identity, printable, render, weight

__all__ = [
    "Curve",
    "End",
    "Images",
    "draw_curve",
    "draw_faint",
    "identity",
    "image_paths",
    "label_ends",
    "name_marks",
    "name_quantities",
    "name_things",
    "printable",
    "render",
    "save_images",
    "say_empty",
    "use_log_axis",
    "weight",
]
