from dataclasses import replace

import pytest
import torch

from liftveil.networks import StarINN, can_grow, grown
from liftveil.networks.growing import _moved


@pytest.fixture
def small(tiny_config):
    """A network whose weights are nowhere at their start."""
    model = StarINN(tiny_config().model)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return model.double()


@pytest.mark.parametrize("more", [0, 1, 2, 5])
def test_computes_the_same_in_both_directions(small, more):
    larger = grown(small.float(), replace(small.config, blocks=small.config.blocks + more)).double()
    small = small.double()
    cover, secret = 255 * torch.rand(2, 1, 3, 16, 24, dtype=torch.float64)
    stego, residual = small.embed(cover, secret)
    torch.testing.assert_close(larger.embed(cover, secret), (stego, residual))
    torch.testing.assert_close(larger.extract(stego), small.extract(stego))


def test_new_blocks_learn(small):
    larger = grown(small.float(), replace(small.config, blocks=small.config.blocks + 1))
    cover, secret = 255 * torch.rand(2, 1, 3, 16, 24)
    larger.extract(larger.embed(cover, secret)[0].round()).square().mean().backward()
    added = larger.chain.steps[small.config.blocks]
    assert all(parameter.grad.abs().sum() > 0 for parameter in added.mix.parameters())


def test_only_blocks_may_differ(small):
    config = small.config
    assert can_grow(config, config)
    assert can_grow(config, replace(config, blocks=9))
    assert not can_grow(replace(config, blocks=9), config)
    assert not can_grow(config, replace(config, blocks=9, width=config.width + 1))


def test_names_that_only_begin_alike_stay():
    weights = {
        "chain.steps.1.bias": torch.zeros(1),
        "chain.steps.10.bias": torch.ones(1),
        "rounding_metric": torch.ones(2),
    }
    assert set(_moved(weights, 1, 4)) == {"chain.steps.4.bias", "chain.steps.10.bias", "rounding_metric"}
