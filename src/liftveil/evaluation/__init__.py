"""Evaluation: what trained networks and their runs are worth, as figures, tables and pictures."""

from liftveil.evaluation.curves import plot_runs
from liftveil.evaluation.runs import Run, read_runs
from liftveil.evaluation.seeds import Seeds, by_seed
from liftveil.evaluation.trial import GRID, Trial, choose_pairs, run_trials

__all__ = [
    "GRID",
    "Run",
    "Seeds",
    "Trial",
    "by_seed",
    "choose_pairs",
    "plot_runs",
    "read_runs",
    "run_trials",
]
