"""The shipped models and their table."""

from liftveil.weights.cards import Card, cards
from liftveil.weights.manifest import (
    DEFAULT_MODEL,
    EMBED_FILE,
    EXTRACT_FILE,
    WEIGHTS_FILE,
    Model,
    aliases,
    find_model,
    releases,
)

__all__ = [
    "DEFAULT_MODEL",
    "EMBED_FILE",
    "EXTRACT_FILE",
    "WEIGHTS_FILE",
    "Card",
    "Model",
    "aliases",
    "cards",
    "find_model",
    "releases",
]
