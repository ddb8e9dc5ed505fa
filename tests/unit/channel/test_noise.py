"""Noise: a function of its seed, with the statistics of white Gaussian noise and the gradient of the identity."""

import numpy as np
import pytest
import torch

from liftveil.channel import add_noise

types = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)

LARGE = (4, 3, 200, 150)
SMALL = (2, 3, 5, 4)


def noise_of(shape, sigma, seed, dtype=torch.float64):
    return add_noise(torch.zeros(shape, dtype=dtype), sigma, seed)


def test_the_numbers_are_those_of_the_generator_on_every_machine():
    # the first numbers of NumPy's documentation of default_rng(12345)
    numbers = torch.tensor([-1.42382504, 1.26372846, -0.87066174], dtype=torch.float64).reshape(1, 3, 1, 1)
    torch.testing.assert_close(noise_of((1, 3, 1, 1), 1.0, (12345,)), numbers, rtol=0, atol=5e-9)


@pytest.mark.parametrize("sigma", [0.5, 8.0])
def test_it_is_white_and_gaussian_with_the_given_deviation(sigma):
    noise = noise_of(LARGE, sigma, (1, 2)).numpy() / sigma
    # four standard errors of each figure, or more
    tolerance = 4 / np.sqrt(noise.size)
    assert abs(noise.mean()) < tolerance
    assert abs(noise.std() - 1) < tolerance
    assert abs((noise**4).mean() - 3) < 10 * tolerance
    for axis in range(4):
        neighbours = np.moveaxis(noise, axis, 0)
        assert abs((neighbours[1:] * neighbours[:-1]).mean()) < 1.5 * tolerance


def test_the_same_seed_gives_the_same_noise_whatever_else_is_drawn():
    first = noise_of(SMALL, 3.0, (7, 8, 9))
    torch.manual_seed(99)
    before = torch.get_rng_state()
    assert torch.equal(noise_of(SMALL, 3.0, (7, 8, 9)), first)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("other", [(7, 8, 10), (7, 9, 8), (7, 8), (7, 8, 9, 1)])
def test_another_seed_gives_other_noise(other):
    assert not torch.isclose(noise_of(SMALL, 3.0, (7, 8, 9)), noise_of(SMALL, 3.0, other)).any()


def test_single_precision_gets_the_cast_noise_of_double_precision():
    single = noise_of(SMALL, 3.0, (1,), torch.float32)
    assert single.dtype == torch.float32
    assert torch.equal(single, noise_of(SMALL, 3.0, (1,)).float())


@types
def test_it_is_added_to_the_levels_and_nothing_is_rounded_or_clipped(dtype):
    levels = torch.linspace(-10, 300, 120, dtype=dtype).reshape(SMALL)
    before = levels.clone()
    noisy = add_noise(levels, 3.0, (1,))
    assert noisy.dtype == dtype
    assert torch.equal(noisy, before + noise_of(SMALL, 3.0, (1,), dtype))
    assert torch.equal(levels, before)
    assert torch.equal(add_noise(levels, 0.0, (1,)), before)


@types
def test_the_gradient_is_that_of_the_identity(dtype):
    levels = torch.full(SMALL, 300.0, dtype=dtype, requires_grad=True)
    upstream = torch.arange(120, dtype=dtype).reshape(SMALL)
    (add_noise(levels, 3.0, (1,)) * upstream).sum().backward()
    assert torch.equal(levels.grad, upstream)


@pytest.mark.parametrize(("sigma", "seed"), [(-1.0, (1,)), (1.0, (1, -1))])
def test_what_is_negative_is_refused(sigma, seed):
    with pytest.raises(ValueError, match=r"scale < 0|non-negative"):
        noise_of(SMALL, sigma, seed)
