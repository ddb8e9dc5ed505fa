"""The recorder: what is written when, and nothing that another program could not read."""

import errno
import json
import os
from math import inf, nan
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from liftveil.data import find_pictures
from liftveil.errors import CheckpointError
from liftveil.imaging import read_picture
from liftveil.training import load_checkpoint, validation_pairs
from liftveil.training import recorder as module
from liftveil.training.journal import Journal
from liftveil.training.preparation import open_run
from liftveil.training.recorder import BOARD, CHECKPOINT, JOURNAL, PICTURES, RECORD_EVERY, Recorder
from liftveil.training.validation import validate

FIGURES = {"loss": 2.0, "rate": 1e-2}
JUDGED = {"cover_db": 40.123456, "secret_file_db": 30.0}
NEVER = {"steps": 1000, "validate_every": 1000, "picture_every": 0, "checkpoint_every": 1000}


class FakeBoard:
    """Remembers what it was shown."""

    def __init__(self):
        self.records, self.pictures, self.closed = [], [], 0

    def figures(self, step, record):
        self.records.append((step, dict(record)))

    def picture(self, step, picture):
        self.pictures.append((step, picture))

    def close(self):
        self.closed += 1


class Recording:
    """A recorder, the state that it is shown, and what comes of it."""

    def __init__(self, recorder, state):
        self.recorder, self.state = recorder, state

    def step(self, number, verdict="take", figures=FIGURES, waited=0.0):
        self.state.step = number
        self.recorder.step(self.state, verdict, dict(figures), waited)

    @property
    def journal(self):
        """All lines, read by what takes JSON at its word."""

        def refuse(constant):
            raise AssertionError(f"{constant} is no JSON")

        lines = (self.recorder.folder / JOURNAL).read_text("utf-8").splitlines()
        return [json.loads(line, parse_constant=refuse) for line in lines]

    @property
    def saved(self):
        """The step of the checkpoint, if there is one."""
        path = self.recorder.folder / CHECKPOINT
        return load_checkpoint(path).step if path.exists() else None


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only when told to: ``clock.now += 1``."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


@pytest.fixture(autouse=True)
def _judged(monkeypatch):
    """Validations that take no time."""
    monkeypatch.setattr(module, "validate", lambda *_, **__: dict(JUDGED))


@pytest.fixture
def record(tmp_path, tiny_config, new_state, told, photos):
    """Start recording: ``record(checkpoint_every=3)``."""

    def begin(*, board=None, **training):
        config = tiny_config(training=NEVER | training)
        folder = tmp_path / "run"
        with open_run(folder, resume=False):
            pass
        pairs = validation_pairs(find_pictures(photos), crop_px=16, count=2)
        journal = Journal(folder / JOURNAL)
        recorder = Recorder(folder, config, pairs, told(), journal, board)
        return Recording(recorder, new_state(config))

    return begin


class TestJournal:
    def test_has_the_figures_of_every_tenth_step(self, record):
        recording = record()
        for number in range(1, 35):
            recording.step(number)
        assert RECORD_EVERY == 10
        assert [line["step"] for line in recording.journal] == [10, 20, 30]
        for line in recording.journal:
            assert line.keys() == {"step", "time", "step_seconds", "waiting", *FIGURES}
            assert {key: line[key] for key in FIGURES} == FIGURES

    def test_has_validations_in_their_rhythm_and_at_the_end(self, record):
        recording = record(steps=11, validate_every=4)
        for number in range(1, 12):
            recording.step(number)
        assert [line["step"] for line in recording.journal] == [4, 8, 10, 11]
        rounded = {"cover_db": 40.1235, "secret_file_db": 30.0}
        for line in recording.journal:
            assert {key: line.get(key) for key in rounded} == (
                rounded if line["step"] != 10 else dict.fromkeys(rounded)
            )

    def test_has_what_validation_finds(self, record, monkeypatch):
        recording = record(validate_every=1)
        monkeypatch.setattr(module, "validate", validate)
        recording.step(1)
        found = validate(recording.state.averaged, recording.recorder.pairs)
        [line] = recording.journal
        assert {name: line[name] for name in found} == pytest.approx(found, abs=1e-4)

    def test_has_steps_that_were_not_taken_at_once(self, record):
        recording = record()
        recording.step(3, "skip", {"loss": nan, "gradient_norm": inf, "rate": 1e-2})
        recording.step(4, "roll back", {"loss": 1e9, "gradient_norm": -inf, "rate": 1e-2})
        first, second = ({key: value for key, value in line.items() if key != "time"} for line in recording.journal)
        assert first == {"step": 3, "event": "skipped", "loss": "nan", "gradient_norm": "inf", "rate": 1e-2}
        event = "went back to the last checkpoint, at a lower rate"
        assert second == {"step": 4, "event": event, "loss": 1e9, "gradient_norm": "-inf", "rate": 1e-2}

    def test_has_no_record_of_a_skipped_tenth_step_but_its_event(self, record):
        recording = record()
        recording.step(10, "skip")
        assert [line.get("event") for line in recording.journal] == ["skipped"]

    def test_has_validations_whether_or_not_the_step_was_taken(self, record):
        recording = record(validate_every=5)
        recording.step(5, "skip", {"loss": nan})
        event, judged = recording.journal
        assert (event["event"], "cover_db" in event) == ("skipped", False)
        assert (judged["loss"], judged["cover_db"], "event" in judged) == ("nan", 40.1235, False)

    def test_has_nothing_of_a_step_from_which_the_run_goes_back_but_the_event(self, record):
        recording = record(validate_every=5, checkpoint_every=5, picture_every=5)
        recording.step(5, "roll back", {"loss": nan})
        assert len(recording.journal) == 1
        assert (recording.saved, list((recording.recorder.folder / PICTURES).iterdir())) == (None, [])
        assert recording.recorder.observer.steps == []


class TestTimes:
    @pytest.fixture
    def timed(self, record, clock):
        """Take steps of so many seconds, and read the times of the last record."""
        recording = record(steps=1000, validate_every=25)

        def take(*numbers, seconds, waited):
            for number in numbers:
                clock.now += seconds
                recording.step(number, waited=waited * number)
            line = recording.journal[-1]
            return line["step_seconds"], line["waiting"]

        return take

    def test_are_those_of_a_step_since_the_last_record(self, timed):
        assert timed(*range(1, 11), seconds=0.5, waited=0.125) == (0.5, 0.25)
        assert timed(*range(11, 21), seconds=2.0, waited=0.125) == (2.0, 0.0625)
        assert timed(*range(21, 26), seconds=4.0, waited=0.125) == (4.0, 0.0312)

    def test_are_none_of_the_recorder_s_own(self, timed, clock, monkeypatch):
        def validate_slowly(*_, **__):
            clock.now += 1000
            return dict(JUDGED)

        monkeypatch.setattr(module, "validate", validate_slowly)
        assert timed(*range(1, 26), seconds=0.5, waited=0.0) == (0.5, 0.0)
        assert timed(*range(26, 31), seconds=0.5, waited=0.0) == (0.5, 0.0)

    def test_begin_where_a_run_that_goes_on_begins(self, record, clock):
        recording = record()
        for number in (19, 20):
            clock.now += 1.5
            recording.step(number)
        assert recording.journal[-1]["step_seconds"] == 1.5

    def test_make_sense_after_the_run_went_back(self, timed):
        timed(*range(1, 21), seconds=0.5, waited=0.0)
        assert timed(9, 10, seconds=0.5, waited=0.0) == (0.5, 0.0)


class TestCheckpoints:
    def test_come_in_their_rhythm_and_at_the_end(self, record):
        recording = record(steps=8, checkpoint_every=3)
        saved = []
        for number in range(1, 9):
            recording.step(number)
            saved.append(recording.saved)
        assert saved == [None, None, 3, 3, 3, 6, 6, 8]

    def test_know_how_long_the_journal_was(self, record):
        recording = record(checkpoint_every=20)
        for number in range(1, 22):
            recording.step(number)
        path = recording.recorder.folder / CHECKPOINT
        assert load_checkpoint(path).journal_bytes == (recording.recorder.folder / JOURNAL).stat().st_size
        assert load_checkpoint(path).config == recording.recorder.config

    @pytest.mark.parametrize("doubtful", [lambda guard: guard.judge(nan, 1.0), lambda guard: guard.judge(20.0, 1.0)])
    def test_are_withheld_while_the_guard_is_not_content(self, record, doubtful):
        recording = record(steps=5, checkpoint_every=1)
        for _ in range(3):
            recording.state.guard.judge(1.0, 1.0)
        recording.step(1)
        doubtful(recording.state.guard)
        recording.step(2)
        assert recording.saved == 1
        recording.state.guard.judge(1.0, 1.0)
        recording.step(3)
        assert recording.saved == 3
        doubtful(recording.state.guard)
        recording.step(4)
        assert recording.saved == 3
        recording.step(5)
        assert recording.saved == 5, "the last step is always saved"

    def test_can_be_asked_for(self, record):
        recording = record()
        recording.recorder.checkpoint(recording.state)
        assert recording.saved == 0


class TestPictures:
    def test_come_in_their_rhythm_and_at_the_end(self, record):
        recording = record(steps=5, picture_every=2)
        for number in range(1, 6):
            recording.step(number)
        names = sorted(path.name for path in (recording.recorder.folder / PICTURES).iterdir())
        assert names == ["step-000002.png", "step-000004.png", "step-000005.png"]

    def test_that_are_not_wanted_do_not_come_at_the_end_either(self, record):
        recording = record(steps=1)
        recording.step(1)
        assert list((recording.recorder.folder / PICTURES).iterdir()) == []

    def test_that_cannot_be_written_are_an_error_that_names_them(self, record, monkeypatch):
        def refuse(_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        recording = record(picture_every=1)
        path = recording.recorder.folder / PICTURES / "step-000001.png"
        monkeypatch.setattr(os, "fsync", refuse)
        with pytest.raises(CheckpointError, match=r"validation picture was not written .*the disk is full") as refusal:
            recording.step(1)
        assert refusal.value.path == str(path)
        assert "\n" not in str(refusal.value)


class TestTheObserver:
    def test_sees_every_step_with_its_latest_figures(self, record):
        recording = record(validate_every=2)
        for number in (1, 2):
            recording.step(number)
        seen = recording.recorder.observer
        assert seen.steps == [(1, FIGURES), (2, FIGURES | {"cover_db": 40.1235, "secret_file_db": 30.0})]
        assert seen.notes == []

    def test_is_told_what_weights_that_are_no_numbers_made_impossible(self, record, monkeypatch):
        recording = record(validate_every=2, picture_every=2)
        monkeypatch.setattr(module, "validate", validate)
        with torch.no_grad():
            for parameter in recording.state.averaged.parameters():
                parameter.fill_(torch.nan)
        for number in (1, 2):
            recording.step(number)
        first, second = recording.recorder.observer.notes
        assert first.startswith("step 2: not validated (")
        assert second.startswith("step 2: no picture (")
        assert [line.keys() & {"cover_db"} for line in recording.journal] == [set()]

    def test_is_told_about_steps_that_were_not_taken(self, record):
        recording = record()
        recording.step(1, "skip", {"loss": nan})
        recording.step(2, "roll back", {"loss": 1234.5})
        seen = recording.recorder.observer
        assert [step for step, _ in seen.steps] == [1]
        went = "went back to the last checkpoint, at a lower rate"
        assert seen.notes == ["step 1: skipped (loss nan)", f"step 2: {went} (loss 1.23e+03)"]


class TestTheBoard:
    def test_is_shown_what_the_journal_gets_with_its_numbers_as_numbers(self, record):
        board = FakeBoard()
        recording = record(board=board, validate_every=5)
        recording.step(3, "skip", {"loss": inf})
        for number in range(4, 11):
            recording.step(number)
        assert [step for step, _ in board.records] == [3, 5, 10]
        assert board.records[0][1] == {"event": "skipped", "loss": inf}
        for (step, shown), written in zip(board.records[1:], recording.journal[1:], strict=True):
            assert {"step": step, "time": written["time"], **shown} == written

    def test_is_shown_pictures(self, record):
        board = FakeBoard()
        recording = record(board=board, picture_every=2)
        for number in (1, 2):
            recording.step(number)
        [(step, picture)] = board.pictures
        assert step == 2
        saved = read_picture(recording.recorder.folder / PICTURES / "step-000002.png").rgb_u8
        assert np.array_equal(picture, saved)

    def test_is_closed_with_the_recorder(self, record):
        board = FakeBoard()
        record(board=board).recorder.close()
        assert board.closed == 1

    def test_need_not_be_there(self, record):
        assert record().recorder.close() is None


def test_the_names_of_a_run_s_files_are_what_the_guides_say():
    assert (CHECKPOINT, JOURNAL, PICTURES, BOARD) == (
        "checkpoint.safetensors",
        "journal.jsonl",
        "pictures",
        "tensorboard",
    )
