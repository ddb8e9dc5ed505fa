"""Checkpoints: everything comes back, nothing else is accepted, nothing half written stays."""

import errno
import json
import os
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from liftveil.config import config_table
from liftveil.errors import CheckpointError
from liftveil.networks import weights_bytes
from liftveil.training import load_checkpoint
from liftveil.training.checkpoint import RunState, save_checkpoint
from liftveil.training.optimiser import build_optimisers

NAMES = ["adam", "adamw", "muon"]


@pytest.fixture
def new_state(stirred):
    """Build a run's state of a network that depends on the seed."""

    def build(config, seed):
        model = stirred(config, seed=seed)
        average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config.optimiser.ema_decay))
        return RunState(model, average, build_optimisers(model, config.optimiser))

    return build


def advance(state, steps, seed):
    """Steps along made-up gradients."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        for parameter in state.model.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        for optimiser in state.optimisers:
            optimiser.step()
        state.average.update_parameters(state.model)


def flat(value, prefix=""):
    """Nested dicts and lists as one dict, tensors as lists."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {name: leaf for key, inner in items for name, leaf in flat(inner, f"{prefix}/{key}").items()}
    return {prefix: value.tolist() if isinstance(value, torch.Tensor) else value}


def everything(state):
    optimisers = [optimiser.state_dict() for optimiser in state.optimisers]
    return flat([dict(state.model.state_dict()), dict(state.average.state_dict()), optimisers])


@pytest.fixture
def config(tiny_config):
    return tiny_config()


@pytest.fixture
def state(config, new_state):
    state = new_state(config, seed=1)
    advance(state, steps=3, seed=1)
    return state


@pytest.fixture
def saved(tmp_path, config, state):
    """A checkpoint alone in its folder."""
    path = tmp_path / "run" / "checkpoint.safetensors"
    path.parent.mkdir()
    save_checkpoint(path, state, config=config, step=3, seconds=12.345)
    return path


def refusal(path):
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    assert caught.value.path == str(path)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", NAMES)
def test_everything_comes_back_and_goes_on_alike(tmp_path, tiny_config, new_state, name):
    config = tiny_config(optimiser={"name": name}, model={"learned_strengths": name == "adam"})
    state, other = new_state(config, seed=1), new_state(config, seed=2)
    advance(state, steps=3, seed=1)
    save_checkpoint(tmp_path / "c", state, config=config, step=3, seconds=1)
    assert everything(other) != everything(state)
    load_checkpoint(tmp_path / "c").restore(other)
    assert everything(other) == everything(state)
    advance(state, steps=2, seed=5)
    advance(other, steps=2, seed=5)
    assert everything(other) == everything(state)


def test_a_checkpoint_before_the_first_step_comes_back_too(tmp_path, config, new_state):
    state, other = new_state(config, seed=1), new_state(config, seed=2)
    save_checkpoint(tmp_path / "c", state, config=config, step=0, seconds=0)
    load_checkpoint(tmp_path / "c").restore(other)
    assert everything(other) == everything(state)


def test_the_file_says_where_the_run_was(saved, config):
    checkpoint = load_checkpoint(saved)
    assert (checkpoint.path, checkpoint.step, checkpoint.seconds) == (saved, 3, 12.3)
    assert checkpoint.config == config


def test_a_part_has_its_own_names(saved, state):
    checkpoint = load_checkpoint(saved)
    assert set(checkpoint.part("model")) == set(state.model.state_dict())
    assert set(checkpoint.part("average")) == set(state.average.state_dict())


def test_the_network_to_use_is_the_averaged_one(saved, state, config):
    model = load_checkpoint(saved).average_model()
    assert model.config == config.model
    expected, trained = state.average.module.state_dict(), state.model.state_dict()
    assert set(model.state_dict()) == set(expected)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in model.state_dict().items())
    assert not any(
        torch.equal(tensor, trained[name]) for name, tensor in model.named_parameters() if "strength" not in name
    )


def test_the_facts_are_texts_that_say_how_it_came_about(saved, config):
    facts = load_checkpoint(saved).facts()
    assert json.loads(facts["config"]) == config_table(config)
    assert (facts["steps"], facts["training_seconds"], facts["torch"]) == ("3", "12", torch.__version__)
    assert facts.keys() == {"liftveil", "config", "steps", "training_seconds", "torch", "earlier_runs"}
    assert all(isinstance(value, str) for value in facts.values())


def test_facts_of_earlier_runs_come_back_and_this_one_s_join_them(tmp_path, saved, state, config):
    first = load_checkpoint(saved)
    own = {key: value for key, value in first.facts().items() if key != "earlier_runs"}
    assert json.loads(first.facts()["earlier_runs"]) == []
    assert json.loads(first.history()) == [own]
    later = replace(state, earlier=first.history())
    save_checkpoint(tmp_path / "c", later, config=config, step=5, seconds=1)
    second = load_checkpoint(tmp_path / "c")
    assert json.loads(second.facts()["earlier_runs"]) == [own]
    assert [facts["steps"] for facts in json.loads(second.history())] == ["3", "5"]


def test_a_missing_checkpoint_is_refused(tmp_path):
    assert refusal(tmp_path / "missing").startswith("cannot be read as a checkpoint (")


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_cut_off_checkpoint_is_refused(saved, keep):
    saved.write_bytes(saved.read_bytes()[:keep])
    assert refusal(saved).startswith("cannot be read as a checkpoint (")


def test_a_text_and_a_folder_are_refused(tmp_path):
    (tmp_path / "text").write_text("a checkpoint\n" * 20)
    for path in (tmp_path / "text", tmp_path):
        assert refusal(path).startswith("cannot be read as a checkpoint (")


def test_weights_are_no_checkpoint(tmp_path, saved):
    checkpoint, path = load_checkpoint(saved), tmp_path / "weights.safetensors"
    for facts in ({}, checkpoint.facts()):
        path.write_bytes(weights_bytes(checkpoint.average_model(), facts))
        assert refusal(path) == "holds tensors but no training run; give a checkpoint.safetensors of a run"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"config": "{"}, "its training run cannot be read ("),
        ({"config": "{}"}, "its training run cannot be read (config: 'model' is missing)"),
        ({"config": "[3]"}, "its training run cannot be read (config: the configuration is [3], but must be a table)"),
        ({"step": "three"}, "its training run cannot be read ("),
        ({"seconds": ""}, "its training run cannot be read ("),
    ],
)
def test_a_training_run_that_makes_no_sense_is_refused(saved, config, change, problem):
    metadata = {"config": json.dumps(config_table(config)), "step": "3", "seconds": "1.0"}
    save_file(load_file(saved), saved, metadata | change)
    assert refusal(saved).startswith(problem)
    save_file(load_file(saved), saved, metadata)
    assert load_checkpoint(saved).step == 3


def test_a_later_checkpoint_takes_the_place_of_the_earlier(saved, state, config):
    advance(state, steps=1, seed=2)
    save_checkpoint(saved, state, config=config, step=4, seconds=20)
    checkpoint = load_checkpoint(saved)
    assert checkpoint.step == 4
    assert all(torch.equal(tensor, checkpoint.part("model")[name]) for name, tensor in state.model.state_dict().items())
    assert list(saved.parent.iterdir()) == [saved]


@pytest.mark.parametrize(("code", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EIO, os.strerror(errno.EIO))])
def test_a_disk_that_fails_keeps_the_earlier_checkpoint(saved, state, monkeypatch, code, words):
    config = load_checkpoint(saved).config
    before = saved.read_bytes()
    advance(state, steps=1, seed=2)

    def fail(_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CheckpointError) as caught:
        save_checkpoint(saved, state, config=config, step=4, seconds=20)
    assert caught.value.path == str(saved)
    assert f"the checkpoint of step 4 was not written ({saved}: {words}" in str(caught.value)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_folder_that_is_not_there_is_an_error_that_names_the_file(tmp_path, state, config):
    path = tmp_path / "missing" / "checkpoint.safetensors"
    with pytest.raises(CheckpointError) as caught:
        save_checkpoint(path, state, config=config, step=3, seconds=1)
    assert caught.value.path == str(path)
