"""What tests of several rooms share: tiny configurations, and folders of pictures whose pixels tell where they were."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from liftveil.config import Config, config_from

Pictures = list[NDArray[np.uint8]]

TINY: dict[str, dict[str, Any]] = {
    "model": {
        "wavelet": "haar",
        "wavelet_mode": "float",
        "levels": 1,
        "colour": "opponent",
        "secret_channels": 3,
        "luma_strength": 1.0,
        "chroma_strength": 1.0,
        "learned_strengths": False,
        "blocks": 2,
        "conditioner": "plain",
        "width": 4,
        "mixing": "lu",
        "scale_bound": 2.0,
    },
    "data": {"crop_px": 24, "batch": 2, "ragged": 0.5, "stretch": 0.0, "drawn": 0.0},
    "objective": {
        "unit": 10.0,
        "hiding_mse": 1.0,
        "hiding_log": 0.0,
        "recovery_mse": 1.0,
        "recovery_log": 0.0,
        "recovery_ssim": 0.0,
        "recovery_gradient": 0.0,
        "total_variation": 0.0,
        "out_of_range": 20.0,
        "band_ll": 0.0,
        "band_lh": 0.0,
        "band_hl": 0.0,
        "band_hh": 0.0,
        "band_ll2": 0.0,
    },
    "channel": {
        "rounding": 1.0,
        "shaping": 0.0,
        "noise": 0.0,
        "noise_sigma": 0.0,
        "jpeg": 0.0,
        "jpeg_quality": 100.0,
        "resize": 0.0,
        "resize_factor": 1.0,
    },
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
        "validation_px": 32,
        "picture_every": 0,
        "checkpoint_every": 8,
    },
    "compute": {
        "accumulate": 1,
        "precision": "32",
        "recompute": "never",
        "compile": False,
        "workers": 0,
        "prefetch": 2,
    },
}


@pytest.fixture(scope="session")
def tiny_config() -> Callable[..., Config]:
    """Build a small configuration, with changes by section: ``tiny_config(training={"steps": 1})``."""

    def build(**changes: dict[str, Any]) -> Config:
        return config_from({section: values | changes.get(section, {}) for section, values in TINY.items()})

    return build


@pytest.fixture
def made_folder(tmp_path: Path) -> Callable[..., tuple[Path, Pictures]]:
    """Write pictures: red counts rows, green counts columns, blue is the picture's number."""

    def make(*sizes: tuple[int, int]) -> tuple[Path, Pictures]:
        folder = tmp_path / "pictures"
        folder.mkdir()
        pictures = []
        for number, (height, width) in enumerate(sizes):
            rows, columns = np.indices((height, width))
            pictures.append(np.stack([rows, columns, np.full_like(rows, number)], axis=-1).astype(np.uint8))
            Image.fromarray(pictures[-1]).save(folder / f"{number:02}.png")
        return folder, pictures

    return make
