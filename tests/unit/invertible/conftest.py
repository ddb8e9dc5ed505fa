"""What the tests of this room share: reproducible activations and parameters."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def activation() -> Tensor:
    """Two samples of six channels, in float64."""
    return torch.randn(2, 6, 3, 4, dtype=torch.float64)


@pytest.fixture
def randomised() -> Callable[[nn.Module], nn.Module]:
    """Turn a module into float64 and put noise on its parameters."""

    def randomise(module: nn.Module) -> nn.Module:
        module = module.double()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter += 0.3 * torch.randn_like(parameter)
        return module

    return randomise
