"""What the tests of this room share: tiny configurations, made-up photographs, a network with some noise in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from liftveil.config import Config, config_from
from liftveil.networks import StarINN

TINY: dict[str, dict[str, Any]] = {
    "model": {
        "wavelet": "haar",
        "wavelet_mode": "float",
        "levels": 1,
        "colour": "opponent",
        "luma_strength": 1.0,
        "chroma_strength": 1.0,
        "learned_strengths": False,
        "blocks": 2,
        "conditioner": "plain",
        "width": 4,
        "mixing": "lu",
        "scale_bound": 2.0,
    },
    "data": {"crop_px": 24, "batch": 2, "ragged": 0.5, "stretch": 0.0, "workers": 0},
    "objective": {"hiding_mse": 1.0, "recovery_mse": 1.0, "out_of_range": 20.0},
    "optimiser": {
        "name": "muon",
        "rate": 1e-2,
        "warmup_steps": 4,
        "final_share": 0.1,
        "clip_norm": 1.0,
        "ema_decay": 0.8,
    },
    "training": {
        "steps": 24,
        "seed": 5,
        "normalise": True,
        "validate_every": 6,
        "validation_pairs": 2,
        "checkpoint_every": 8,
    },
}


@pytest.fixture(scope="session")
def tiny_config() -> Callable[..., Config]:
    """Build a small configuration, with changes by section: ``tiny_config(training={"steps": 1})``."""

    def build(**changes: dict[str, Any]) -> Config:
        return config_from({section: values | changes.get(section, {}) for section, values in TINY.items()})

    return build


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of six smooth pictures of 48x40 pixels; read only."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for number in range(6):
        coarse = Image.fromarray(rng.integers(20, 236, (6, 5, 3), dtype=np.uint8))
        coarse.resize((40, 48), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def stirred() -> Callable[..., StarINN]:
    """Build a network whose parameters all carry noise, so that every part of it matters."""

    def build(config: Config, *, seed: int = 1, deviation: float = 0.05) -> StarINN:
        torch.manual_seed(seed)
        model = StarINN(config.model)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += deviation * torch.randn_like(parameter)
        return model

    return build
