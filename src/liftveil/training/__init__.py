"""Training: objective, curriculum, optimiser, loop, guard, checkpoints, journal."""

from liftveil.training.checkpoint import Checkpoint, load_checkpoint
from liftveil.training.crops import Sample, validation_pairs
from liftveil.training.exchange import Exchange, exchange
from liftveil.training.journal import TIMES, read_journal
from liftveil.training.loop import train
from liftveil.training.objective import objective
from liftveil.training.preparation import Folders
from liftveil.training.recorder import CHECKPOINT, JOURNAL, Observer
from liftveil.training.terms import TERMS
from liftveil.training.validation import validate

__all__ = [
    "CHECKPOINT",
    "JOURNAL",
    "TERMS",
    "TIMES",
    "Checkpoint",
    "Exchange",
    "Folders",
    "Observer",
    "Sample",
    "exchange",
    "load_checkpoint",
    "objective",
    "read_journal",
    "train",
    "validate",
    "validation_pairs",
]
