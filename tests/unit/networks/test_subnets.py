from typing import get_args, get_type_hints

import pytest
import torch
from torch import nn
from torch.nn import functional

from liftveil.config import ModelConfig
from liftveil.networks import CONDITIONERS
from liftveil.networks.subnets import DepthwiseConv, MatrixConv

conditioners = pytest.mark.parametrize("make", CONDITIONERS.values(), ids=CONDITIONERS)


def awake(conditioner):
    """The conditioner with a last layer that says something."""
    nn.init.normal_(conditioner.exit.weight)
    return conditioner


def test_conditioners_are_those_that_a_configuration_can_name():
    assert set(CONDITIONERS) == set(get_args(get_type_hints(ModelConfig)["conditioner"]))
    with pytest.raises(TypeError):
        CONDITIONERS["new"] = CONDITIONERS["plain"]


@pytest.mark.parametrize("size", [1, 3, 5])
def test_matrix_convolution_is_torch_s(size):
    ours, theirs = MatrixConv(3, 4, size), nn.Conv2d(3, 4, size, padding=size // 2)
    nn.init.normal_(ours.bias)
    with torch.no_grad():
        theirs.bias.copy_(ours.bias)
        for row in range(size):
            for column in range(size):
                for channel in range(3):
                    place = (row * size + column) * 3 + channel
                    theirs.weight[:, channel, row, column] = ours.weight[:, place]
    x = torch.randn(2, 3, 6, 7)
    torch.testing.assert_close(ours(x), theirs(x))


def test_matrix_convolution_starts_with_a_bounded_kernel_and_no_bias():
    conv = MatrixConv(6, 50, 3)
    assert conv.weight.shape == (50, 54)
    assert 0.9 * 54**-0.5 < conv.weight.abs().max() <= 54**-0.5
    assert not conv.bias.any()
    assert conv.zeroed() is conv
    assert not conv.weight.any()


@pytest.mark.parametrize("size", [1, 3, 7])
def test_depthwise_convolution_is_one_of_each_channel_alone(size):
    conv = DepthwiseConv(5, size)
    nn.init.normal_(conv.bias)
    x = torch.randn(2, 5, 6, 9)
    alone = [
        functional.conv2d(x[:, k : k + 1], conv.weight[k : k + 1], conv.bias[k : k + 1], padding=size // 2)
        for k in range(5)
    ]
    torch.testing.assert_close(conv(x), torch.cat(alone, dim=1))


def test_depthwise_convolution_starts_with_a_bounded_kernel_and_no_bias():
    conv = DepthwiseConv(50, 7)
    assert conv.weight.shape == (50, 1, 7, 7)
    assert 0.9 / 7 < conv.weight.abs().max() <= 1 / 7
    assert not conv.bias.any()


@conditioners
def test_a_fresh_conditioner_is_silent_at_every_width(make):
    for width in (4, 9):
        out = make(6, 12, width)(torch.randn(2, 6, 5, 7))
        assert out.shape == (2, 12, 5, 7)
        assert not out.any()


@conditioners
def test_a_trained_conditioner_answers_each_sample_alone_and_always_the_same(make):
    conditioner, x = awake(make(6, 12, 8)).double(), torch.randn(3, 6, 5, 7, dtype=torch.float64)
    together = conditioner.train()(x)
    assert torch.equal(conditioner(x), together)
    assert torch.equal(conditioner.eval()(x), together)
    for k in range(3):
        torch.testing.assert_close(conditioner(x[k : k + 1])[0], together[k], rtol=0, atol=1e-12)


@conditioners
def test_beyond_ten_deviations_a_conditioner_sees_no_difference(make):
    conditioner = awake(make(6, 12, 8))
    x = 20 * torch.randn(2, 6, 5, 7)
    assert x.min() < -10
    assert x.max() > 10
    assert torch.equal(conditioner(x), conditioner(x.clamp(-10, 10)))
    assert not torch.allclose(conditioner(x), conditioner(x.clamp(-9, 9)))


@conditioners
def test_every_layer_gets_a_gradient_once_the_last_one_speaks(make):
    conditioner = awake(make(6, 12, 8))
    conditioner(torch.randn(2, 6, 5, 7)).square().sum().backward()
    assert all(parameter.grad.any() for parameter in conditioner.parameters())


@conditioners
def test_a_fresh_conditioner_can_learn(make):
    conditioner = make(6, 12, 8)
    (conditioner(torch.randn(2, 6, 5, 7)) - 1).square().sum().backward()
    assert conditioner.exit.weight.grad.any()


def test_plain_conditioner_is_the_formula():
    plain, x = awake(CONDITIONERS["plain"](3, 4, 5)), torch.randn(1, 3, 6, 6)

    def act(y):
        return torch.where(y > 0, y, 0.1 * y)

    hidden = act(plain.entry(x))
    torch.testing.assert_close(plain(x), plain.exit(hidden + act(plain.middle(hidden))))


def test_star_conditioner_multiplies_a_clipped_branch_with_the_other():
    star, x = awake(CONDITIONERS["star"](3, 4, 5)), (10 * torch.randn(1, 3, 6, 6)).clamp(-10, 10)

    def act(y):
        return torch.where(y > 0, y, 0.1 * y)

    with torch.no_grad():
        star.branches.weight *= 5
    hidden = act(star.entry(x))
    branches = star.branches(hidden)
    gate, value = branches[:, :10], branches[:, 10:]
    assert gate.min() < 0
    assert gate.max() > 6
    star_product = gate.clamp(0, 6) * value
    torch.testing.assert_close(star(x), star.exit(act(hidden + star.join(star_product))))


def test_next_conditioner_spreads_each_channel_before_the_star():
    made, x = awake(CONDITIONERS["next"](3, 4, 5)), (10 * torch.randn(1, 3, 9, 8)).clamp(-10, 10)

    def act(y):
        return torch.where(y > 0, y, 0.1 * y)

    with torch.no_grad():
        made.branches.weight *= 9
    assert made.spread.size == 7
    hidden = act(made.entry(x))
    branches = made.branches(made.spread(hidden))
    gate, value = branches[:, :10], branches[:, 10:]
    assert gate.min() < 0
    assert gate.max() > 6
    torch.testing.assert_close(made(x), made.exit(act(hidden + made.join(gate.clamp(0, 6) * value))))


def test_naf_conditioner_has_products_of_halves_for_its_nonlinearity():
    made, x = awake(CONDITIONERS["naf"](3, 4, 5)), (10 * torch.randn(1, 3, 9, 8)).clamp(-10, 10)
    assert made.spread.size == 3
    hidden = made.entry(x)
    spread = made.spread(made.widen(hidden))
    assert spread.shape[1] == 10
    hidden = hidden + made.join(spread[:, :5] * spread[:, 5:])
    branches = made.branches(hidden)
    hidden = hidden + made.end(branches[:, :5] * branches[:, 5:])
    torch.testing.assert_close(made(x), made.exit(hidden))
