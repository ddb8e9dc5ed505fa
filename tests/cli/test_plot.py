"""`liftveil plot`: curves of runs, studies in a plane, and what it refuses."""

import json
import sys

import pytest
from PIL import Image

from liftveil.config import read_config
from liftveil.plotting import Images
from liftveil.training.checkpoint import save_checkpoint
from liftveil.training.state import fresh_state


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


def comments(svg):
    """Texts of a figure, which matplotlib notes beside their outlines."""
    return [line.strip().removeprefix("<!-- ").removesuffix(" -->") for line in svg.splitlines() if "<!-- " in line]


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


class TestSeeds:
    @pytest.fixture
    def checkpoints(self, runs, tmp_path, small_config):
        """Make a and b runs that differ in nothing but their seed, or also otherwise."""

        def make(**changes):
            for seed, name in enumerate(runs):
                config = read_config(small_config(training={"seed": seed} | (changes if seed else {})))
                path = tmp_path / name / "checkpoint.safetensors"
                save_checkpoint(path, fresh_state(config), config=config, journal_bytes=0)

        return make

    @pytest.fixture
    def asked(self, monkeypatch):
        """What was to be drawn; nothing is."""
        found = []

        def draw(runs):
            found.extend(runs)
            return Images(svg=b"<svg/>", png=b"\x89PNG")

        monkeypatch.setattr("liftveil.evaluation.plot_runs", draw)
        return found

    def test_are_drawn_as_a_band(self, invoke, tmp_path, checkpoints):
        checkpoints()
        assert invoke("plot", "a", "b", "--seeds", "-o", "band") == (0, "band.svg\nband.png\n", "")
        texts = comments((tmp_path / "band.svg").read_text())
        assert "a and others, 2 seeds" in texts
        assert "6.50" in texts  # the mean of both noise gains
        with Image.open(tmp_path / "band.png") as picture:
            assert picture.size == (1600, 1440)

    def test_are_put_together_only_if_asked(self, invoke, checkpoints, asked):
        checkpoints()
        assert invoke("plot", "a", "b").returncode == 0
        assert [run.name for run in asked] == ["a", "b"]

    def test_of_runs_that_differ_otherwise_stay_apart(self, invoke, checkpoints, asked):
        checkpoints(steps=30)
        assert invoke("plot", "a", "b", "--seeds").returncode == 0
        assert [run.name for run in asked] == ["a", "b"]

    def test_need_the_checkpoint_of_each_run(self, invoke, tmp_path, checkpoints, asked):
        checkpoints()
        (tmp_path / "b/checkpoint.safetensors").unlink()
        refused(invoke("plot", "a", "b", "--seeds"), "b/checkpoint.safetensors: cannot be read as a checkpoint")
        assert asked == []
        assert drawn(tmp_path) == []


def record(title, cover, secret, *, data="kodak", digits=(2, 3)):
    """A record of a study, as far as the plane shows it."""

    def row(name, title, *means):
        return {"name": name, "title": title, "figures": dict(zip(MEANS, means, strict=True))}

    return {
        "data": data,
        "systems": [
            row(title, title, cover, secret),
            row("lsb-matching", "LSB matching", 51.1, 31.2),
            *(row(f"jxl-mod-{m}", f"modulo {m}", 53 - m, 29 + 2 * m) for m in digits),
        ],
        "float": {"float_cover_psnr_db": cover + 0.1, "float_secret_psnr_db": 44.0},
    }


MEANS = ("mean_cover_psnr_db", "mean_secret_psnr_db")


class TestStudies:
    @pytest.fixture
    def studies(self, tmp_path):
        """Write studies: one with the name "one", and "two" of another network."""
        for name, title, cover in (("one", "star-1", 42.2), ("two", "star-2", 40.4)):
            (tmp_path / name).mkdir()
            (tmp_path / name / "research.json").write_text(json.dumps(record(title, cover, 40.5)))
        return tmp_path

    @pytest.mark.usefixtures("studies")
    @pytest.mark.parametrize("study", ["one", "one/research.json"])
    def test_are_drawn_in_a_plane(self, invoke, tmp_path, study):
        assert invoke("plot", study) == (0, "one/plane.svg\none/plane.png\n", "")
        texts = comments((tmp_path / "one/plane.svg").read_text())
        names = ["star-1, through files", "star-1, float", "JPEG XL, digits modulo m", "LSB matching"]
        assert [name for name in [*names, "m = 2", "m = 3", "All systems on kodak"] if name not in texts] == []
        with Image.open(tmp_path / "one/plane.png") as picture:
            assert picture.width == 1120

    @pytest.mark.usefixtures("studies")
    def test_share_one_plane_and_its_classical_systems(self, invoke, tmp_path):
        assert invoke("plot", "one", "two/research.json", "-o", "both") == (0, "both.svg\nboth.png\n", "")
        texts = comments((tmp_path / "both.svg").read_text())
        files = [f"star-{number}, through files" for number in (1, 2)]
        assert [texts.count(name) for name in (*files, "LSB matching", "m = 2")] == [1, 1, 1, 1]
        assert "All systems on kodak" in texts

    def test_of_different_pictures_name_these(self, invoke, studies):
        (studies / "two/research.json").write_text(json.dumps(record("star-1", 41.0, 41.0, data="div2k")))
        assert invoke("plot", "one", "two", "-o", "both").returncode == 0
        texts = comments((studies / "both.svg").read_text())
        names = ["star-1, through files (kodak)", "star-1, through files (div2k)", "LSB matching (kodak)"]
        assert [name for name in [*names, "All systems on div2k, kodak"] if name not in texts] == []

    def test_without_classical_systems_are_drawn_too(self, invoke, studies):
        alone = record("star-1", 42.0, 40.0)
        (studies / "one/research.json").write_text(json.dumps(alone | {"systems": alone["systems"][:1]}))
        assert invoke("plot", "one") == (0, "one/plane.svg\none/plane.png\n", "")

    def test_replace_older_planes_only_if_asked(self, invoke, studies):
        (studies / "one/plane.svg").write_text("older")
        refused(invoke("plot", "one"), "one/plane.svg: exists already")
        assert (studies / "one/plane.svg").read_text() == "older"
        assert invoke("plot", "one", "--force").returncode == 0
        assert drawn(studies) == ["one/plane.png", "one/plane.svg"]

    @pytest.mark.usefixtures("runs")
    @pytest.mark.parametrize("paths", [("one", "a"), ("a", "one"), ("one", "two", "a/journal.jsonl")])
    def test_are_not_mixed_with_runs(self, invoke, studies, paths):
        [run] = [path for path in paths if path.startswith("a")]
        refused(invoke("plot", *paths, "-o", "mixed"), f"{run}: is no study; plot training runs and studies apart")
        assert drawn(studies) == []

    def test_have_no_seeds(self, invoke, studies):
        finished = invoke("plot", "one", "--seeds")
        assert (finished.returncode, finished.stdout) == (2, "")
        assert "--seeds is for training runs" in finished.stderr
        assert drawn(studies) == []

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "not json",
            '{"data": "kodak", "systems": [',
            "[]",
            "3",
            '"text"',
            "{}",
            b"\xff\xfe",
            record("star-1", 42.0, 40.0) | {"systems": []},
            record("star-1", 42.0, 40.0) | {"systems": [3]},
            record("star-1", 42.0, 40.0) | {"data": None},
            record("star-1", 42.0, 40.0) | {"float": {}},
            record("star-1", 42.0, None),
            record("star-1", 42.0, "forty"),
            record("star-1", 42.0, float("nan")),
            {key: value for key, value in record("star-1", 42.0, 40.0).items() if key != "data"},
        ],
    )
    def test_that_are_broken_are_refused_in_one_line(self, invoke, studies, text):
        content = text if isinstance(text, bytes | str) else json.dumps(text)
        (studies / "two/research.json").write_bytes(content if isinstance(content, bytes) else content.encode())
        refused(invoke("plot", "one", "two"), "two/research.json: is no record of `liftveil evaluate research`")
        assert drawn(studies) == []

    @pytest.mark.usefixtures("studies")
    def test_are_not_drawn_without_their_extra(self, invoke, monkeypatch, tmp_path):
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        refused(invoke("plot", "one"), "plotting needs more packages", "pip install 'liftveil[research]'")
        assert drawn(tmp_path) == []
