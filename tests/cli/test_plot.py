"""`liftveil plot`: curves of runs, and what it refuses."""

import json
import sys

import pytest
from PIL import Image

from liftveil.plotting import Images


@pytest.fixture
def runs(tmp_path):
    """Folders of two runs, a and b."""
    for name, gain in (("a", 7.0), ("b", 6.0)):
        records = [{"step": step, "loss": 10 / step, "rate": 1e-3, "gradient_norm": 3.0} for step in range(10, 60, 10)]
        judged = dict.fromkeys(("cover_db", "secret_file_db", "secret_rounded_db"), 30.0)
        records.append({"step": 60, "loss": 0.2, "noise_gain": gain, **judged})
        records.append({"step": 61, "event": "skipped", "loss": "nan"})
        (tmp_path / name).mkdir()
        (tmp_path / name / "journal.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return "a", "b"


def refused(finished, *parts):
    assert (finished.returncode, finished.stdout) == (1, "")
    [line] = finished.stderr.splitlines()
    assert line.startswith("liftveil: ")
    assert [part for part in parts if part not in line] == []


def drawn(tmp_path):
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*g") if path.is_file())


@pytest.fixture
def quick(monkeypatch):
    """Draw nothing."""
    monkeypatch.setattr("liftveil.evaluation.plot_runs", lambda _: Images(svg=b"<svg/>", png=b"\x89PNG"))


@pytest.mark.usefixtures("runs")
def test_plot_shows_all_runs(invoke, tmp_path):
    assert invoke("plot", "a", "b") == (0, "a/curves.svg\na/curves.png\n", "")
    with Image.open(tmp_path / "a/curves.png") as picture:
        assert picture.size == (1600, 1440)
    svg = (tmp_path / "a/curves.svg").read_text()
    assert [f"<!-- {text} -->" in svg for text in ("a", "b", "skipped", "PSNR (dB)", "Loss")] == [True] * 5


@pytest.mark.usefixtures("runs", "quick")
class TestFiles:
    @pytest.mark.parametrize("run", ["a", "a/journal.jsonl"])
    def test_stand_in_the_folder_of_the_run(self, invoke, tmp_path, run):
        assert invoke("plot", run) == (0, "a/curves.svg\na/curves.png\n", "")
        assert drawn(tmp_path) == ["a/curves.png", "a/curves.svg"]

    @pytest.mark.parametrize(
        ("target", "stem"), [("both", "both"), ("both.png", "both"), ("b", "b/curves"), (".", "curves")]
    )
    def test_stand_where_they_are_wanted(self, invoke, tmp_path, target, stem):
        assert invoke("plot", "a", "b", "-o", target) == (0, f"{stem}.svg\n{stem}.png\n", "")
        assert drawn(tmp_path) == [f"{stem}.png", f"{stem}.svg"]

    def test_replace_older_ones_only_if_asked(self, invoke, tmp_path):
        (tmp_path / "a/curves.png").write_text("older")
        refused(invoke("plot", "a"), "a/curves.png: exists already")
        assert drawn(tmp_path) == ["a/curves.png"]
        assert (tmp_path / "a/curves.png").read_text() == "older"
        assert invoke("plot", "a", "--force").returncode == 0
        assert drawn(tmp_path) == ["a/curves.png", "a/curves.svg"]


@pytest.mark.usefixtures("runs")
class TestPlotRefuses:
    @pytest.mark.parametrize("run", ["missing", "."])
    def test_a_missing_journal(self, invoke, tmp_path, run):
        refused(invoke("plot", "a", run, "-o", "both"), "cannot be read as the journal of a run", "No such file")
        assert drawn(tmp_path) == []

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("not json\n", "cannot be read as the journal of a run"),
            ('{"loss": 3}\n', "is no journal of a run"),
            ("", "holds no figures yet"),
            ('{"step": 3, "event": "skipped"}\n', "holds no figures yet"),
        ],
    )
    def test_what_is_no_journal_or_empty(self, invoke, tmp_path, text, problem):
        (tmp_path / "b/journal.jsonl").write_text(text)
        refused(invoke("plot", "a", "b"), "b/journal.jsonl: ", problem)
        assert drawn(tmp_path) == []

    @pytest.mark.parametrize(
        ("target", "problem"),
        [("curves.pdf", "written as .svg and .png"), ("missing/curves", "its folder does not exist")],
    )
    def test_another_output(self, invoke, tmp_path, target, problem):
        refused(invoke("plot", "a", "-o", target), target, problem)
        assert drawn(tmp_path) == []

    @pytest.mark.parametrize("missing", ["matplotlib", "liftveil.evaluation"])
    def test_to_draw_without_its_extra(self, invoke, monkeypatch, tmp_path, missing):
        monkeypatch.setitem(sys.modules, missing, None)
        refused(invoke("plot", "a"), "plotting needs more packages", "pip install 'liftveil[research]'")
        assert drawn(tmp_path) == []
