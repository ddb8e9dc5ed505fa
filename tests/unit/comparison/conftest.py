"""What the tests of this room share: pictures in files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Write a picture: noise of a seed, or given pixels."""

    def save(name: str, pixels: int | np.ndarray, shape: tuple[int, ...] = (16, 20, 3)) -> Path:
        if isinstance(pixels, int):
            pixels = np.random.default_rng(pixels).integers(0, 256, shape, np.uint8)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
        return path

    return save
