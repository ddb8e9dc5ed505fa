import pytest
import torch

from liftveil.invertible import Invertible
from liftveil.invertible.base import per_sample, pixels, zeros


def test_invertible_cannot_be_made_without_all_three_promises():
    with pytest.raises(TypeError, match="abstract"):
        Invertible()
    for missing in ("forward", "inverse", "log_abs_det"):
        names = {"forward", "inverse", "log_abs_det"} - {missing}
        kind = type("Half", (Invertible,), {name: lambda _, x: x for name in names})
        with pytest.raises(TypeError, match=missing):
            kind()


def test_per_sample_repeats_a_value_and_passes_its_gradient():
    value = torch.tensor(2.5, requires_grad=True)
    repeated = per_sample(torch.zeros(3, 4, 5, 6), value)
    assert repeated.tolist() == [2.5, 2.5, 2.5]
    repeated.sum().backward()
    assert value.grad == 3


def test_pixels_counts_positions():
    assert pixels(torch.zeros(3, 4, 5, 6)) == 30


def test_zeros_is_a_trainable_parameter():
    parameter = zeros(3)
    assert parameter.tolist() == [0, 0, 0]
    assert parameter.requires_grad
