"""What a person sees while a training runs, on terminals of any width."""

import pytest
import rich
from rich.console import Console

from liftveil.cli.progress import TrainingProgress

FIGURES = {"loss": 12.3456, "batch_cover_db": 38.26, "batch_secret_db": float("inf"), "rate": 1.94e-3}
LIVE = "loss 12.346, cover 38.3 dB, secret inf dB, rate 1.9e-03"


@pytest.fixture
def shown(monkeypatch, capsys):
    """Run a progress display on a terminal of so many columns; all lines it leaves."""

    def show(*calls, columns=120, steps=20000):
        monkeypatch.setattr(rich, "_console", Console(width=columns))
        with TrainingProgress(steps) as progress:
            for name, *arguments in calls:
                getattr(progress, name)(*arguments)
        assert progress.told == bool(calls)
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return show


def test_nothing_is_shown_before_there_is_something_to_tell(shown):
    assert "".join(shown()).strip() == ""


def test_the_last_line_says_where_the_run_is(shown):
    [line] = shown(("step", 1, FIGURES), ("step", 12345, FIGURES))
    assert line.startswith("12345/20000 ")
    assert line.endswith(LIVE)


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_nothing_of_it_is_cut_off_on_usual_terminals(shown, columns):
    [line] = shown(("step", 12345, FIGURES), columns=columns)
    assert len(line) <= columns
    assert line.startswith("12345/20000 ")
    assert line.endswith(LIVE)
    assert "…" not in line


def test_validations_have_lines_of_their_own(shown):
    judged = {"cover_db": 40.126, "secret_file_db": 39.5}
    lines = shown(("step", 10, FIGURES | judged), ("step", 11, FIGURES))
    assert lines[0] == "step 10: cover 40.13 dB, secret 39.50 dB on validation pictures"
    assert len(lines) == 2


def test_notes_are_shown_as_they_are(shown):
    lines = shown(("note", "[bold]1.png[/bold] is left out: empty"), ("step", 1, FIGURES))
    assert lines[0] == "[bold]1.png[/bold] is left out: empty"


def test_a_long_note_stays_one_line(shown):
    note = f"{'folder/' * 30}1.png is left out: empty"
    assert shown(("note", note), columns=80)[0] == note


def test_a_note_alone_is_shown_too(shown):
    lines = shown(("note", "step 3: skipped (loss nan)"))
    assert lines[0] == "step 3: skipped (loss nan)"
    assert "0/20000" in lines[-1]
