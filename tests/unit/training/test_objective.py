"""The weighted sum: weights that change, terms that are left out, and the figures beside it."""

import importlib
from dataclasses import fields

import numpy as np
import pytest
import torch

from liftveil.config import ObjectiveConfig, Ramp
from liftveil.errors import ConfigError
from liftveil.training.exchange import Exchange
from liftveil.training.objective import objective
from liftveil.training.terms import TERMS

MODULE = importlib.import_module("liftveil.training.objective")  # the room's `objective` is the function


@pytest.fixture
def result():
    """Four pictures in float64, the stego often out of range; two pixels of one are padding."""
    pictures = np.random.default_rng(0).uniform(-60, 315, (4, 2, 3, 12, 13))
    inside = torch.ones(2, 1, 12, 13, dtype=torch.float64)
    inside[1, ..., -2:] = 0
    return Exchange(*torch.from_numpy(pictures), inside)


def weighted(unit=10.0, **weights):
    """A configuration whose other weights are 0; a pair of numbers is a ramp over the whole run."""
    names = [field.name for field in fields(ObjectiveConfig) if field.name != "unit"]
    ends = {name: np.broadcast_to(weights.get(name, 0.0), 2).tolist() for name in names}
    return ObjectiveConfig(unit=unit, **{name: Ramp(*pair) for name, pair in ends.items()})


def values(result, unit=10.0):
    return {name: term(result, unit).item() for name, term in TERMS.items()}


def test_the_sum_of_all_terms(result):
    weights = {name: 0.5 + number for number, name in enumerate(TERMS)}
    total, parts = objective(weighted(unit=3.0, **weights), result, 0.5)
    expected = values(result, 3.0)
    assert total.shape == ()
    assert total.dtype == torch.float64
    assert total.item() == pytest.approx(sum(weights[name] * expected[name] for name in TERMS), rel=1e-12)
    assert {name: part.item() for name, part in parts.items()} == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("progress", "weight"), [(0.0, 2.0), (0.25, 7.5), (1.0, 24.0)])
def test_weights_follow_their_ramps_and_figures_do_not(result, progress, weight):
    total, parts = objective(weighted(hiding_mse=(2.0, 24.0), recovery_mse=3.0), result, progress)
    expected = values(result)
    assert total.item() == pytest.approx(weight * expected["hiding_mse"] + 3 * expected["recovery_mse"], rel=1e-12)
    assert parts["hiding_mse"].item() == pytest.approx(expected["hiding_mse"], rel=1e-12)


@pytest.mark.parametrize("name", TERMS)
def test_a_term_is_computed_only_while_its_weight_is_above_0(result, name, monkeypatch):
    def fail(*_):
        raise AssertionError("computed")

    monkeypatch.setattr(MODULE, "TERMS", {**TERMS, name: fail})
    other = "recovery_mse" if name == "hiding_mse" else "hiding_mse"
    config = weighted(**{other: 1.0, name: (0.0, 1e-9)})
    assert list(objective(config, result, 0.0).parts) == [other]
    with pytest.raises(AssertionError, match="computed"):
        objective(config, result, 0.01)


def test_gradients_are_those_of_the_weighted_sum_and_start_at_the_total_alone(result):
    stego, recovered = (picture.clone().requires_grad_() for picture in (result.stego, result.recovered))
    moving = result._replace(stego=stego, recovered=recovered, inside=torch.ones_like(result.inside))
    total, parts = objective(weighted(hiding_mse=2.0, recovery_mse=5.0), moving, 0.0)
    total.backward()
    assert not any(part.requires_grad for part in parts.values())
    for picture, reference, weight in ((stego, result.cover, 2.0), (recovered, result.secret, 5.0)):
        steepness = 2 * weight * (picture - reference).detach() / 10.0**2 / picture.numel()
        np.testing.assert_allclose(picture.grad.numpy(), steepness.numpy(), rtol=1e-12)


def test_a_moment_without_any_weight_is_refused(result):
    config = weighted(hiding_mse=(1.0, 0.0), recovery_mse=(1.0, 0.0))
    assert objective(config, result, 0.999).total > 0
    with pytest.raises(ConfigError, match=r"every weight of 'objective' is 0 at 100\.0% of the run"):
        objective(config, result, 1.0)
