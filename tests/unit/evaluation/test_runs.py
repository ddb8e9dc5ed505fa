"""Journals as curves and events."""

from pathlib import Path

import numpy as np
import pytest

from liftveil.errors import CheckpointError
from liftveil.evaluation.runs import read_runs


def curve_of(path, key):
    [run] = read_runs([path])
    steps, values = run.curve(key)
    assert (steps.dtype, values.dtype) == (np.int64, np.float64)
    return list(zip(steps.tolist(), values.tolist(), strict=True))


@pytest.mark.parametrize("as_folder", [True, False])
def test_a_run_is_called_by_its_folder(journal, as_folder):
    path = journal("starinn-9", {"step": 10, "loss": 3})
    [run] = read_runs([path.parent if as_folder else path])
    assert (run.name, run.last_step, run.events) == ("starinn-9", 10, {})


def test_a_run_in_the_current_folder_has_a_name_too(journal, monkeypatch):
    monkeypatch.chdir(journal("here", {"step": 10, "loss": 3}).parent)
    assert [run.name for run in read_runs([Path()])] == ["here"]


def test_another_journal_is_called_by_its_own_name(journal, tmp_path):
    path = journal("run", {"step": 10, "loss": 3}).rename(tmp_path / "older.jsonl")
    assert [run.name for run in read_runs([path])] == ["older"]


def test_runs_of_one_name_are_called_by_their_paths(journal):
    folders = [journal(name, {"step": 10}).parent for name in ("a/run", "b/run", "b/other")]
    assert [run.name for run in read_runs(folders)] == [str(folders[0]), str(folders[1]), "other"]


def test_a_curve_has_the_steps_whose_records_have_it(journal):
    path = journal("run", {"step": 10, "loss": 3}, {"step": 20, "loss": 2.5, "cover_db": 30.0}, {"step": 30})
    assert curve_of(path, "loss") == [(10, 3.0), (20, 2.5)]
    assert curve_of(path, "cover_db") == [(20, 30.0)]
    assert curve_of(path, "secret_file_db") == []


def test_what_is_no_finite_number_is_left_out(journal):
    values = ["nan", "inf", None, [1], float("nan"), float("inf"), 4.0]
    path = journal("run", *({"step": 1 + step, "loss": value} for step, value in enumerate(values)))
    assert curve_of(path, "loss") == [(7, 4.0)]


def test_events_are_apart_from_the_curves(journal):
    path = journal(
        "run",
        {"step": 10, "loss": 3.0},
        {"step": 12, "event": "skipped", "loss": 900.0},
        {"step": 13, "event": "went back", "loss": "nan"},
        {"step": 14, "event": "skipped", "loss": 800.0},
        {"step": 20, "loss": 2.0},
    )
    [run] = read_runs([path])
    assert run.events == {"skipped": [12, 14], "went back": [13]}
    assert curve_of(path, "loss") == [(10, 3.0), (20, 2.0)]


def test_steps_that_were_taken_again_count_once(journal):
    first = [{"step": step, "loss": 1000.0 + step} for step in (10, 20, 30, 40)]
    back = {"step": 41, "event": "went back"}
    again = [{"step": step, "loss": float(step)} for step in (20, 30)]
    path = journal("run", *first, back, *again)
    assert curve_of(path, "loss") == [(10, 1010.0), (20, 20.0), (30, 30.0)]


def test_a_missing_journal_is_an_error_that_names_it(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be read as the journal of a run") as refusal:
        read_runs([tmp_path])
    assert refusal.value.path == str(tmp_path / "journal.jsonl")


@pytest.mark.parametrize("record", [{}, {"loss": 1.0}, {"step": "ten"}, {"step": None}, {"step": 1.5}])
def test_a_record_without_a_step_is_an_error(journal, record):
    path = journal("run", {"step": 10, "loss": 3}, record)
    with pytest.raises(CheckpointError, match="is no journal of a run") as refusal:
        read_runs([path])
    assert refusal.value.path == str(path)


@pytest.mark.parametrize("records", [[], [{"step": 3, "event": "skipped", "loss": 1.0}]])
def test_a_run_that_has_just_begun_is_an_error(journal, records):
    with pytest.raises(CheckpointError, match="holds no figures yet"):
        read_runs([journal("run", *records)])
