"""Runs that differ in their seed alone, as one."""

import json

import numpy as np
import pytest

from liftveil.errors import CheckpointError
from liftveil.evaluation import Seeds, by_seed
from liftveil.evaluation.runs import Run, read_runs
from liftveil.training.checkpoint import save_checkpoint
from liftveil.training.state import fresh_state


def run(name, values, key="loss", events=None):
    """A run with a figure at its steps."""
    return Run(name, [{"step": step, key: value} for step, value in values.items()], events or {})


def pairs(curve):
    steps, values = curve
    assert (steps.dtype, values.dtype) == (np.int64, np.float64)
    return dict(zip(steps.tolist(), values.tolist(), strict=True))


@pytest.fixture
def folder_of(tmp_path, tiny_config):
    """Make the folder of a run with a checkpoint and a journal; changes to the configuration by section."""

    def make(name, data="", earlier="[]", **changes):
        config = tiny_config(**changes)
        state = fresh_state(config)
        state.data, state.earlier = data, earlier
        (tmp_path / name).mkdir()
        (tmp_path / name / "journal.jsonl").write_text('{"step": 10, "loss": 2.0}\n')
        save_checkpoint(tmp_path / name / "checkpoint.safetensors", state, config=config, journal_bytes=0)
        return tmp_path / name

    return make


class TestSeeds:
    def test_are_drawn_as_their_mean_between_least_and_greatest(self):
        runs = [run("a", {10: 1.0, 20: 2.0}), run("b", {10: 3.0, 20: 8.0}), run("c", {10: 5.0, 20: 5.0})]
        seeds = Seeds("all", runs)
        assert pairs(seeds.curve("loss")) == {10: 3.0, 20: 5.0}
        assert [pairs(edge) for edge in seeds.band("loss")] == [{10: 1.0, 20: 2.0}, {10: 5.0, 20: 8.0}]

    def test_reach_as_far_as_all_runs_do_but_none_is_cut_off(self):
        seeds = Seeds("all", [run("a", {10: 1.0, 20: 2.0, 30: 3.0}), run("b", {10: 3.0, 30: 5.0})])
        assert pairs(seeds.curve("loss")) == {10: 2.0, 30: 4.0}
        assert [pairs(edge) for edge in seeds.band("loss")] == [{10: 1.0, 30: 3.0}, {10: 3.0, 30: 5.0}]
        longer = Seeds("all", [run("a", {10: 1.0, 20: 2.0}), run("b", {10: 1.0})])
        assert (pairs(longer.curve("loss")), longer.last_step) == ({10: 1.0}, 20)

    @pytest.mark.parametrize("key", ["noise_gain", "missing"])
    def test_have_no_curve_of_what_a_run_lacks(self, key):
        seeds = Seeds("all", [run("a", {10: 1.0}, "noise_gain"), run("b", {10: 1.0})])
        assert pairs(seeds.curve(key)) == {}
        assert [pairs(edge) for edge in seeds.band(key)] == [{}, {}]

    def test_leave_out_steps_at_which_a_run_has_no_number(self):
        seeds = Seeds("all", [run("a", {10: "nan", 20: 1.0}), run("b", {10: 1.0, 20: 3.0})])
        assert pairs(seeds.curve("loss")) == {20: 2.0}

    def test_have_the_events_of_all_runs(self):
        events = [{"skipped": [30, 40]}, {"went back": [7], "skipped": [5, 30]}, {}]
        seeds = Seeds("all", [run(name, {10: 1.0}, events=one) for name, one in zip("abc", events, strict=True)])
        assert seeds.events == {"skipped": [5, 30, 30, 40], "went back": [7]}

    def test_of_a_single_run_are_that_run(self):
        one = run("a", {10: 1.0, 20: 4.0}, events={"skipped": [3]})
        seeds = Seeds("a", [one])
        assert pairs(seeds.curve("loss")) == pairs(one.curve("loss"))
        assert [pairs(edge) for edge in seeds.band("loss")] == [pairs(one.curve("loss"))] * 2
        assert (seeds.events, seeds.last_step) == (one.events, one.last_step)


class TestBySeed:
    def test_runs_that_differ_in_nothing_else_are_put_together(self, folder_of):
        folders = [
            folder_of("a", training={"seed": 0}),
            folder_of("wider", model={"width": 6}, training={"seed": 0}),
            folder_of("b", training={"seed": 1}),
            folder_of("c", training={"seed": 2}),
        ]
        groups = by_seed(read_runs(folders), folders)
        assert [group.name for group in groups] == ["a and others, 3 seeds", "wider"]
        assert [[member.name for member in group.runs] for group in groups] == [["a", "b", "c"], ["wider"]]

    @pytest.mark.parametrize(
        "changes",
        [{"training": {"steps": 30}}, {"data": {"batch": 3}}, {"optimiser": {"rate": 0.02}}, {"model": {"blocks": 1}}],
    )
    def test_any_other_difference_keeps_them_apart(self, folder_of, changes):
        other = {"training": {"seed": 1}} | changes
        folders = [folder_of("a"), folder_of("b", **other)]
        assert [group.name for group in by_seed(read_runs(folders), folders)] == ["a", "b"]

    def test_other_pictures_or_runs_before_keep_them_apart(self, folder_of):
        before = {"config": json.dumps({"training": {"steps": 9, "seed": 4}})}
        folders = [
            folder_of("a", data="284 pictures"),
            folder_of("b", data="9 pictures"),
            folder_of("c", data="284 pictures", earlier=json.dumps([before])),
            folder_of("d", data="284 pictures", earlier=json.dumps([{"liftveil": "0.1.0"}])),
        ]
        assert [group.name for group in by_seed(read_runs(folders), folders)] == list("abcd")

    def test_legs_that_differ_in_their_seeds_stay_together(self, folder_of):
        before = [{"config": json.dumps({"training": {"steps": 9, "seed": seed}})} for seed in (0, 1)]
        folders = [folder_of(name, earlier=json.dumps([run])) for name, run in zip("ab", before, strict=True)]
        assert [group.name for group in by_seed(read_runs(folders), folders)] == ["a and others, 2 seeds"]

    def test_a_journal_stands_for_its_folder(self, folder_of):
        journals = [folder_of(name, training={"seed": number}) / "journal.jsonl" for number, name in enumerate("ab")]
        assert [group.name for group in by_seed(read_runs(journals), journals)] == ["a and others, 2 seeds"]

    def test_a_folder_without_a_checkpoint_is_an_error_that_names_it(self, folder_of):
        folders = [folder_of("a"), folder_of("b")]
        runs = read_runs(folders)
        (folders[1] / "checkpoint.safetensors").unlink()
        with pytest.raises(CheckpointError, match="cannot be read as a checkpoint") as refusal:
            by_seed(runs, folders)
        assert refusal.value.path == str(folders[1] / "checkpoint.safetensors")
