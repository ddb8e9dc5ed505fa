"""Training: objective, curriculum, optimiser, loop, guard, checkpoints, journal."""

from liftveil.training.budget import parse_bytes
from liftveil.training.checkpoint import Checkpoint, load_checkpoint
from liftveil.training.exchange import Exchange, exchange
from liftveil.training.journal import TIMES, read_journal
from liftveil.training.loop import train
from liftveil.training.measuring import Activations, Measurement
from liftveil.training.objective import objective
from liftveil.training.preparation import Folders
from liftveil.training.profiling import Profile, profile
from liftveil.training.recorder import CHECKPOINT, JOURNAL, Observer
from liftveil.training.stopwatch import Part
from liftveil.training.terms import TERMS
from liftveil.training.validation import validate

__all__ = [
    "CHECKPOINT",
    "JOURNAL",
    "TERMS",
    "TIMES",
    "Activations",
    "Checkpoint",
    "Exchange",
    "Folders",
    "Measurement",
    "Observer",
    "Part",
    "Profile",
    "exchange",
    "load_checkpoint",
    "objective",
    "parse_bytes",
    "profile",
    "read_journal",
    "train",
    "validate",
]
