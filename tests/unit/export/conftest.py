"""What the tests of this room share: small networks with noise in every part, and one export of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from liftveil.config import Config
from liftveil.export import export_model
from liftveil.networks import StarINN

FACTS = {"liftveil": "0.0", "steps": "7", "note": "ä"}


@pytest.fixture(scope="session")
def stirred(tiny_config: Callable[..., Config]) -> Callable[..., StarINN]:
    """Build a small network whose parameters all carry noise."""

    def build(**changes: Any) -> StarINN:
        torch.manual_seed(0)
        model = StarINN(tiny_config(model={"blocks": 1, "chroma_strength": 1.5} | changes).model)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 0.05 * torch.randn_like(parameter)
        return model

    return build


@pytest.fixture(scope="session")
def model(stirred: Callable[..., StarINN]) -> StarINN:
    """Two levels, two blocks, star conditioners, shaped noise."""
    model = stirred(levels=2, blocks=2, conditioner="star", learned_strengths=True)
    factor = torch.randn(len(model.rounding_metric), 96) / 8
    model.rounding_metric += factor @ factor.T
    return model


@pytest.fixture(scope="session")
def facts() -> dict[str, str]:
    return FACTS


@pytest.fixture(scope="session")
def exported(model: StarINN, facts: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The three files of the model."""
    return export_model(model, tmp_path_factory.mktemp("models") / "made" / "here", facts=facts, force=False)
