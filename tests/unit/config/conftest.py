"""What the tests of this room share: the tables of a complete configuration, and what is said of bad ones."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from liftveil.config import config_from
from liftveil.errors import ConfigError

Table = dict[str, Any]

TABLE: Table = {
    "model": {
        "wavelet": "legall5/3",
        "wavelet_mode": "integer",
        "levels": 2,
        "colour": "reversible",
        "secret_channels": 1,
        "luma_strength": 1.0,
        "chroma_strength": 2.5,
        "learned_strengths": True,
        "blocks": 3,
        "conditioner": "plain",
        "width": 8,
        "mixing": "orthogonal",
        "scale_bound": 0.5,
    },
    "data": {"crop_px": 64, "batch": 4, "ragged": 0.25, "stretch": 0.5, "drawn": 0.1},
    "objective": {
        "unit": 10.0,
        "hiding_mse": 1.0,
        "hiding_log": 0.5,
        "recovery_mse": 0.75,
        "recovery_log": 0.25,
        "recovery_ssim": 5.0,
        "recovery_gradient": 0.1,
        "total_variation": 0.01,
        "out_of_range": 20.0,
        "band_ll": 0.35,
        "band_lh": 0.14,
        "band_hl": 0.15,
        "band_hh": 0.06,
        "band_ll2": 0.2,
    },
    "channel": {
        "rounding": 1.0,
        "shaping": 0.5,
        "noise": 0.1,
        "noise_sigma": 0.5,
        "jpeg": 0.2,
        "jpeg_quality": 80.0,
        "resize": 0.3,
        "resize_factor": 0.75,
    },
    "optimiser": {
        "name": "adamw",
        "rate": 1e-3,
        "warmup_steps": 10,
        "final_share": 0.02,
        "clip_norm": 1.5,
        "ema_decay": 0.99,
    },
    "training": {
        "steps": 100,
        "seed": 7,
        "normalise": False,
        "validate_every": 50,
        "validation_pairs": 6,
        "validation_px": 96,
        "picture_every": 40,
        "checkpoint_every": 25,
    },
    "compute": {
        "accumulate": 3,
        "precision": "bf16-mixed",
        "recompute": "always",
        "compile": True,
        "workers": 5,
        "prefetch": 2,
    },
}


@pytest.fixture
def table() -> Table:
    """Tables of a complete configuration, to be changed at will."""
    return deepcopy(TABLE)


@pytest.fixture(scope="session")
def refusal() -> Callable[[Any], str]:
    """What is said of tables that are no configuration, without the name of the file."""

    def refuse(table: Any) -> str:
        with pytest.raises(ConfigError) as caught:
            config_from(table, "here.toml")
        assert caught.value.path == "here.toml"
        text = str(caught.value)
        assert text.startswith("here.toml: ")
        assert "\n" not in text
        return text.removeprefix("here.toml: ")

    return refuse
