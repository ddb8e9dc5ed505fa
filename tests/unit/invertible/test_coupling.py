from math import exp

import pytest
import torch
from torch import nn

from liftveil.invertible import AffineCoupling

halves = pytest.mark.parametrize("changes", ["first", "second"])


class Fixed(nn.Module):
    """A conditioner that answers the same raw scale and shift everywhere, and keeps what it was given."""

    def __init__(self, raw, shift):
        super().__init__()
        self.raw, self.shift = raw, shift

    def forward(self, given):
        self.given = given
        return torch.cat((torch.full_like(given, self.raw), torch.full_like(given, self.shift)), dim=1)


def parts(x, changes):
    """The half that changes and the one that is given."""
    first, second = x[:, :3], x[:, 3:]
    return (first, second) if changes == "first" else (second, first)


@halves
def test_only_the_named_half_changes_given_the_other(activation, changes):
    conditioner = Fixed(0.7, -2.0)
    y = AffineCoupling(conditioner, changes=changes, bound=2.0)(activation)
    before, given = parts(activation, changes)
    after, given_after = parts(y, changes)
    assert torch.equal(given_after, given)
    assert torch.equal(conditioner.given, given)
    log_scale = 2.0 * torch.tanh(torch.tensor(0.35, dtype=torch.float64))
    torch.testing.assert_close(after, before * log_scale.exp() - 2.0, rtol=0, atol=1e-12)


@halves
def test_inverse_shows_the_conditioner_the_same_half(activation, changes):
    conditioner = Fixed(0.7, -2.0)
    coupling = AffineCoupling(conditioner, changes=changes, bound=2.0)
    y = coupling(activation)
    given = conditioner.given
    x = coupling.inverse(y)
    assert torch.equal(conditioner.given, given)
    torch.testing.assert_close(x, activation, rtol=0, atol=1e-12)


@halves
@pytest.mark.parametrize("bound", [0.5, 2.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_no_conditioner_scales_by_more_than_the_bound_in_either_direction(activation, changes, bound, sign):
    coupling = AffineCoupling(Fixed(sign * 1e6, 0.0), changes=changes, bound=bound)
    before, _ = parts(activation, changes)
    after, _ = parts(coupling(activation), changes)
    torch.testing.assert_close(after, before * exp(sign * bound), rtol=1e-12, atol=0)
    undone, _ = parts(coupling.inverse(activation), changes)
    torch.testing.assert_close(undone, before * exp(-sign * bound), rtol=1e-12, atol=0)
    expected = torch.full((2,), sign * bound * before[0].numel(), dtype=torch.float64)
    torch.testing.assert_close(coupling.log_abs_det(activation), expected)


def test_small_raw_scales_pass_the_bound_unchanged(activation):
    coupling = AffineCoupling(Fixed(1e-4, 0.0), changes="first", bound=2.0)
    torch.testing.assert_close(coupling(activation)[:, :3], activation[:, :3] * exp(1e-4), rtol=1e-11, atol=0)


def test_a_silent_conditioner_makes_the_identity(activation):
    coupling = AffineCoupling(Fixed(0.0, 0.0), changes="second", bound=2.0)
    assert torch.equal(coupling(activation), activation)
    assert torch.equal(coupling.inverse(activation), activation)
