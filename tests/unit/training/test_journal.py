"""The journal's lines, and what happens to those of an abandoned end."""

import json
import time

import pytest

from liftveil.errors import CheckpointError
from liftveil.training.journal import Journal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


def records(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def steps(path):
    return [record["step"] for record in records(path)]


def write_steps(path, *numbers):
    for number in numbers:
        Journal(path).write(number, {"loss": number / 2})


def test_each_record_is_a_line_of_json_with_step_and_time(path):
    before = time.time()
    journal = Journal(path)
    journal.write(3, {"loss": 0.5, "note": "ä"})
    first = records(path)  # while the journal is still in use
    journal.write(4, {"loss": 0.25})
    assert first == records(path)[:1]
    assert [list(record) for record in records(path)] == [["step", "time", "loss", "note"], ["step", "time", "loss"]]
    assert records(path)[0] | {"time": 0} == {"step": 3, "time": 0, "loss": 0.5, "note": "ä"}
    assert before - 1 <= records(path)[0]["time"] <= time.time() + 1
    assert path.read_text(encoding="utf-8").endswith("\n")


def test_another_journal_goes_on_where_the_first_ended(path):
    write_steps(path, 1, 2)
    Journal(path).write(3, {})
    assert steps(path) == [1, 2, 3]


@pytest.mark.parametrize(
    ("after_step", "kept"), [(None, [5, 10, 15]), (0, []), (10, [5, 10]), (14, [5, 10]), (99, [5, 10, 15])]
)
def test_records_behind_the_checkpoint_are_cut_off(path, after_step, kept):
    write_steps(path, 5, 10, 15)
    before = path.read_text(encoding="utf-8").splitlines()
    Journal(path, after_step=after_step)
    assert path.read_text(encoding="utf-8").splitlines() == before[: len(kept)]
    assert steps(path) == kept


@pytest.mark.parametrize(
    "rest", ['{"step": 11, "ti', '{"ste', '{"time": 3}', "3", "[]", '{"step": null}', "\ufffd\u2028"]
)
def test_the_rest_of_a_line_that_was_never_finished_is_cut_off(path, rest):
    write_steps(path, 5, 10)
    with path.open("a", encoding="utf-8") as file:
        file.write(rest)
    Journal(path, after_step=20).write(15, {})
    assert steps(path) == [5, 10, 15]


def test_a_journal_that_does_not_exist_has_nothing_to_cut(path):
    journal = Journal(path, after_step=3)
    assert not path.exists()
    journal.write(4, {})
    assert steps(path) == [4]


@pytest.mark.parametrize("name", ["missing/journal.jsonl", "."])
def test_a_journal_that_cannot_be_written_is_an_error_that_names_it(tmp_path, name):
    with pytest.raises(CheckpointError, match="cannot be written") as refusal:
        Journal(tmp_path / name).write(1, {})
    assert refusal.value.path == str(tmp_path / name)
    assert "\n" not in str(refusal.value)


def test_a_journal_that_cannot_be_cut_back_is_an_error_that_names_it(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be cut back to step 3") as refusal:
        Journal(tmp_path, after_step=3)
    assert refusal.value.path == str(tmp_path)
