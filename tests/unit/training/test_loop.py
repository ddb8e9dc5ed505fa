"""Tiny trainings: they learn, they can be cut off, and they come out the same every time."""

import json
from typing import NamedTuple

import pytest
import torch

from liftveil.config import Config
from liftveil.errors import CheckpointError, DataError
from liftveil.training import CHECKPOINT, JOURNAL, Folders, load_checkpoint, loop, train
from liftveil.training.optimiser import rate_factor

VALIDATION_PX = 32


class Run(NamedTuple):
    """What a training left behind, and the figures of each step as it told them."""

    config: Config
    folders: Folders
    progress: list[tuple[int, dict[str, float]]]

    @property
    def checkpoint(self):
        return load_checkpoint(self.folders.run / CHECKPOINT)

    @property
    def journal(self):
        """All records without their times."""
        lines = (self.folders.run / JOURNAL).read_text(encoding="utf-8").splitlines()
        return [{key: value for key, value in json.loads(line).items() if key != "time"} for line in lines]

    @property
    def losses(self):
        return [figures["loss"] for _, figures in self.progress]


@pytest.fixture(scope="module", autouse=True)
def _small_validation():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "VALIDATION_PX", VALIDATION_PX)
        yield


@pytest.fixture(scope="module")
def run(photos, tmp_path_factory):
    """Train, in a folder of its own unless one is given, and tell about it."""

    def act(config, *, folder=None, resume=False, stop_at=None, initial=None):
        folders = Folders(photos, photos, folder or tmp_path_factory.mktemp("run") / "made" / "here", initial)
        told = []

        def progress(step, figures):
            told.append((step, dict(figures)))
            if step == stop_at:
                raise KeyboardInterrupt

        if stop_at is None:
            assert train(config, folders, progress, resume=resume) == folders.run / CHECKPOINT
        else:
            with pytest.raises(KeyboardInterrupt):
                train(config, folders, progress, resume=resume)
        return Run(config, folders, told)

    return act


@pytest.fixture(scope="module", params=["adam", "muon"])
def undisturbed(request, tiny_config, run):
    """A run from start to end."""
    return run(tiny_config(optimiser={"name": request.param}))


def assert_same_outcome(run, other):
    assert run.journal == other.journal
    mine, theirs = run.checkpoint, other.checkpoint
    assert mine.step == theirs.step
    assert mine.tensors.keys() == theirs.tensors.keys()
    assert [name for name, tensor in mine.tensors.items() if not torch.equal(tensor, theirs.tensors[name])] == []


def test_the_loss_falls(undisturbed):
    losses = undisturbed.losses
    assert len(losses) == 24
    assert sum(losses[-6:]) < 0.7 * sum(losses[:6])


def test_every_step_is_told_with_its_rate(undisturbed):
    config = undisturbed.config
    assert [step for step, _ in undisturbed.progress] == list(range(1, 25))
    rates = [figures["rate"] for _, figures in undisturbed.progress]
    assert rates == [1e-2 * rate_factor(step, 24, config.optimiser) for step in range(24)]
    assert all(figures["gradient_norm"] > 0 for _, figures in undisturbed.progress)


def test_validations_stand_in_the_journal_in_their_rhythm(undisturbed):
    journal = undisturbed.journal
    assert [record["step"] for record in journal] == [6, 12, 18, 24]
    told = dict(undisturbed.progress)
    for record in journal:
        assert {"step": record["step"], **told[record["step"]]} == record
        assert {"loss", "rate", "gradient_norm", "cover_db", "secret_file_db", "noise_gain"} <= record.keys()
    assert "cover_db" not in told[7]
    assert journal[-1]["secret_file_db"] > journal[0]["secret_file_db"]


def test_the_last_checkpoint_is_that_of_the_last_step(undisturbed):
    checkpoint = undisturbed.checkpoint
    assert checkpoint.step == 24
    assert checkpoint.config == undisturbed.config
    assert checkpoint.seconds > 0
    assert sorted(path.name for path in undisturbed.folders.run.iterdir()) == [CHECKPOINT, JOURNAL]


@pytest.mark.parametrize("stop_at", [11, 19])
def test_a_run_that_is_cut_off_goes_on_to_the_same_end(undisturbed, run, stop_at):
    cut_off = run(undisturbed.config, stop_at=stop_at)
    saved = stop_at // 8 * 8
    assert cut_off.checkpoint.step == saved
    assert cut_off.journal == undisturbed.journal[: stop_at // 6]
    resumed = run(undisturbed.config, folder=cut_off.folders.run, resume=True)
    assert [step for step, _ in resumed.progress] == list(range(saved + 1, 25))
    assert resumed.progress == undisturbed.progress[saved:]
    assert resumed.checkpoint.seconds > 0
    assert_same_outcome(resumed, undisturbed)


def test_the_journal_of_a_run_that_goes_on_is_cut_back_first(tiny_config, run):
    config = tiny_config()
    cut_off = run(config, stop_at=15)
    assert [record["step"] for record in cut_off.journal] == [6, 12]
    again = run(config, folder=cut_off.folders.run, resume=True, stop_at=9)
    assert [record["step"] for record in again.journal] == [6]


def test_a_new_run_in_an_old_folder_starts_anew(undisturbed, run, tmp_path):
    config = undisturbed.config
    run(config, folder=tmp_path, stop_at=20)
    assert_same_outcome(run(config, folder=tmp_path), undisturbed)


def test_a_finished_run_has_nothing_to_go_on_with(undisturbed, run):
    before = undisturbed.checkpoint.tensors
    resumed = run(undisturbed.config, folder=undisturbed.folders.run, resume=True)
    assert resumed.progress == []
    assert len(resumed.journal) == 4
    assert all(torch.equal(tensor, before[name]) for name, tensor in resumed.checkpoint.tensors.items())


def test_another_seed_is_another_run(tiny_config, run):
    short = {"steps": 2, "normalise": False}
    first = run(tiny_config(training=short))
    second = run(tiny_config(training=short | {"seed": 6}))
    assert first.losses != second.losses
    name = "model.chain.steps.0.coupling.conditioner.entry.weight"
    assert not torch.equal(first.checkpoint.tensors[name], second.checkpoint.tensors[name])


def test_the_last_step_is_validated_and_saved_whatever_the_rhythm(tiny_config, run):
    rhythm = {"steps": 5, "validate_every": 3, "checkpoint_every": 100}
    result = run(tiny_config(training=rhythm))
    assert [record["step"] for record in result.journal] == [3, 5]
    assert result.checkpoint.step == 5


def test_an_average_without_memory_is_the_model(tiny_config, run):
    result = run(tiny_config(training={"steps": 3}, optimiser={"ema_decay": 0}))
    model, average = result.checkpoint.part("model"), result.checkpoint.part("average.module")
    assert all(torch.equal(tensor, average[name]) for name, tensor in model.items())
    slow = run(tiny_config(training={"steps": 3}, optimiser={"ema_decay": 0.5})).checkpoint
    name = "chain.steps.0.normalisation.bias"
    assert not torch.equal(slow.part("model")[name], slow.part("average.module")[name])


@pytest.fixture
def seen(monkeypatch):
    """Exchanges as the loop makes them, with the network's state before each."""
    made, exchange = [], loop.exchange

    def spy(model, cover, secret):
        state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        result = exchange(model, cover, secret)
        made.append((state, result))
        return result

    monkeypatch.setattr(loop, "exchange", spy)
    return made


def sides(seen):
    return [tuple(result.cover.shape[-2:]) for _, result in seen]


def test_ragged_steps_have_smaller_crops_the_same_ones_every_time(tiny_config, run, seen):
    config = tiny_config(data={"ragged": 1}, training={"steps": 16, "validate_every": 100})
    run(config)
    shapes = sides(seen)
    assert {side for shape in shapes for side in shape} == {21, 22, 23, 24}
    assert any(height != width for height, width in shapes)
    seen.clear()
    run(config)
    assert sides(seen) == shapes


def test_ragged_steps_are_as_frequent_as_they_should_be(tiny_config, run, seen):
    training = {"steps": 16, "validate_every": 100}
    run(tiny_config(data={"ragged": 0}, training=training))
    assert set(sides(seen)) == {(24, 24)}
    seen.clear()
    run(tiny_config(data={"ragged": 0.5}, training=training))
    assert 3 <= sum(shape != (24, 24) for shape in sides(seen)) <= 12


def test_a_step_sees_whole_grey_levels_of_different_pictures(tiny_config, run, seen):
    run(tiny_config(training={"steps": 2}))
    for _, result in seen:
        assert result.cover.shape[:2] == (2, 3)
        for picture in (result.cover, result.secret):
            assert torch.equal(picture, picture.round().clamp(0, 255))
            assert picture.max() > 1
        assert not torch.equal(result.cover, result.secret)


@pytest.mark.parametrize("normalise", [False, True])
def test_every_run_starts_with_the_cover_as_the_stego(tiny_config, run, seen, normalise):
    run(tiny_config(training={"steps": 1, "normalise": normalise}))
    [(state, result)] = seen
    torch.testing.assert_close(result.stego, result.cover, rtol=0, atol=1e-2)
    assert state["chain.steps.0.normalisation.log_scale"].any() == normalise


@pytest.fixture(scope="module")
def earlier(tiny_config, run):
    """A short run whose average lags behind its model."""
    return run(tiny_config(training={"steps": 3}, optimiser={"ema_decay": 0.5}))


def test_a_run_may_start_from_another_s_averaged_weights(tiny_config, run, earlier, seen):
    initial = earlier.folders.run / CHECKPOINT
    result = run(tiny_config(training={"steps": 2, "seed": 9}, optimiser={"name": "adam"}), initial=initial)
    expected = earlier.checkpoint.average_model().state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in seen[0][0].items())
    assert [step for step, _ in result.progress] == [1, 2]
    assert result.checkpoint.config == result.config


def test_a_run_that_goes_on_does_not_start_from_another_s_weights_again(tiny_config, run, earlier, seen):
    initial = earlier.folders.run / CHECKPOINT
    config = tiny_config(training={"steps": 4, "checkpoint_every": 2})
    cut_off = run(config, initial=initial, stop_at=2)
    saved = cut_off.checkpoint.part("model")
    seen.clear()
    run(config, folder=cut_off.folders.run, initial=initial, resume=True)
    assert all(torch.equal(tensor, saved[name]) for name, tensor in seen[0][0].items())


def test_a_run_remembers_the_runs_before_it(tiny_config, run, earlier):
    assert earlier.checkpoint.facts()["earlier_runs"] == "[]"
    initial = earlier.folders.run / CHECKPOINT
    second = run(tiny_config(training={"steps": 2}), initial=initial)
    third = run(tiny_config(training={"steps": 1}), initial=second.folders.run / CHECKPOINT)
    resumed = run(tiny_config(training={"steps": 2}), folder=third.folders.run, resume=True)
    for result in (third, resumed):
        before = json.loads(result.checkpoint.facts()["earlier_runs"])
        assert [facts["steps"] for facts in before] == ["3", "2"]
        assert json.loads(before[0]["config"])["training"]["steps"] == 3


def test_weights_of_another_model_are_no_start(tiny_config, photos, earlier, tmp_path):
    initial = earlier.folders.run / CHECKPOINT
    with pytest.raises(CheckpointError, match="another model") as refusal:
        train(tiny_config(model={"width": 5}), Folders(photos, photos, tmp_path, initial), fail_if_told)
    assert refusal.value.path == str(initial)
    with pytest.raises(CheckpointError) as refusal:
        train(tiny_config(), Folders(photos, photos, tmp_path, tmp_path / "missing"), fail_if_told)
    assert refusal.value.path == str(tmp_path / "missing")


def test_stretched_crops_reach_both_ends_of_the_range(tiny_config, run, seen):
    for stretch, reached in ((0.0, False), (1.0, True)):
        seen.clear()
        run(tiny_config(data={"stretch": stretch}, training={"steps": 4, "normalise": False}))
        saturated = torch.cat([((p == 0) | (p == 255)).flatten() for _, r in seen for p in (r.cover, r.secret)])
        assert (saturated.float().mean() > 0.02) == reached


def test_a_run_without_its_checkpoint_cannot_go_on(tiny_config, photos, tmp_path):
    with pytest.raises(CheckpointError) as refusal:
        train(tiny_config(), Folders(photos, photos, tmp_path), fail_if_told, resume=True)
    assert refusal.value.path == str(tmp_path / CHECKPOINT)


@pytest.mark.parametrize("change", [{"model": {"width": 5}}, {"optimiser": {"name": "adam"}}], ids=str)
def test_a_checkpoint_of_another_configuration_is_refused(tiny_config, run, change):
    made = run(tiny_config(training={"steps": 1}))
    with pytest.raises(CheckpointError, match="another model or optimiser") as refusal:
        train(tiny_config(**change), made.folders, fail_if_told, resume=True)
    assert refusal.value.path == str(made.folders.run / CHECKPOINT)


def test_a_longer_schedule_may_go_on_from_a_shorter(tiny_config, run):
    made = run(tiny_config(training={"steps": 2}))
    longer = run(tiny_config(training={"steps": 4}), folder=made.folders.run, resume=True)
    assert [step for step, _ in longer.progress] == [3, 4]


def test_a_run_s_folder_that_cannot_be_made_is_an_error_that_names_it(tiny_config, photos, tmp_path):
    (tmp_path / "taken").touch()
    for folder in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(CheckpointError, match="cannot be made a folder") as refusal:
            train(tiny_config(), Folders(photos, photos, folder), fail_if_told)
        assert refusal.value.path == str(folder)


def test_folders_that_cannot_serve_are_refused_by_name(tiny_config, photos, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    for folders in (Folders(empty, photos, tmp_path / "a"), Folders(photos, empty, tmp_path / "b")):
        with pytest.raises(DataError) as refusal:
            train(tiny_config(), folders, fail_if_told)
        assert refusal.value.path == str(empty)


def test_validation_pictures_smaller_than_its_crops_are_refused_before_the_first_step(
    tiny_config, photos, tmp_path, monkeypatch
):
    monkeypatch.setattr(loop, "VALIDATION_PX", 44)
    with pytest.raises(DataError, match="is smaller than the crops of 44x44"):
        train(tiny_config(), Folders(photos, photos, tmp_path), fail_if_told)


def fail_if_told(step, _):
    raise AssertionError(f"step {step} was taken")
