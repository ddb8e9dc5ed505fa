"""Training: objective, optimiser, loop, checkpoints, journal."""

from liftveil.training.checkpoint import Checkpoint, load_checkpoint
from liftveil.training.loop import CHECKPOINT, JOURNAL, Folders, train
from liftveil.training.objective import TERMS, objective
from liftveil.training.validation import validate

__all__ = [
    "CHECKPOINT",
    "JOURNAL",
    "TERMS",
    "Checkpoint",
    "Folders",
    "load_checkpoint",
    "objective",
    "train",
    "validate",
]
