"""The shipped models and their table."""

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
    "Model",
    "aliases",
    "find_model",
    "releases",
]
