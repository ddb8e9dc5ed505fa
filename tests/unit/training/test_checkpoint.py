"""Checkpoints: everything comes back, nothing else is accepted, nothing half written stays."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from liftveil.config import OptimiserName, config_table
from liftveil.errors import CheckpointError
from liftveil.networks import weights_bytes
from liftveil.training import load_checkpoint
from liftveil.training.checkpoint import save_checkpoint
from liftveil.training.state import fresh_state


def flat(value, prefix=""):
    """Nested dicts and lists as one dict, tensors as types and lists."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {name: leaf for key, inner in items for name, leaf in flat(inner, f"{prefix}/{key}").items()}
    return {prefix: (value.dtype, value.tolist()) if isinstance(value, torch.Tensor) else value}


def everything(state):
    optimisers = [optimiser.state_dict() for optimiser in state.optimisers]
    guard, scaler = state.guard.state_dict(), state.scaler.state_dict()
    rest = [guard, scaler, state.step, state.seconds, state.earlier, torch.get_rng_state()]
    return flat([dict(state.model.state_dict()), dict(state.average.state_dict()), optimisers, rest])


@pytest.fixture
def config(tiny_config):
    return tiny_config()


@pytest.fixture
def state(config, new_state, advance):
    """A state that has been through three steps, a bad one and a roll-back."""
    state = new_state(config, seed=1)
    advance(state, steps=3, seed=1)
    for loss in (0.1, 1 / 3, 2.0):
        state.guard.judge(loss, 1.0)
    state.guard.roll_back(3)
    state.guard.judge(float("nan"), 1.0)
    state.seconds, state.data = 12.3, "24 pictures"
    return state


@pytest.fixture
def saved(tmp_path, config, state):
    """A checkpoint alone in its folder."""
    path = tmp_path / "run" / "checkpoint.safetensors"
    path.parent.mkdir()
    save_checkpoint(path, state, config=config, journal_bytes=345)
    return path


def scaled(state):
    """The same with a scaler as for float16 on a GPU, here on the CPU."""
    return replace(state, scaler=torch.amp.GradScaler("cpu", init_scale=4096))


def metadata_of(path):
    with safe_open(path, "pt") as file:
        return file.metadata()


def refusal(path):
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    assert caught.value.path == str(path)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.fixture(params=["32", "64"])
def precision(request):
    return request.param


@pytest.fixture(params=get_args(OptimiserName))
def any_config(request, tiny_config, precision):
    """A configuration for each optimiser in each full precision."""
    name = request.param
    model = {"learned_strengths": name == "adam"}
    return tiny_config(optimiser={"name": name}, model=model, compute={"precision": precision})


def test_everything_comes_back_and_goes_on_alike(tmp_path, any_config, new_state, advance):
    config = any_config
    state, other = new_state(config, seed=1), new_state(config, seed=2)
    advance(state, steps=3, seed=1)
    save_checkpoint(tmp_path / "c", state, config=config, journal_bytes=0)
    before = everything(state)
    assert everything(other) != before
    load_checkpoint(tmp_path / "c").restore(other)
    assert everything(other) == before
    random = torch.get_rng_state()
    advance(state, steps=2, seed=5)
    torch.set_rng_state(random)
    advance(other, steps=2, seed=5)
    assert everything(other) == everything(state)


def test_what_is_no_tensor_comes_back_too(saved, state, config, new_state):
    other = new_state(config, seed=2)
    checkpoint = load_checkpoint(saved)
    checkpoint.restore(other)
    assert other.guard == state.guard
    assert (other.guard.rollbacks, other.guard.skipped, len(other.guard.losses)) == (1, 1, 3)
    assert (other.step, other.seconds, other.earlier) == (3, 12.3, "[]")
    assert checkpoint.journal_bytes == 345


def test_random_numbers_go_on_where_they_were(tmp_path, config, state):
    save_checkpoint(tmp_path / "c", state, config=config, journal_bytes=0)
    drawn = torch.rand(5)
    torch.manual_seed(77)
    load_checkpoint(tmp_path / "c").restore(fresh_state(config))
    assert torch.equal(torch.rand(5), drawn)


class TestTheScaler:
    def test_comes_back(self, tmp_path, config, state, new_state):
        state = scaled(state)
        state.scaler.scale(torch.ones(()))
        state.scaler.update(512.0)
        save_checkpoint(tmp_path / "c", state, config=config, journal_bytes=0)
        other = scaled(new_state(config, seed=2))
        load_checkpoint(tmp_path / "c").restore(other)
        assert other.scaler.get_scale() == 512
        assert other.scaler.state_dict() == state.scaler.state_dict()

    def test_starts_anew_when_a_run_goes_on_in_float16(self, saved, config, new_state):
        other = scaled(new_state(config, seed=2))
        load_checkpoint(saved).restore(other)
        assert (other.step, other.scaler.get_scale()) == (3, 4096)

    def test_is_left_when_a_run_goes_on_in_another_precision(self, tmp_path, config, state, new_state):
        save_checkpoint(tmp_path / "c", scaled(state), config=config, journal_bytes=0)
        other = new_state(config, seed=2)
        load_checkpoint(tmp_path / "c").restore(other)
        assert (other.step, other.scaler.is_enabled()) == (3, False)


def test_a_run_may_go_on_in_float64(saved, state, tiny_config):
    other = fresh_state(tiny_config(compute={"precision": "64"}))
    load_checkpoint(saved).restore(other)
    mine, theirs = state.model.state_dict(), other.model.state_dict()
    assert all(torch.equal(tensor.to(theirs[name]), theirs[name]) for name, tensor in mine.items())
    assert {parameter.dtype for parameter in other.model.parameters()} == {torch.float64}


def test_a_checkpoint_before_the_first_step_comes_back_too(tmp_path, config, new_state):
    state, other = new_state(config, seed=1), new_state(config, seed=2)
    save_checkpoint(tmp_path / "c", state, config=config, journal_bytes=0)
    before = everything(state)
    load_checkpoint(tmp_path / "c").restore(other)
    assert everything(other) == before


def test_the_file_says_where_the_run_was(saved, config):
    checkpoint = load_checkpoint(saved)
    assert (checkpoint.path, checkpoint.step, checkpoint.progress["seconds"]) == (saved, 3, 12.3)
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
    assert facts.keys() == {"liftveil", "config", "steps", "training_seconds", "torch", "earlier_runs", "data"}
    assert facts["data"] == "24 pictures"
    assert all(isinstance(value, str) for value in facts.values())


def test_facts_of_earlier_runs_come_back_and_this_one_s_join_them(tmp_path, saved, state, config):
    first = load_checkpoint(saved)
    own = {key: value for key, value in first.facts().items() if key != "earlier_runs"}
    assert json.loads(first.facts()["earlier_runs"]) == []
    assert json.loads(first.history()) == [own]
    later = replace(state, earlier=first.history(), step=5)
    save_checkpoint(tmp_path / "c", later, config=config, journal_bytes=0)
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
        ({"step": '"three"'}, "its training run cannot be read ("),
        ({"seconds": ""}, "its training run cannot be read ("),
        ({"journal_bytes": "null"}, "its training run cannot be read ("),
        ({"guard": "{}"}, "its training run cannot be read ("),
        ({"guard": "3"}, "its training run cannot be read ("),
    ],
)
def test_a_training_run_that_makes_no_sense_is_refused(saved, change, problem):
    tensors, metadata = load_file(saved), metadata_of(saved)
    save_file(tensors, saved, metadata | change)
    assert refusal(saved).startswith(problem)
    save_file(tensors, saved, metadata)
    assert load_checkpoint(saved).step == 3


def test_an_older_training_run_need_not_say_its_pictures(saved):
    tensors, metadata = load_file(saved), metadata_of(saved)
    del metadata["data"]
    save_file(tensors, saved, metadata)
    assert load_checkpoint(saved).data == ""
    assert "data" not in load_checkpoint(saved).facts()


@pytest.mark.parametrize("key", ["config", "step", "seconds", "earlier", "guard", "scaler", "journal_bytes"])
def test_a_training_run_that_lacks_something_is_refused(saved, key):
    tensors, metadata = load_file(saved), metadata_of(saved)
    del metadata[key]
    save_file(tensors, saved, metadata)
    assert refusal(saved) == "holds tensors but no training run; give a checkpoint.safetensors of a run"


WEIGHT = "chain.steps.0.coupling.conditioner.entry.weight"


@pytest.mark.parametrize("lost", [f"model.{WEIGHT}", f"average.module.{WEIGHT}", "random"])
def test_a_checkpoint_without_one_of_its_tensors_is_refused(saved, lost):
    tensors, metadata = load_file(saved), metadata_of(saved)
    del tensors[lost]
    save_file(tensors, saved, metadata)
    assert refusal(saved) == "its tensors are not those of a run of its model"


def test_weights_of_another_shape_are_refused(saved, tiny_config):
    wider = json.dumps(config_table(tiny_config(model={"width": 5})))
    save_file(load_file(saved), saved, metadata_of(saved) | {"config": wider})
    assert refusal(saved) == "its tensors are not those of a run of its model"


def test_a_later_checkpoint_takes_the_place_of_the_earlier(saved, state, config, advance):
    advance(state, steps=1, seed=2)
    save_checkpoint(saved, state, config=config, journal_bytes=400)
    checkpoint = load_checkpoint(saved)
    assert (checkpoint.step, checkpoint.journal_bytes) == (4, 400)
    assert all(torch.equal(tensor, checkpoint.part("model")[name]) for name, tensor in state.model.state_dict().items())
    assert list(saved.parent.iterdir()) == [saved]


FAILURES = [
    (errno.ENOSPC, "the disk is full"),
    (errno.EROFS, "the disk is read-only"),
    (errno.EFBIG, "the file would be larger than the system allows"),
    (errno.EIO, os.strerror(errno.EIO)),
]


@pytest.fixture(params=["write", "fsync"])
def failing(request, monkeypatch):
    """Make the writing of files fail from now on: ``failing(errno.ENOSPC)``."""

    def fail(code):
        def refuse(_):
            raise OSError(code, os.strerror(code))

        def opened(path, mode):
            file = really_open(path, mode)
            file.write = refuse
            return file

        def taken(number, mode):
            file = really_take(number, mode)
            file.write = refuse
            return file

        really_open, really_take = Path.open, os.fdopen
        if request.param == "fsync":
            monkeypatch.setattr(os, "fsync", refuse)
        else:
            monkeypatch.setattr(Path, "open", opened)
            monkeypatch.setattr(os, "fdopen", taken)

    return fail


@pytest.mark.parametrize(("code", "words"), FAILURES)
def test_a_disk_that_fails_keeps_the_earlier_checkpoint(saved, state, failing, code, words):
    config, before = load_checkpoint(saved).config, saved.read_bytes()
    state.step = 4
    failing(code)
    with pytest.raises(CheckpointError) as caught:
        save_checkpoint(saved, state, config=config, journal_bytes=0)
    assert caught.value.path == str(saved)
    assert f"the checkpoint of step 4 was not written ({saved}: {words}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_folder_that_is_not_there_is_an_error_that_names_the_file(tmp_path, state, config):
    path = tmp_path / "missing" / "checkpoint.safetensors"
    with pytest.raises(CheckpointError) as caught:
        save_checkpoint(path, state, config=config, journal_bytes=0)
    assert caught.value.path == str(path)


@pytest.mark.parametrize(("share", "told"), [(0.0, None), (0.5, "72"), ({"first": 0.9, "last": 0.0}, None)])
def test_facts_say_which_jpeg_the_secret_survives(tmp_path, state, tiny_config, share, told):
    channel = {"jpeg": share, "jpeg_quality": {"first": 100, "last": 72}}
    save_checkpoint(tmp_path / "c", state, config=tiny_config(channel=channel), journal_bytes=0)
    assert load_checkpoint(tmp_path / "c").facts().get("jpeg_quality") == told
