"""Embedding and extraction: any pictures in, the right carrier and model picked, notices told."""

from liftveil.api.exact import (
    DEFAULT_LEAST_DB,
    ExactEmbedding,
    ExactExtraction,
    embed_exact_file,
    embed_exact_picture,
    extract_exact,
    find_exact,
    room_for,
)
from liftveil.api.face import (
    CARRIERS,
    Carrier,
    HiddenFile,
    LiftveilNotice,
    embed,
    embed_bytes,
    extract,
    extract_bytes,
    save,
)
from liftveil.api.neural import Embedding, Extraction, embed_pictures, extract_picture, likeness, plausibility
from liftveil.exact.expected import expected_secret

__all__ = [
    "CARRIERS",
    "DEFAULT_LEAST_DB",
    "Carrier",
    "Embedding",
    "ExactEmbedding",
    "ExactExtraction",
    "Extraction",
    "HiddenFile",
    "LiftveilNotice",
    "embed",
    "embed_bytes",
    "embed_exact_file",
    "embed_exact_picture",
    "embed_pictures",
    "expected_secret",
    "extract",
    "extract_bytes",
    "extract_exact",
    "extract_picture",
    "find_exact",
    "likeness",
    "plausibility",
    "room_for",
    "save",
]
