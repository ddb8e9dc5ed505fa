"""Where a run starts from: nothing, another run, its own checkpoint; and what it refuses to start from."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from liftveil.config import config_table
from liftveil.errors import CheckpointError, DataError, ModelError
from liftveil.networks import load_weights, weights_bytes
from liftveil.training import CHECKPOINT, Folders, load_checkpoint, train
from liftveil.training.preparation import open_run, prepare_state
from liftveil.weights import find_model


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
    assert [facts["steps"] for facts in earlier_runs(third)] == ["3", "2"]
    resumed = run(tiny_config(training={"steps": 1}), folder=third.folders.run, resume=True)
    assert [facts["steps"] for facts in earlier_runs(resumed)] == ["3", "2"]
    longer = run(tiny_config(training={"steps": 2}), folder=third.folders.run, resume=True)
    assert [facts["steps"] for facts in earlier_runs(longer)] == ["3", "2", "1"]
    assert json.loads(earlier_runs(longer)[0]["config"])["training"]["steps"] == 3


def earlier_runs(result):
    return json.loads(result.checkpoint.facts()["earlier_runs"])


@pytest.fixture
def published(tmp_path, tiny_config, stirred):
    """The weights of a model with a rounding metric, which went through two runs."""

    def write(**facts):
        model = stirred(tiny_config())
        model.rounding_metric[3, 8] = model.rounding_metric[8, 3] = 0.25
        path = tmp_path / "model" / "weights.safetensors"
        path.parent.mkdir()
        path.write_bytes(weights_bytes(model, facts))
        return path, {name: tensor.clone() for name, tensor in model.state_dict().items()}

    return write


def test_a_run_may_start_from_a_published_model_s_weights(tiny_config, run, published, seen):
    path, weights = published()
    result = run(tiny_config(training={"steps": 2}), initial=path)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in seen[0][0].items())
    assert torch.equal(result.checkpoint.tensors["average.module.rounding_metric"], weights["rounding_metric"])


def test_a_run_remembers_what_a_published_model_says_of_itself(tiny_config, run, published):
    first = {"liftveil": "0.1", "steps": "3"}
    path, _ = published(liftveil="0.2", steps="7", earlier_runs=json.dumps([first]))
    assert earlier_runs(run(tiny_config(training={"steps": 1}), initial=path)) == [
        first,
        {"liftveil": "0.2", "steps": "7"},
    ]


def test_the_shipped_model_s_weights_can_be_started_from(tiny_config, photos, tmp_path):
    """It is older than shaped noise, so its files are rounded to the nearest until a run changes that."""
    path = find_model("starinn-1").file("weights.safetensors")
    model = load_weights(path)
    state = prepare_state(
        tiny_config(model=config_table(model.config)), Folders(photos, photos, tmp_path, path), [], torch.device("cpu")
    )
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in state.averaged.state_dict().items())
    assert state.model.shaper() is None
    assert json.loads(state.earlier)[-1]["steps"]


def test_a_published_model_of_another_kind_is_no_start(tiny_config, photos, tmp_path, told, published):
    initial, _ = published()
    with pytest.raises(CheckpointError, match="is of another model than the configuration") as refusal:
        train(tiny_config(model={"width": 5}), Folders(photos, photos, tmp_path, initial), told(stop_at=1))
    assert refusal.value.path == str(initial)
    initial.write_bytes(b"garbage")
    with pytest.raises(ModelError) as refusal:
        train(tiny_config(), Folders(photos, photos, tmp_path, initial), told(stop_at=1))
    assert refusal.value.model == str(initial)


def test_a_network_with_more_blocks_starts_as_the_smaller_one(tiny_config, photos, earlier, tmp_path):
    config = tiny_config(model={"blocks": 3})
    folders = Folders(photos, photos, tmp_path, earlier.folders.run / CHECKPOINT)
    state = prepare_state(config, folders, [], torch.device("cpu"))
    cover, secret = 255 * torch.rand(2, 1, 3, 16, 16)
    before = load_checkpoint(earlier.folders.run / CHECKPOINT).average_model()
    torch.testing.assert_close(state.model.embed(cover, secret), before.embed(cover, secret))


def test_weights_of_another_model_are_no_start(tiny_config, photos, earlier, tmp_path, told):
    initial = earlier.folders.run / CHECKPOINT
    with pytest.raises(CheckpointError, match="another model") as refusal:
        train(tiny_config(model={"width": 5}), Folders(photos, photos, tmp_path, initial), told(stop_at=1))
    assert refusal.value.path == str(initial)
    with pytest.raises(CheckpointError) as refusal:
        train(tiny_config(), Folders(photos, photos, tmp_path, tmp_path / "missing"), told(stop_at=1))
    assert refusal.value.path == str(tmp_path / "missing")


def test_stretched_crops_reach_both_ends_of_the_range(tiny_config, run, seen):
    for stretch, reached in ((0.0, False), (1.0, True)):
        seen.clear()
        run(tiny_config(data={"stretch": stretch}, training={"steps": 4, "normalise": False}))
        saturated = torch.cat([((p == 0) | (p == 255)).flatten() for _, r in seen for p in (r.cover, r.secret)])
        assert (saturated.float().mean() > 0.02) == reached


def test_crops_of_any_size_can_be_started_from(tiny_config, run):
    config = tiny_config(data={"crop_px": 25}, training={"steps": 1, "normalise": True})
    assert run(config).checkpoint.step == 1


def test_what_is_usual_is_learnt_anew_with_another_objective(tiny_config, run):
    made = run(tiny_config(training={"steps": 3}, objective={"unit": 200.0}))
    longer = tiny_config(training={"steps": 5}, objective={"unit": 2.0})
    again = run(longer, folder=made.folders.run, resume=True)
    assert [note for note in again.notes if "skipped" in note] == []
    assert again.losses[0] > 100 * max(made.losses)
    assert [json.loads(facts["config"])["objective"]["unit"] for facts in earlier_runs(again)] == [200.0]


def test_a_run_without_its_checkpoint_cannot_go_on(tiny_config, photos, tmp_path, told):
    with pytest.raises(CheckpointError) as refusal:
        train(tiny_config(), Folders(photos, photos, tmp_path), told(stop_at=1), resume=True)
    assert refusal.value.path == str(tmp_path / CHECKPOINT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model": {"width": 5}}, r"another model: here, model\.width = 5 instead of 4$"),
        ({"optimiser": {"name": "adam"}}, "another optimiser"),
    ],
    ids=str,
)
def test_a_checkpoint_of_another_configuration_is_refused(tiny_config, run, change, reason, told):
    made = run(tiny_config(training={"steps": 1}))
    with pytest.raises(CheckpointError, match=reason) as refusal:
        train(tiny_config(**change), made.folders, told(stop_at=1), resume=True)
    assert refusal.value.path == str(made.folders.run / CHECKPOINT)


def test_other_pictures_are_told_and_are_another_run(tiny_config, run, photos, tmp_path, told):
    made, observer = run(tiny_config(training={"steps": 2})), told()
    before = made.checkpoint
    others = Path(shutil.copytree(photos, tmp_path / "others"))
    min(others.iterdir()).unlink()
    train(tiny_config(training={"steps": 3}), replace(made.folders, training=others), observer, resume=True)
    after = load_checkpoint(made.folders.run / CHECKPOINT)
    assert before.data.startswith("6 pictures, ")
    assert after.data.startswith("5 pictures, ")
    assert f"going on with other pictures: {after.data} instead of {before.data}" in observer.notes
    assert [facts["data"] for facts in after.progress["earlier"]] == [before.data]


def test_a_longer_schedule_may_go_on_from_a_shorter(tiny_config, run):
    made = run(tiny_config(training={"steps": 2}))
    longer = run(tiny_config(training={"steps": 4}), folder=made.folders.run, resume=True)
    assert longer.notes == ["going on with training.steps = 4 instead of 2"]
    assert [step for step, _ in longer.progress] == [3, 4]


def test_a_run_s_folder_that_cannot_be_made_is_an_error_that_names_it(tiny_config, photos, tmp_path, told):
    (tmp_path / "taken").touch()
    for folder in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(CheckpointError, match="cannot be made a folder") as refusal:
            train(tiny_config(), Folders(photos, photos, folder), told(stop_at=1))
        assert refusal.value.path == str(folder)


def test_folders_that_cannot_serve_are_refused_by_name(tiny_config, photos, tmp_path, told):
    empty = tmp_path / "empty"
    empty.mkdir()
    for folders in (Folders(empty, photos, tmp_path / "a"), Folders(photos, empty, tmp_path / "b")):
        with pytest.raises(DataError) as refusal:
            train(tiny_config(), folders, told(stop_at=1))
        assert refusal.value.path == str(empty)


def test_pictures_to_judge_by_that_are_trained_on_are_told(tiny_config, photos, judged, tmp_path, told):
    mixed = Path(shutil.copytree(judged, tmp_path / "mixed"))
    (mixed / "0.png").unlink()
    (mixed / "0.png").symlink_to(photos / "0.png")
    observer = told()
    train(tiny_config(training={"steps": 1}), Folders(photos, mixed, tmp_path / "run"), observer)
    assert observer.notes == [
        f"1 of the pictures to judge by are trained on as well, such as {(photos / '0.png').resolve()}"
    ]


def test_pictures_that_cannot_be_read_are_named_and_left_out(tiny_config, photos, judged, tmp_path, told):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for path in sorted(photos.iterdir()):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "broken.png").write_bytes((photos / "0.png").read_bytes()[:200])
    observer = told()
    config = tiny_config(training={"steps": 2})
    train(config, Folders(folder, judged, tmp_path / "run"), observer)
    [note] = observer.notes
    assert note.startswith(f"{folder / 'broken.png'} is left out: ")
    without = told()
    train(config, Folders(photos, judged, tmp_path / "other"), without)
    assert observer.steps == without.steps


def test_validation_pictures_may_be_smaller_than_their_crops(tiny_config, run):
    [record] = [r for r in run(tiny_config(training={"steps": 1, "validation_px": 1000})).journal if "cover_db" in r]
    assert record["cover_db"] > 30


def test_a_run_s_folder_is_cleaned_of_writes_that_were_cut_off(tmp_path):
    (tmp_path / "pictures").mkdir()
    for name in (".liftveil-0123.tmp", "pictures/.liftveil-4567.tmp", ".precious", "journal.jsonl"):
        (tmp_path / name).touch()
    with open_run(tmp_path, resume=True):
        assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", ".precious", "journal.jsonl", "pictures"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".precious", "journal.jsonl", "pictures"]
    assert list((tmp_path / "pictures").iterdir()) == []


@pytest.mark.parametrize("resume", [True, False])
def test_a_folder_where_a_training_is_at_work_is_refused(tmp_path, resume):
    (tmp_path / ".lock").touch()  # of a training that was killed
    with open_run(tmp_path, resume=False):
        kept = tmp_path / "pictures/step-000400.png"
        kept.touch()
        with (
            pytest.raises(CheckpointError, match="another training is at work here"),
            open_run(tmp_path, resume=resume),
        ):
            pass
        assert kept.exists()
    with open_run(tmp_path, resume=True):
        pass


@pytest.mark.parametrize("resume", [True, False])
def test_pictures_of_a_run_that_is_replaced_are_removed(tmp_path, resume):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name in ("step-000400.png", "mine.png"):
        (pictures / name).touch()
    with open_run(tmp_path, resume=resume):
        pass
    assert {path.name for path in pictures.iterdir()} == {"mine.png"} | ({"step-000400.png"} if resume else set())


def test_a_finished_run_says_that_there_is_nothing_left_to_do(tiny_config, run):
    config = tiny_config(training={"steps": 2})
    made = run(config)
    again = run(config, folder=made.folders.run, resume=True)
    assert again.notes == ["all 2 steps have been taken; to go on, raise 'training.steps'"]
