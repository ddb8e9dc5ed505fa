"""Research: networks and classical systems measured by one protocol, through files, with everything to look at."""

from liftveil.research.attacks import FAMILIES, Family
from liftveil.research.figures import plot_studies
from liftveil.research.pairs import Loaded, Pair, load_pair, pairs_of
from liftveil.research.protocol import exchange, scores_of
from liftveil.research.record import record_of, together
from liftveil.research.report import RECORD, REPORT, check_extras, write_report
from liftveil.research.study import Findings, Observer, Study, default_processes, run_study
from liftveil.research.systems import CLASSICAL, System, find_system, network

__all__ = [
    "CLASSICAL",
    "FAMILIES",
    "RECORD",
    "REPORT",
    "Family",
    "Findings",
    "Loaded",
    "Observer",
    "Pair",
    "Study",
    "System",
    "check_extras",
    "default_processes",
    "exchange",
    "find_system",
    "load_pair",
    "network",
    "pairs_of",
    "plot_studies",
    "record_of",
    "run_study",
    "scores_of",
    "together",
    "write_report",
]
