"""What the tests of this room share: journals, checkpoints of tiny networks, made-up photographs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from liftveil.config import read_config
from liftveil.evaluation.runs import Run
from liftveil.training import Checkpoint, load_checkpoint
from liftveil.training.checkpoint import save_checkpoint
from liftveil.training.state import fresh_state


@pytest.fixture
def checkpoint_of(tmp_path: Path, small_config: Callable[..., Path]) -> Callable[..., Checkpoint]:
    """Save and load a checkpoint whose averaged weights carry noise, and whose others are another network's."""

    def make(name: str = "checkpoint.safetensors", **model: Any) -> Checkpoint:
        file = small_config(model=model)
        config = read_config(file)
        file.unlink()  # what a test leaves in its folder is looked at
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
