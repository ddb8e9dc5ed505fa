"""The journal: whole records in order, cut back to a checkpoint to the byte."""

import json
import time

import pytest

from liftveil.errors import CheckpointError
from liftveil.training.journal import TIMES, Journal, read_journal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


def test_records_are_lines_with_step_and_time(path):
    journal = Journal(path)
    before = time.time()
    journal.write(3, {"loss": 0.5, "event": "skipped"})
    journal.write(4, {"loss": 1 / 3})
    first, second = read_journal(path)
    assert first == {"step": 3, "time": first["time"], "loss": 0.5, "event": "skipped"}
    assert second["loss"] == 1 / 3
    assert before - 1 <= first["time"] <= time.time() + 1
    assert "time" in TIMES


def test_a_record_is_on_disk_at_once(path):
    journal = Journal(path)
    journal.write(1, {"loss": 1.0})
    assert path.read_text().endswith("\n")
    assert journal.position == path.stat().st_size > 0


def test_it_is_cut_back_to_a_position(path):
    journal = Journal(path)
    journal.write(1, {"loss": 1.0})
    position = journal.position
    kept = path.read_bytes()
    journal.write(2, {"loss": 2.0})
    with path.open("a") as file:
        file.write('{"step": 3, "lo')
    journal = Journal(path, position)
    assert path.read_bytes() == kept
    journal.write(2, {"loss": 2.5})
    assert [record["loss"] for record in read_journal(path)] == [1.0, 2.5]


def test_a_new_run_begins_an_empty_one(path):
    Journal(path).write(1, {"loss": 1.0})
    Journal(path)
    assert path.read_bytes() == b""


def test_one_that_is_shorter_than_it_should_be_is_kept(path):
    path.write_text('{"step": 1}\n')
    Journal(path, 1000).write(2, {})
    assert [record["step"] for record in read_journal(path)] == [1, 2]


def test_an_unfinished_last_line_is_left_out_when_reading(path):
    path.write_text('{"step": 1}\n{"step": 2, "lo')
    assert read_journal(path) == [{"step": 1}]


@pytest.mark.parametrize("text", ["no JSON\n", "[1, 2]\n", "3\n"])
def test_what_is_no_journal_is_refused(path, text):
    path.write_text(text)
    with pytest.raises(CheckpointError, match="cannot be read as the journal of a run") as refusal:
        read_journal(path)
    assert refusal.value.path == str(path)


def test_a_missing_one_is_refused(path):
    with pytest.raises(CheckpointError, match="No such file"):
        read_journal(path)


def test_places_that_cannot_be_written_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be cut back to its checkpoint"):
        Journal(tmp_path / "missing" / "journal.jsonl")
    journal = Journal(tmp_path / "journal.jsonl")
    (tmp_path / "journal.jsonl").unlink()
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(CheckpointError, match="cannot be written") as refusal:
        journal.write(1, {})
    assert refusal.value.path == str(journal.path)


def test_records_are_plain_json(path):
    Journal(path).write(1, {"a": 1, "b": "two"})
    assert json.loads(path.read_text())["b"] == "two"
