"""Rehearsals: real steps on made-up batches."""

import pytest
import torch

from liftveil.config import Ramp
from liftveil.profiling import rehearsal
from liftveil.profiling.rehearsal import Rehearsal, finish


def weights(run: Rehearsal) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in run.state.model.parameters()]


def moved(run: Rehearsal, before: list[torch.Tensor]) -> bool:
    return not all(map(torch.equal, weights(run), before))


def test_a_step_moves_the_weights_and_leaves_no_gradient(tiny_config):
    run = Rehearsal(tiny_config(), recompute=False)
    before = weights(run)
    run.step()
    assert moved(run, before)
    assert all(parameter.grad is None for parameter in run.state.model.parameters())


def test_a_gradient_alone_moves_nothing(tiny_config):
    run = Rehearsal(tiny_config(), recompute=False)
    before = weights(run)
    touched = []
    run.state.model.chain.steps[0].normalisation.bias.register_hook(touched.append)
    run.gradient()
    assert touched
    assert not moved(run, before)
    assert all(parameter.grad is None for parameter in run.state.model.parameters())
    assert not any(optimiser.state for optimiser in run.state.optimisers)


def test_every_step_is_the_first_one_of_the_run(tiny_config):
    run = Rehearsal(tiny_config(training={"steps": 1}, optimiser={"warmup_steps": 0}), recompute=False)
    progress = []
    run.losses.register_forward_pre_hook(lambda _, arguments: progress.append(arguments[1]))
    for _ in range(3):
        before = weights(run)
        run.step()
        assert moved(run, before)
    assert progress == [0, 0, 0]


def test_every_step_has_samples_of_its_own(tiny_config):
    run = Rehearsal(tiny_config(data={"batch": 2}, compute={"accumulate": 2}), recompute=False)
    indices = []
    run.losses.register_forward_pre_hook(lambda _, arguments: indices.append(arguments[0].index.tolist()))
    run.step()
    run.step()
    assert indices == [[0, 1], [2, 3], [4, 5], [6, 7]]


@pytest.mark.parametrize("recompute", [True, False])
def test_the_argument_decides_about_recomputation(tiny_config, recompute):
    config = tiny_config(compute={"recompute": "never" if recompute else "always"})
    assert Rehearsal(config, recompute=recompute).state.model.chain.recompute is recompute


def test_the_costliest_part_of_a_run_is_rehearsed(tiny_config):
    config = tiny_config(objective={"total_variation": {"first": 0.0, "last": 2.0}})
    assert Rehearsal(config, recompute=False).config.objective.total_variation == Ramp(2.0, 2.0)


@pytest.mark.parametrize("wanted", [True, False])
def test_conditioners_are_compiled_if_the_configuration_says_so(tiny_config, monkeypatch, wanted):
    compiled = []
    monkeypatch.setattr(rehearsal, "compile_conditioners", compiled.append)
    run = Rehearsal(tiny_config(compute={"compile": wanted}), recompute=False)
    assert compiled == [run.state.model] * wanted


def test_a_gpu_is_waited_for(monkeypatch):
    waited = []
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    finish(torch.device("cpu"))
    finish(torch.device("cuda", 1))
    assert waited == [torch.device("cuda", 1)]
