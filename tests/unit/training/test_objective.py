"""The terms of the objective against their formulas in NumPy."""

import importlib
from dataclasses import fields

import numpy as np
import pytest
import torch

from liftveil.config import ObjectiveConfig
from liftveil.training import TERMS, objective
from liftveil.training.exchange import Exchange

MODULE = importlib.import_module("liftveil.training.objective")  # the room's `objective` is the function


@pytest.fixture
def result():
    """Four pictures in float64, the stego often out of range."""
    rng = np.random.default_rng(0)
    made = rng.uniform(0, 255, (4, 2, 3, 5, 7))
    made[2:] += rng.normal(0, 80, (2, 2, 3, 5, 7))
    return Exchange(*torch.from_numpy(made))


def by_hand(result):
    cover, secret, stego, recovered = (picture.detach().numpy() for picture in result)
    outside = np.maximum(stego - 255, 0) + np.maximum(-stego, 0)
    assert outside.any()
    return {
        "hiding_mse": np.mean((stego - cover) ** 2) / 100,
        "recovery_mse": np.mean((recovered - secret) ** 2) / 100,
        "out_of_range": np.mean(outside**2) / 100,
    }


def test_every_weight_has_its_term():
    assert set(TERMS) == {field.name for field in fields(ObjectiveConfig)}


@pytest.mark.parametrize("name", TERMS)
def test_each_term_is_its_formula(result, name):
    value = TERMS[name](result)
    assert value.shape == ()
    assert value.item() == pytest.approx(by_hand(result)[name], rel=1e-12)


@pytest.mark.parametrize("weights", [(1.0, 1.0, 20.0), (0.5, 0.0, 3.0), (0.0, 2.0, 0.0)])
def test_the_objective_is_the_weighted_sum(result, weights):
    value = objective(ObjectiveConfig(*weights), result)
    assert value.shape == ()
    expected = sum(weight * term for weight, term in zip(weights, by_hand(result).values(), strict=True))
    assert value.item() == pytest.approx(expected, rel=1e-12)


def test_a_term_of_weight_0_is_not_computed(result, monkeypatch):
    def fail(_):
        raise AssertionError("computed")

    monkeypatch.setattr(MODULE, "TERMS", {**TERMS, "out_of_range": fail})
    value = objective(ObjectiveConfig(1.0, 0.0, 0.0), result)
    assert value.item() == pytest.approx(by_hand(result)["hiding_mse"], rel=1e-12)
    with pytest.raises(AssertionError, match="computed"):
        objective(ObjectiveConfig(1.0, 0.0, 1e-9), result)


def test_out_of_range_pulls_back_only_what_is_out_of_range(result):
    stego = result.stego.clone().requires_grad_()
    TERMS["out_of_range"](result._replace(stego=stego)).backward()
    gradient, levels = stego.grad.numpy(), stego.detach().numpy()
    assert not gradient[(levels >= 0) & (levels <= 255)].any()
    assert (gradient[levels > 255] > 0).all()
    assert (gradient[levels < 0] < 0).all()
    steepness = 2 * (levels - 255) / 100 / levels.size
    np.testing.assert_allclose(gradient[levels > 255], steepness[levels > 255], rtol=1e-12)


def test_gradients_reach_stego_and_recovered(result):
    stego, recovered = (picture.clone().requires_grad_() for picture in (result.stego, result.recovered))
    objective(ObjectiveConfig(1.0, 1.0, 1.0), result._replace(stego=stego, recovered=recovered)).backward()
    assert stego.grad.all()
    np.testing.assert_allclose(
        recovered.grad.numpy(), 2 * (recovered - result.secret).detach().numpy() / 100 / recovered.numel(), rtol=1e-12
    )
