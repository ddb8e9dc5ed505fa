"""What the tests of this room share: small networks and pictures for them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from liftveil.config import ModelConfig
from liftveil.networks import StarINN

TINY = ModelConfig(
    wavelet="legall5/3",
    wavelet_mode="float",
    levels=1,
    colour="opponent",
    secret_channels=3,
    luma_strength=1.0,
    chroma_strength=1.5,
    learned_strengths=False,
    blocks=2,
    conditioner="plain",
    width=8,
    mixing="lu",
    scale_bound=2.0,
)

Build = Callable[..., StarINN]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def fresh() -> Build:
    """Build a tiny network, but for the choices named."""

    def build(**choices: Any) -> StarINN:
        return StarINN(replace(TINY, **choices))

    return build


@pytest.fixture
def randomised(fresh: Build) -> Build:
    """The same with noise on every parameter, conditioners' last layers included, as if it had been trained."""

    def build(*, seed: int = 1, deviation: float = 0.02, **choices: Any) -> StarINN:
        model = fresh(**choices)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += deviation * torch.randn(parameter.shape, generator=generator)
        return model

    return build


@pytest.fixture
def pictures(photographs: Any) -> tuple[Tensor, Tensor]:
    """Two covers and two secrets of 32x24 pixels, full of detail; grey levels as float32."""

    def crops(path: Any, *corners: tuple[int, int]) -> Tensor:
        with Image.open(path) as picture:
            pixels = np.array(picture.convert("RGB"))
        parts = np.stack([pixels[top : top + 32, left : left + 24] for top, left in corners])
        return torch.from_numpy(parts).permute(0, 3, 1, 2).float()

    return crops(photographs.cover, (80, 400), (60, 440)), crops(photographs.secret, (200, 320), (300, 360))
