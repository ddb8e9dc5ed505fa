"""What the tests of this room share: journals, checkpoints of tiny networks, made-up photographs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from liftveil.config import config_from
from liftveil.evaluation.runs import Run
from liftveil.training import Checkpoint, load_checkpoint
from liftveil.training.checkpoint import save_checkpoint
from liftveil.training.state import fresh_state

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
    "data": {"crop_px": 24, "batch": 2, "ragged": 0.0, "stretch": 0.0},
    "objective": {
        "unit": 10.0,
        "hiding_mse": 1.0,
        "recovery_mse": 1.0,
        **dict.fromkeys(("recovery_ssim", "recovery_gradient", "total_variation", "out_of_range"), 0.0),
        **dict.fromkeys(("band_ll", "band_lh", "band_hl", "band_hh", "band_ll2"), 0.0),
    },
    "channel": {
        "rounding": 1.0,
        **dict.fromkeys(("noise", "noise_sigma", "jpeg", "resize"), 0.0),
        "jpeg_quality": 100.0,
        "resize_factor": 1.0,
    },
    "optimiser": {
        "name": "adamw",
        "rate": 1e-3,
        "warmup_steps": 1,
        "final_share": 0.1,
        "clip_norm": 1.0,
        "ema_decay": 0.9,
    },
    "training": {
        "steps": 8,
        "seed": 3,
        "normalise": False,
        "validate_every": 4,
        "validation_pairs": 2,
        "validation_px": 32,
        "picture_every": 0,
        "checkpoint_every": 4,
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


@pytest.fixture
def checkpoint_of(tmp_path: Path) -> Callable[..., Checkpoint]:
    """Save and load a checkpoint whose averaged weights carry noise, and whose others are another network's."""

    def make(name: str = "checkpoint.safetensors", **model: Any) -> Checkpoint:
        config = config_from(TINY | {"model": TINY["model"] | model})
        state = fresh_state(config)
        state.step = 7
        with torch.no_grad():
            for parameter in state.averaged.parameters():
                parameter += 0.05 * torch.randn_like(parameter)
        save_checkpoint(tmp_path / name, state, config=config, journal_bytes=0)
        return load_checkpoint(tmp_path / name)

    return make


@pytest.fixture
def photos(tmp_path: Path) -> Callable[..., list[Path]]:
    """Write smooth pictures of given (height, width)."""

    def make(*sizes: tuple[int, int]) -> list[Path]:
        folder = tmp_path / "photos"
        folder.mkdir()
        rng = np.random.default_rng(0)
        paths = [folder / f"{number}.png" for number in range(len(sizes))]
        for path, (height, width) in zip(paths, sizes, strict=True):
            coarse = Image.fromarray(rng.integers(20, 236, (4, 5, 3), dtype=np.uint8))
            coarse.resize((width, height), Image.Resampling.BICUBIC).save(path)
        return paths

    return make


@pytest.fixture
def journal(tmp_path: Path) -> Callable[..., Path]:
    """Write the journal of a run: ``journal("name", {"step": 1, "loss": 2.0})``."""

    def write(name: str, *records: Mapping[str, object]) -> Path:
        path = tmp_path / name / "journal.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        return path

    return write


VALIDATED = ("cover_db", "secret_file_db", "secret_rounded_db", "secret_clipped_db", "secret_float_db")


@pytest.fixture
def run_of() -> Callable[..., Run]:
    """Make up a run of 200 steps: losses every 10 steps, validations every 50, the latter higher for later keys."""

    def make(name: str = "run", *, events: Mapping[str, list[int]] | None = None, gain: float = 7.0) -> Run:
        records: list[dict[str, object]] = []
        for step in range(10, 201, 10):
            record: dict[str, object] = {"step": step, "loss": 100 / step, "gradient_norm": 5.0, "rate": 1e-3}
            if step % 50 == 0:
                record |= {key: 30.0 + step / 50 + rank for rank, key in enumerate(VALIDATED)} | {"noise_gain": gain}
            records.append(record)
        return Run(name, records, dict(events or {}))

    return make
