"""Comparison: what became of covers and secrets, measured on arrays, on files and on folders of them."""

from liftveil.comparison.files import Evaluation, evaluate_secret, evaluate_stego
from liftveil.comparison.folders import Pair, Problem, match_folders
from liftveil.comparison.measures import BIT_PLANES, MEASURES, ROLES, Figures, compare, plain, summary
from liftveil.comparison.scores import score, table
from liftveil.comparison.tables import csv_lines, json_record, text_lines

__all__ = [
    "BIT_PLANES",
    "MEASURES",
    "ROLES",
    "Evaluation",
    "Figures",
    "Pair",
    "Problem",
    "compare",
    "csv_lines",
    "evaluate_secret",
    "evaluate_stego",
    "json_record",
    "match_folders",
    "plain",
    "score",
    "summary",
    "table",
    "text_lines",
]
