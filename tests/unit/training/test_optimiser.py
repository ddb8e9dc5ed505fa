"""Which optimiser holds what, and the course of the rate."""

from itertools import pairwise
from typing import get_args

import pytest
import torch

from liftveil.config import OptimiserName
from liftveil.networks import StarINN
from liftveil.training.muon import Muon
from liftveil.training.optimiser import build_optimisers, rate_factor, set_rate

NAMES = get_args(OptimiserName)
CLASSES = {
    "adadelta": "Adadelta",
    "adafactor": "Adafactor",
    "adagrad": "Adagrad",
    "adam": "Adam",
    "adamax": "Adamax",
    "adamw": "AdamW",
    "asgd": "ASGD",
    "nadam": "NAdam",
    "radam": "RAdam",
    "rmsprop": "RMSprop",
    "sgd": "SGD",
}


def held(optimisers):
    return [p for optimiser in optimisers for group in optimiser.param_groups for p in group["params"]]


@pytest.mark.parametrize("conditioner", ["plain", "star"])
@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_trainable_parameter_is_held_once(tiny_config, name, learned, conditioner):
    config = tiny_config(model={"learned_strengths": learned, "conditioner": conditioner}, optimiser={"name": name})
    model = StarINN(config.model)
    held_ids = [id(p) for p in held(build_optimisers(model, config.optimiser))]
    trainable_ids = [id(p) for p in model.parameters() if p.requires_grad]
    assert sorted(held_ids) == sorted(trainable_ids)
    assert (id(model.get_parameter("transform.steps.2.log_strength")) in held_ids) == learned


@pytest.mark.parametrize("name", NAMES)
def test_each_name_gives_its_optimisers_at_the_peak_rate_without_decay(tiny_config, name):
    config = tiny_config(optimiser={"name": name})
    optimisers = build_optimisers(StarINN(config.model), config.optimiser)
    kinds = [Muon, torch.optim.AdamW] if name == "muon" else [getattr(torch.optim, CLASSES[name])]
    assert [type(optimiser) for optimiser in optimisers] == kinds
    for optimiser in optimisers:
        assert [group["lr"] for group in optimiser.param_groups] == [1e-2]
        assert not any(group.get("weight_decay", 0) for group in optimiser.param_groups)


def test_sgd_has_momentum(tiny_config):
    config = tiny_config(optimiser={"name": "sgd"})
    [optimiser] = build_optimisers(StarINN(config.model), config.optimiser)
    assert optimiser.param_groups[0]["momentum"] == 0.9


def test_muon_gets_the_conditioners_kernels_and_nothing_else(tiny_config):
    config = tiny_config()
    model = StarINN(config.model)
    muon, _ = build_optimisers(model, config.optimiser)
    assert type(muon) is Muon
    names = {id(p): name for name, p in model.named_parameters()}
    kernels = {
        f"chain.steps.{block}.coupling.conditioner.{layer}.weight"
        for block in (0, 1)
        for layer in ("entry", "middle", "exit")
    }
    assert {names[id(p)] for p in held([muon])} == kernels


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_reaches_every_group(tiny_config, name):
    config = tiny_config(optimiser={"name": name})
    optimisers = build_optimisers(StarINN(config.model), config.optimiser)
    set_rate(optimisers, 0.125)
    assert {group["lr"] for optimiser in optimisers for group in optimiser.param_groups} == {0.125}


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_of_zero_moves_nothing(tiny_config, stirred, name):
    config = tiny_config(optimiser={"name": name})
    model = stirred(config)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    for rate, moves in ((0.0, False), (1e-2, True)):
        optimisers = build_optimisers(model, config.optimiser)
        set_rate(optimisers, rate)
        for parameter in held(optimisers):
            parameter.grad = torch.ones_like(parameter)
        for optimiser in optimisers:
            optimiser.step()
        changed = [not torch.equal(model.get_parameter(key), before[key]) for key, _ in model.named_parameters()]
        assert sum(changed) == (len(held(optimisers)) if moves else 0)


@pytest.mark.parametrize("name", NAMES)
def test_each_finds_the_way_down_a_valley(tiny_config, name):
    """Weights, each between -1 and 1, are to become 0; all that is known is the gradient of their squares."""
    config = tiny_config(optimiser={"name": name, "rate": 0.5 if name == "adadelta" else 0.05})
    model = StarINN(config.model)
    optimisers = build_optimisers(model, config.optimiser)
    generator = torch.Generator().manual_seed(0)
    parameters = held(optimisers)
    with torch.no_grad():
        for parameter in parameters:
            parameter.uniform_(-1, 1, generator=generator)

    def height():
        return sum(float(parameter.detach().square().sum()) for parameter in parameters)

    start = height()
    for _ in range(30):
        for parameter in parameters:
            parameter.grad = 2 * parameter.detach()
        for optimiser in optimisers:
            optimiser.step()
    assert height() < 0.9 * start


def factors(config, steps=104):
    return [rate_factor(step, steps, config) for step in range(steps)]


def test_the_rate_warms_up_in_a_line_and_cools_down_in_half_a_cosine(tiny_config):
    config = tiny_config(optimiser={"warmup_steps": 4, "final_share": 0.1}).optimiser
    course = factors(config)
    assert course[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert course[54] == pytest.approx((1 + 0.1) / 2)  # halfway
    assert course[29] == pytest.approx(0.1 + 0.9 * (2 + 2**0.5) / 4)  # a quarter of the way
    assert 0.1 < course[-1] < 0.101
    assert rate_factor(104, 104, config) == pytest.approx(0.1)
    assert all(later < earlier for earlier, later in pairwise(course[4:]))


def test_without_warm_up_the_first_step_has_the_peak_rate(tiny_config):
    config = tiny_config(optimiser={"warmup_steps": 0, "final_share": 0}).optimiser
    course = factors(config)
    assert course[0] == 1.0
    assert min(course) > 0


@pytest.mark.parametrize("steps", [1, 3, 4])
def test_a_run_shorter_than_its_warm_up_only_warms_up(tiny_config, steps):
    config = tiny_config(optimiser={"warmup_steps": 4}).optimiser
    assert factors(config, steps) == [0.25, 0.5, 0.75, 1.0][:steps]
