"""`liftveil evaluate research`: what it asks of the library, what it prints, and what it refuses."""

import csv
import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from liftveil.errors import LiftveilError
from liftveil.research import CLASSICAL, FAMILIES
from liftveil.weights import find_model

OFF = ("--no-attacks", "--no-baselines")


@pytest.fixture
def pictures(tmp_path, cropped):
    """A folder of four small pictures and a broken one."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, picture in enumerate((*cropped(64, 48), *cropped(48, 64))):
        Image.fromarray(picture).save(folder / f"{number}.png")
    (folder / "broken.png").write_bytes((folder / "0.png").read_bytes()[:999])
    return folder


@pytest.fixture
def asked(invoke, monkeypatch):
    """Run the command up to the study; what is asked of it."""

    def run(*options):
        seen = []

        def run_study(study, folder, **rest):
            rest.pop("observer")
            seen.append((study, folder, rest))
            raise LiftveilError("far enough")

        monkeypatch.setattr("liftveil.research.run_study", run_study)
        finished = invoke("evaluate", "research", *options)
        assert finished.returncode == 1
        assert finished.stderr.splitlines()[-1] == "liftveil: far enough"
        return seen[0]

    return run


def refused(finished, problem):
    assert finished.returncode == 1
    last = finished.stderr.splitlines()[-1]
    assert last.startswith(f"liftveil: {problem}")
    assert "Traceback" not in finished.stderr


class TestOptions:
    @pytest.mark.usefixtures("pictures")
    def test_everything_is_measured_unless_told_otherwise(self, asked, monkeypatch):
        monkeypatch.setattr("liftveil.research.default_processes", lambda: 5)
        study, folder, rest = asked("--data", "pictures", "-o", "out")
        assert (folder, rest) == (Path("out"), {"processes": 5, "force": False})
        assert (study.system.name, study.data) == (f"model:{find_model().name}", "pictures")
        assert study.families == tuple(FAMILIES.values())
        assert study.baselines == tuple(CLASSICAL.values())
        assert [(pair.cover.name, pair.secret.name) for pair in study.pairs] == [
            (f"{number}.png", f"{(number + 5) % 4}.png") for number in range(4)
        ]

    @pytest.mark.usefixtures("pictures")
    def test_each_option_counts(self, asked, linear_model):
        options = (*OFF, "--pairs", "3", "--processes", "2", "--force", "--model", linear_model)
        study, _, rest = asked("--data", "pictures", "--output", "out", *options)
        assert (len(study.pairs), study.baselines, study.families) == (3, (), ())
        assert (study.system.title, rest) == ("linear", {"processes": 2, "force": True})

    @pytest.mark.usefixtures("pictures")
    def test_of_a_manifest_the_validation_pictures_are_taken(self, invoke, asked, tmp_path):
        made = invoke(
            "data", "split", "pictures", "--seed", "1", "--validation", "0.5", "--test", "0", "-o", "mine.csv"
        )
        assert made.returncode == 0
        rows = list(csv.DictReader((tmp_path / "mine.csv").read_text().splitlines()))
        study, *_ = asked("--data", "mine.csv", "-o", "out")
        assert study.data == "mine"
        expected = sorted(row["path"] for row in rows if row["split"] == "val")
        assert [f"pictures/{pair.cover.name}" for pair in study.pairs] == expected
        assert len(expected) == 2

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ((), "Missing option"),
            (("--data", "pictures"), "Missing option"),
            (("--data", "pictures", "-o", "out", "--pairs", "0"), "--pairs"),
            (("--data", "pictures", "-o", "out", "--processes", "0"), "--processes"),
            (("--data", "pictures", "-o", "out", "--seeds"), "No such option"),
        ],
    )
    def test_bad_usage_ends_with_2(self, invoke, tmp_path, options, problem):
        finished = invoke("evaluate", "research", *options)
        assert (finished.returncode, problem in finished.stderr) == (2, True)
        assert not (tmp_path / "out").exists()

    def test_help_names_every_option(self, invoke):
        finished = invoke("evaluate", "research", "--help")
        assert (finished.returncode, finished.stderr) == (0, "")
        for option in (*OFF, "--data", "--output", "--model", "--pairs", "--processes", "--force"):
            assert option in finished.stdout


class TestRefusals:
    @pytest.mark.usefixtures("pictures")
    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            (("--model", "nonsense"), "model nonsense: is neither shipped nor a folder"),
            (("--model", "pictures"), "model pictures: "),
            (("--data", "nowhere"), "nowhere: is no folder"),
            (("--data", "lonely"), "lonely: holds fewer than two pictures"),
            (("-o", "file"), "file: cannot be written (Not a directory); choose another folder"),
            (("-o", "file/below"), "file/below: cannot be written (Not a directory); choose another folder"),
            (("-o", "pictures"), "pictures: is not empty; choose another folder, or ask to replace it (force)"),
        ],
    )
    def test_are_one_line(self, invoke, tmp_path, change, problem):
        (tmp_path / "file").touch()
        (tmp_path / "lonely").mkdir()
        options = dict(zip(("--data", "-o"), ("pictures", "out"), strict=True)) | dict([change])
        refused(invoke("evaluate", "research", *(word for pair in options.items() for word in pair)), problem)
        assert not (tmp_path / "out").exists()
        assert (tmp_path / "pictures/broken.png").exists()

    @pytest.mark.usefixtures("pictures")
    @pytest.mark.parametrize("name", ["jinja2", "matplotlib"])
    def test_missing_packages_are_told_at_once(self, invoke, tmp_path, monkeypatch, name):
        monkeypatch.setitem(sys.modules, name, None)
        finished = invoke("evaluate", "research", "--data", "pictures", "-o", "out")
        line = "liftveil: research needs more packages; install them with: pip install 'liftveil[research]'\n"
        assert (finished.returncode, finished.stdout, finished.stderr) == (1, "", line)
        assert not (tmp_path / "out").exists()


def test_a_small_study_from_the_command_line(pictures, invoke, tmp_path):
    """Measured, then once more with everything kept, then another in the same place."""
    command = ("evaluate", "research", "--data", "pictures", "-o", "out", *OFF, "--pairs")
    finished = invoke(*command, "1")
    assert finished.returncode == 0, finished.stderr
    [note] = finished.stderr.splitlines()
    assert note.startswith("note: pictures/broken.png: skipped: damaged or truncated")
    *_, figures, last = finished.stdout.splitlines()
    assert last == "2 jobs done, 0 kept from before; look at out/report.html"
    [own] = json.loads((tmp_path / "out/research.json").read_text())["systems"]
    cover, secret = (own["figures"][f"mean_{role}_psnr_db"] for role in ("cover", "secret"))
    assert figures.split(maxsplit=1) == [find_model().name, f"cover {cover:.2f} dB, secret {secret:.2f} dB"]

    kept = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()}
    assert set(kept) == {"study.json", "research.json", "report.html"}
    again = invoke(*command, "1")
    assert again.returncode == 0
    assert again.stdout.splitlines()[-1] == "0 jobs done, 2 kept from before; look at out/report.html"
    assert {name: (tmp_path / "out" / name).read_bytes() for name in kept} == kept

    refused(invoke(*command, "2"), "out: holds another study; choose another folder, or ask to replace it (force)")
    assert {name: (tmp_path / "out" / name).read_bytes() for name in kept} == kept
    assert pictures.is_dir()
