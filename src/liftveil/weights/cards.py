"""What is known of the shipped models: ``cards.json``, in short what ``docs/models`` says at length."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from liftveil.errors import ModelError

_CARDS = Path(__file__).parent / "cards.json"


@dataclass(frozen=True)
class Card:
    """A model's figures, measured on Kodak-24 through PNG files.

    Attributes:
        purpose: What it is for.
        limits: What it cannot do.
        cover_psnr_db: Mean PSNR of the stego in dB.
        secret_psnr_db: Mean PSNR of what is recovered, in dB.
        embed_s_per_megapixel: Inference alone, on two cores.
        parameters: Numbers that were learned.
        cpu_hours: What training took, with that of the weights it began from.
    """

    purpose: str
    limits: str
    cover_psnr_db: float
    secret_psnr_db: float
    embed_s_per_megapixel: float
    parameters: int
    cpu_hours: float


@lru_cache(maxsize=1)
def cards() -> Mapping[str, Card]:
    """Cards by full name of the release.

    Returns:
        One for each release.

    Raises:
        ModelError: If the file is missing or damaged.
    """
    try:
        table = json.loads(_CARDS.read_text(encoding="utf-8"))
        return {name: Card(**values) for name, values in table.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError("cards", f"{_CARDS} is missing or damaged; reinstall liftveil") from error
