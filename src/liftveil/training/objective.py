"""The objective: the terms with weights from the configuration, which may change while a run goes on."""

from __future__ import annotations

from typing import NamedTuple

import torch

from liftveil.config import ObjectiveConfig
from liftveil.errors import ConfigError
from liftveil.training.exchange import Exchange
from liftveil.training.terms import TERMS, Scalar


class Objective(NamedTuple):
    """What training makes small, and what it is made of.

    Attributes:
        total: Weighted sum of the terms; gradients start here.
        parts: The computed terms by name, without their weights and without gradients: figures to watch.
    """

    total: Scalar
    parts: dict[str, Scalar]


def objective(config: ObjectiveConfig, result: Exchange, progress: float) -> Objective:
    """Weighted sum of the terms; a term whose weight is 0 at this point of the run is not computed.

    Args:
        config: Unit, and weight of each term.
        result: The pictures.
        progress: Share of the run that lies behind, 0..1.

    Returns:
        The sum and its terms.

    Raises:
        ConfigError: If every weight is 0 at this point of the run.
    """
    weights = {name: getattr(config, name).at(progress) for name in TERMS}
    terms = {name: TERMS[name](result, config.unit) for name, weight in weights.items() if weight}
    if not terms:
        raise ConfigError("config", f"every weight of 'objective' is 0 at {progress:.1%} of the run")
    total = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
    return Objective(total, {name: term.detach() for name, term in terms.items()})
