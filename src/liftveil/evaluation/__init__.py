"""Evaluation: what trained networks and their runs are worth, as figures, tables and pictures."""

from liftveil.evaluation.curves import plot_runs
from liftveil.evaluation.output import check_folder, image_paths, save_images
from liftveil.evaluation.runs import Run, read_runs
from liftveil.evaluation.scores import table
from liftveil.evaluation.trial import GRID, Trial, choose_pairs, run_trials

__all__ = [
    "GRID",
    "Run",
    "Trial",
    "check_folder",
    "choose_pairs",
    "image_paths",
    "plot_runs",
    "read_runs",
    "run_trials",
    "save_images",
    "table",
]
